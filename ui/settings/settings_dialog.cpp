#include "ui/settings/settings_dialog.h"

#include "ui/settings/app_settings.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/track_slider.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScopedValueRollback>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr double kLineSteps = 20; // of a slider in one line height

void addHeading(QFormLayout& form, const QString& text) {
    auto* heading = new QLabel(text);
    heading->setObjectName("sectionTitle");
    heading->setContentsMargins(0, form.rowCount() ? 12 : 0, 0, 2);
    form.addRow(heading);
}

// One whose dictionary is not installed is there by its code.
void showCode(ChoiceBox& box, const QString& code) {
    if (box.findData(code) < 0) box.addItem(code, code);
    box.setCurrentIndex(box.findData(code));
}

} // namespace

SettingsDialog::SettingsDialog(Theme& theme, Writing& writing, ProjectLanguage& language, Spelling& spelling,
                               QWidget* parent)
    : QDialog(parent), m_theme(theme), m_writing(writing), m_ofProject(language), m_spelling(spelling) {
    setWindowTitle(tr("Settings"));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(22, 18, 22, 16);
    form->setVerticalSpacing(8);
    form->setHorizontalSpacing(18);
    addPage(*form);
    addWriting(*form);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::RestoreDefaults | QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::RestoreDefaults)->setText(tr("Usual values"));
    buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
    for (QAbstractButton* button : buttons->buttons()) {
        button->setIcon({});
        button->setAccessibleName(button->text());
    }
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, this,
            [this] { m_writing.choose({}); });
    auto* gap = new QWidget(this);
    gap->setFixedHeight(6);
    form->addRow(gap);
    form->addRow(buttons);
    showChoices(writing.choices());
    connect(&writing, &Writing::changed, this, [this] { showChoices(m_writing.choices()); });
    connect(&language, &ProjectLanguage::changed, this, &SettingsDialog::showLanguage);
    connect(&spelling, &Spelling::changed, this, &SettingsDialog::showProblem);
    spelling.findLanguages(this, [this](const auto& languages) { addLanguages(languages); });
    showProblem();
    setMinimumWidth(std::max(480, form->sizeHint().width()));
}

ChoiceBox* SettingsDialog::addChoice(QFormLayout& form, const QString& name, const QStringList& choices) {
    auto* box = new ChoiceBox(this);
    box->addItems(choices);
    box->setAccessibleName(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    form.addRow(name, box);
    connect(box, &QComboBox::activated, this, &SettingsDialog::choose);
    return box;
}

TrackSlider* SettingsDialog::addSlider(QFormLayout& form, const QString& name, int least, int most,
                                       std::function<QString(int)> said) {
    auto* row = new QWidget(this);
    auto* slider = new TrackSlider(row);
    auto* shown = new QLabel(said(least), row);
    shown->setObjectName("quiet");
    shown->setMinimumWidth(fontMetrics().horizontalAdvance(said(most)) + 4);
    shown->setAlignment(Qt::AlignTrailing | Qt::AlignVCenter);
    slider->setRange(least, most);
    slider->setAccessibleName(name);
    auto* box = new QHBoxLayout(row);
    box->setContentsMargins(0, 0, 0, 0);
    box->addWidget(slider, 1);
    box->addWidget(shown);
    auto* label = new QLabel(name, this);
    label->setBuddy(slider);
    form.addRow(label, row);
    connect(slider, &TrackSlider::valueChanged, this, [this, slider, shown, said = std::move(said)](int value) {
        shown->setText(said(value));
        slider->setAccessibleDescription(shown->text());
        choose();
    });
    return slider;
}

QCheckBox* SettingsDialog::addCheck(QFormLayout& form, const QString& name) {
    auto* check = new QCheckBox(name, this);
    check->setAccessibleName(name);
    form.addRow(QString(), check);
    connect(check, &QCheckBox::toggled, this, &SettingsDialog::choose);
    return check;
}

void SettingsDialog::addPage(QFormLayout& form) {
    QStringList families;
    for (const QString& family : QFontDatabase::families())
        if (QFontDatabase::isSmoothlyScalable(family) && !QFontDatabase::isPrivateFamily(family)) families << family;
    const auto number = [](int value) { return QLocale().toString(value); };
    using C = WritingChoices;
    addHeading(form, tr("The page"));
    m_family = addChoice(form, tr("Font"), families);
    m_pixels = addSlider(form, tr("Size"), C::kLeastPixels, C::kMostPixels, number);
    m_lineHeight = addSlider(form, tr("Line height"), qRound(C::kLeastLineHeight * kLineSteps),
                             qRound(C::kMostLineHeight * kLineSteps),
                             [](int value) { return QLocale().toString(value / kLineSteps, 'f', 2); });
    m_characters = addSlider(form, tr("Width"), C::kLeastCharacters, C::kMostCharacters,
                             [](int value) { return tr("%n characters", nullptr, value); });
    m_themes = addChoice(form, tr("Theme"), Theme::choiceNames());
    connect(&m_theme, &Theme::changed, this, [this] { m_themes->setCurrentIndex(int(m_theme.choice())); });
}

void SettingsDialog::addWriting(QFormLayout& form) {
    addHeading(form, tr("Writing"));
    m_focus = addChoice(form, tr("Focus"), {tr("Everything"), tr("The sentence"), tr("The paragraph")});
    m_typewriter = addCheck(form, tr("Typewriter scrolling"));
    m_projectLanguage = addChoice(form, tr("Language of this project"), {});
    m_projectLanguage->addItem(tr("None"), QString());
    m_language = addChoice(form, tr("Language of new projects"), {});
    m_language->addItem(tr("That of the system"), QString());
    m_smart = addCheck(form, tr("Smart quotes and dashes"));
    m_checks = addCheck(form, tr("Check spelling"));
    m_problem = new QLabel(this);
    m_problem->setObjectName("quiet");
    m_problem->setWordWrap(true);
    form.addRow(m_problem);
}

void SettingsDialog::addLanguages(std::vector<Spelling::Language> languages) {
    const QScopedValueRollback<bool> showing(m_showing, true);
    for (const Spelling::Language& language : languages)
        for (ChoiceBox* box : {m_projectLanguage, m_language}) {
            const int known = box->findData(language.code); // by its code, until now
            if (known < 0)
                box->addItem(language.name, language.code);
            else
                box->setItemText(known, language.name);
        }
    showChoices(m_writing.choices());
}

void SettingsDialog::showProblem() {
    m_problem->setText(m_spelling.problem());
    m_problem->setVisible(!m_spelling.problem().isEmpty());
}

void SettingsDialog::showLanguage() {
    const QScopedValueRollback<bool> showing(m_showing, true);
    showCode(*m_projectLanguage, m_ofProject.code());
    m_projectLanguage->setEnabled(m_ofProject.isOfProject());
}

void SettingsDialog::showChoices(const WritingChoices& choices) {
    const QScopedValueRollback<bool> showing(m_showing, true);
    const QString usual = QString::fromLatin1(Theme::pageFontFamily());
    m_family->setCurrentText(choices.family.isEmpty() ? usual : choices.family);
    m_pixels->setValue(choices.pixels);
    m_lineHeight->setValue(qRound(choices.lineHeight * kLineSteps));
    m_characters->setValue(choices.characters);
    m_themes->setCurrentIndex(int(m_theme.choice()));
    m_focus->setCurrentIndex(int(choices.focus));
    m_typewriter->setChecked(choices.typewriter);
    showCode(*m_language, choices.language);
    showLanguage();
    m_smart->setChecked(choices.smartPunctuation);
    m_checks->setChecked(choices.spelling);
}

void SettingsDialog::choose() {
    if (m_showing) return;
    WritingChoices choices = m_writing.choices();
    const bool usual = m_family->currentText() == QLatin1String(Theme::pageFontFamily());
    choices.family = usual ? QString() : m_family->currentText();
    choices.pixels = m_pixels->value();
    if (qRound(choices.lineHeight * kLineSteps) != m_lineHeight->value())
        choices.lineHeight = m_lineHeight->value() / kLineSteps;
    choices.characters = m_characters->value();
    choices.focus = FocusOn(m_focus->currentIndex());
    choices.typewriter = m_typewriter->isChecked();
    choices.language = m_language->currentData().toString();
    choices.smartPunctuation = m_smart->isChecked();
    choices.spelling = m_checks->isChecked();
    m_writing.choose(choices);
    m_ofProject.choose(m_projectLanguage->currentData().toString());
    if (int(m_theme.choice()) == m_themes->currentIndex()) return;
    m_theme.choose(Theme::Choice(m_themes->currentIndex()));
    AppSettings().setTheme(m_theme.choice());
}

} // namespace palimpsest

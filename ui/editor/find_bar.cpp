#include "ui/editor/find_bar.h"

#include "ui/theme/icons.h"

#include <QAccessible>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>

namespace palimpsest {

FindBar::FindBar(const Theme& theme, SceneEditor& editor, QWidget* parent)
    : QFrame(parent),
      m_editor(editor),
      m_find(editor),
      m_words(addField(tr("Find"))),
      m_with(addField(tr("Replace with"))),
      m_matchCase(addSwitch(tr("Aa"), tr("Match case"))),
      m_wholeWord(addSwitch(tr("Word"), tr("Whole words only"))),
      m_regex(addSwitch(QStringLiteral(".*"), tr("Regular expression"))),
      m_preserveCase(addSwitch(tr("Keep Aa"), tr("Keep the case of what is replaced"))),
      m_close(new QToolButton(this)),
      m_next(addButton(tr("Next"), tr("Go to the next hit"), &FindBar::next)),
      m_previous(addButton(tr("Previous"), tr("Go to the hit before"), &FindBar::previous)),
      m_replace(addButton(tr("Replace"), tr("Replace this hit and go to the next"), &FindBar::replace)),
      m_replaceAll(addButton(tr("Replace all"), tr("Replace every hit in this scene, as one step to undo"),
                             &FindBar::replaceAll)),
      m_state(new QLabel(this)) {
    setObjectName("findBar");
    setAccessibleName(tr("Find and replace"));
    m_state->setObjectName("quiet");
    m_close->setAccessibleName(tr("Close the search"));
    m_close->setFocusPolicy(Qt::StrongFocus);
    const auto colour = [this, &theme] { m_close->setIcon(drawnIcon(Glyph::Close, theme.colours().quiet)); };
    colour();
    connect(&theme, &Theme::changed, this, colour);
    connect(m_close, &QToolButton::clicked, this, &FindBar::close);
    connect(m_words, &QLineEdit::textChanged, this, &FindBar::search);
    for (QToolButton* option : {m_matchCase, m_wholeWord, m_regex})
        connect(option, &QToolButton::toggled, this, &FindBar::search);
    connect(&m_find, &SceneFind::changed, this, &FindBar::refresh);
    editor.installEventFilter(this);
    arrange();
    hide();
}

QLineEdit* FindBar::addField(const QString& name) {
    auto* field = new QLineEdit(this);
    field->setPlaceholderText(name);
    field->setAccessibleName(name);
    field->setClearButtonEnabled(false);
    return field;
}

QPushButton* FindBar::addButton(const QString& text, const QString& tip, void (FindBar::*act)()) {
    auto* button = new QPushButton(text, this);
    button->setAccessibleName(text);
    button->setToolTip(tip);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, act);
    return button;
}

QToolButton* FindBar::addSwitch(const QString& face, const QString& name) {
    auto* option = new QToolButton(this);
    option->setText(face);
    option->setCheckable(true);
    option->setAccessibleName(name);
    option->setToolTip(name);
    option->setFocusPolicy(Qt::StrongFocus);
    return option;
}

void FindBar::arrange() {
    const auto row = [](std::initializer_list<QWidget*> widgets) {
        auto* box = new QHBoxLayout;
        box->setSpacing(4);
        for (QWidget* widget : widgets) box->addWidget(widget);
        return box;
    };
    m_state->setMinimumWidth(fontMetrics().averageCharWidth() * 18);
    QHBoxLayout* finding = row({m_matchCase, m_wholeWord, m_regex, m_previous, m_next, m_state});
    finding->setStretchFactor(m_state, 1);
    finding->addWidget(m_close);
    QHBoxLayout* replacing = row({m_preserveCase, m_replace, m_replaceAll});
    replacing->addStretch(1);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(14, 6, 8, 6);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(5);
    grid->addWidget(m_words, 0, 0);
    grid->addLayout(finding, 0, 1);
    grid->addWidget(m_with, 1, 0);
    grid->addLayout(replacing, 1, 1);
    grid->setColumnStretch(0, 2);
    grid->setColumnStretch(1, 3);
    const QList<QWidget*> order{m_words, m_with,         m_matchCase, m_wholeWord,  m_regex, m_previous,
                                m_next,  m_preserveCase, m_replace,   m_replaceAll, m_close};
    for (qsizetype i = 1; i < order.size(); ++i) setTabOrder(order[i - 1], order[i]);
}

void FindBar::open(bool replacing) {
    for (QWidget* widget : std::initializer_list<QWidget*>{m_with, m_preserveCase, m_replace, m_replaceAll})
        widget->setVisible(replacing);
    const QString selected = m_editor.textCursor().selectedText();
    const bool ofOneParagraph = !selected.isEmpty() && !selected.contains(QChar::ParagraphSeparator);
    m_find.setOrigin(m_editor.textCursor().selectionStart());
    show();
    if (ofOneParagraph && !m_regex->isChecked()) {
        const QSignalBlocker quiet(m_words);
        m_words->setText(selected);
    }
    search();
    m_words->setFocus();
    m_words->selectAll();
}

void FindBar::close() {
    m_find.search({});
    hide();
    m_editor.setFocus();
}

void FindBar::goTo(bool backwards) {
    if (!isVisible() || m_words->text().isEmpty()) return open(false);
    m_find.goTo(backwards);
}

void FindBar::search() {
    if (!isVisible()) return;
    m_find.search({m_words->text(), m_regex->isChecked(), m_wholeWord->isChecked(), m_matchCase->isChecked()});
    m_find.goToFirst();
}

void FindBar::replace() {
    const bool replaced = m_find.replaceSelected({m_with->text(), m_preserveCase->isChecked()});
    m_find.goTo(false);
    if (!replaced) refresh(); // there was no hit to replace: now there is one to look at
}

void FindBar::replaceAll() {
    const int count = m_find.replaceAll({m_with->text(), m_preserveCase->isChecked()});
    say(tr("%n replaced", nullptr, count));
}

void FindBar::say(const QString& words) {
    m_state->setToolTip(words);
    m_state->setText(fontMetrics().elidedText(words, Qt::ElideRight, std::max(m_state->width(), 120)));
    m_state->setAccessibleName(words);
    QAccessibleEvent changed(m_state, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&changed);
}

void FindBar::refresh() {
    const int count = m_find.count(), number = m_find.selectedNumber();
    for (QPushButton* button : {m_next, m_previous, m_replace, m_replaceAll})
        button->setEnabled(count > 0 || !m_find.isCounted());
    if (!m_find.problem().isEmpty()) return say(m_find.problem());
    if (m_words->text().isEmpty()) return say({});
    if (!m_find.isCounted()) return;
    if (count == 0) return say(tr("Not found"));
    if (number == 0) return say(tr("%n hits", nullptr, count));
    const QString place = tr("%1 of %2").arg(number).arg(count);
    say(m_find.wrapped() ? tr("%1, from the other end").arg(place) : place);
}

void FindBar::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (event->key() == Qt::Key_Escape) return close();
    if (enter && m_with->hasFocus()) return replace();
    if (enter && m_words->hasFocus()) return goTo(event->modifiers() & Qt::ShiftModifier);
    QFrame::keyPressEvent(event);
}

bool FindBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &m_editor && isVisible() && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        close();
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

} // namespace palimpsest

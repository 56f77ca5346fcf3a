// How the drafting panel is put together.
#include "ui/drafting/drafting_panel.h"

#include "ui/drafting/context_notes.h"
#include "ui/widgets/budget_bar.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/line_of_text.h"
#include "ui/widgets/section_title.h"
#include "ui/widgets/track_slider.h"

#include <QAbstractItemView>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QStyledItemDelegate>
#include <functional>

namespace palimpsest {
namespace {

constexpr int kSide = 18; // margin of the panel
constexpr int kLeastWidth = 270;

QLabel* quietLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setObjectName("quiet");
    return label;
}

QString valueText(const QString& name, int value) {
    if (name == DraftingPanel::tr("Length")) return DraftingPanel::tr("about %1 words").arg(value);
    if (name == DraftingPanel::tr("Patience"))
        return value == 1 ? DraftingPanel::tr("1 pass a block") : DraftingPanel::tr("%1 passes a block").arg(value);
    if (name == DraftingPanel::tr("Temperature")) return QLocale().toString(value / 10.0, 'f', 1);
    if (name == DraftingPanel::tr("Strength")) return DraftingPanel::tr("%1 % of the words").arg(value);
    return value == 1 ? DraftingPanel::tr("1") : DraftingPanel::tr("%1, pick by agreement").arg(value);
}

} // namespace

DraftingPanel::DraftingPanel(const Theme& theme, QWidget* parent) : QScrollArea(parent), m_theme(theme) {
    setObjectName("draftingPanel");
    setAccessibleName(tr("Drafting"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    setMinimumWidth(kLeastWidth);
    auto* contents = new QWidget(this);
    contents->setObjectName("draftingContents");
    auto* column = new QVBoxLayout(contents);
    column->setContentsMargins(kSide, 12, kSide, 14);
    column->setSpacing(6);
    setWidget(contents);
    buildState(*column);
    m_parts = {addPart(*column, &DraftingPanel::buildChoices), addPart(*column, &DraftingPanel::buildContext)};
    buildDrafts(*column);
    m_parts.push_back(addPart(*column, &DraftingPanel::buildFacts));
    buildModel(*column);
    column->addStretch(1);
    for (TrackSlider* slider : {m_length, m_passes, m_temperature, m_drafts, m_strength})
        connect(slider, &TrackSlider::valueChanged, this, &DraftingPanel::onChoice);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &DraftingPanel::onChoice);
    connect(m_notes, &ContextNotes::rowsChanged, this, &DraftingPanel::orderTabs);
    connect(&theme, &Theme::changed, this, [this] {
        for (int part = 0; part < 3; ++part) m_swatches[part]->setPixmap(m_budget->swatch(part));
    });
    onChoice();
    showContext(nullptr);
    showSession(nullptr);
    showKept({});
}

// A part of the panel that can be hidden as a whole.
QWidget* DraftingPanel::addPart(QVBoxLayout& column, void (DraftingPanel::*build)(QVBoxLayout&)) {
    auto* part = new QWidget(widget());
    auto* rows = new QVBoxLayout(part);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(column.spacing());
    (this->*build)(*rows);
    column.addWidget(part);
    return part;
}

QLabel* DraftingPanel::addHeading(QVBoxLayout& column, const QString& text) {
    auto* label = new SectionTitle(text, widget());
    column.addSpacing(10);
    column.addWidget(label);
    return label;
}

TrackSlider* DraftingPanel::addSlider(QVBoxLayout& column, const QString& name, int from, int to, int value) {
    auto* row = new QWidget(widget());
    auto* title = new QLabel(name, row);
    QLabel* shown = quietLabel(valueText(name, value), row);
    auto* slider = new TrackSlider(row);
    slider->setRange(from, to);
    slider->setValue(value);
    slider->setAccessibleName(name);
    slider->setAccessibleDescription(shown->text());
    title->setBuddy(slider);
    connect(slider, &TrackSlider::valueChanged, shown, [name, shown, slider](int now) {
        shown->setText(valueText(name, now));
        slider->setAccessibleDescription(shown->text());
    });
    auto* words = new QHBoxLayout;
    words->addWidget(title);
    words->addStretch(1);
    words->addWidget(shown);
    auto* rows = new QVBoxLayout(row);
    rows->setContentsMargins(0, 2, 0, 0);
    rows->setSpacing(1);
    rows->addLayout(words);
    rows->addWidget(slider);
    column.addWidget(row);
    return slider;
}

void DraftingPanel::buildState(QVBoxLayout& column) {
    auto* top = new QHBoxLayout;
    auto* heading = new QVBoxLayout;
    addHeading(*heading, tr("Draft"));
    m_engine = new QLabel(widget());
    m_engine->setObjectName("engineState");
    m_engine->setAccessibleName(tr("Engine"));
    m_engine->setProperty("good", true);
    m_engine->setAlignment(Qt::AlignTrailing | Qt::AlignBottom);
    top->addLayout(heading);
    top->addWidget(m_engine, 1);
    column.addLayout(top);
    m_engineTrouble = quietLabel({}, widget());
    m_engineTrouble->setTextFormat(Qt::PlainText);
    m_engineTrouble->setWordWrap(true);
    m_engineTrouble->setAccessibleName(tr("Engine"));
    column.addWidget(m_engineTrouble);
}

void DraftingPanel::buildChoices(QVBoxLayout& column) {
    m_kind = new ChoiceBox(widget());
    m_kind->setAccessibleName(tr("What to draft"));
    m_kind->view()->setAccessibleName(tr("What to draft"));
    m_kind->addItems({tr("Continue here"), tr("Fill this gap, both sides"), tr("Rewrite this")});
    m_kind->setItemDelegate(new QStyledItemDelegate(m_kind)); // the style sheet's, with room
    column.addWidget(m_kind);

    m_strength = addSlider(column, tr("Strength"), 5, 95, 40);
    m_strength->setSingleStep(5);
    m_strengthRow = m_strength->parentWidget();
    m_length = addSlider(column, tr("Length"), 10, 400, 60);
    m_length->setSingleStep(5);
    m_length->setPageStep(20);
    m_passes = addSlider(column, tr("Patience"), 1, 16, 4);
    m_temperature = addSlider(column, tr("Temperature"), 0, 20, 8);
    m_drafts = addSlider(column, tr("Drafts"), 1, DraftLimits::kDrafts, 1);
    buildSeed(column);
}

void DraftingPanel::buildSeed(QVBoxLayout& column) {
    auto* row = new QHBoxLayout;
    auto* title = new QLabel(tr("Seed"), widget());
    m_seed = new QSpinBox(widget());
    m_seed->setRange(1, 999999999);
    m_seed->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed and settings give the same draft"));
    title->setBuddy(m_seed);
    m_newSeed = new QCheckBox(tr("new each time"), widget());
    m_newSeed->setAccessibleName(tr("New seed each time"));
    m_newSeed->setChecked(true);
    row->addWidget(title);
    row->addWidget(m_seed, 1);
    row->addWidget(m_newSeed);
    column.addSpacing(4);
    column.addLayout(row);

    auto* buttons = new QHBoxLayout;
    m_start = new QPushButton(widget());
    m_start->setProperty("accent", true);
    m_stop = new QPushButton(tr("Stop"), widget());
    m_stop->setAccessibleName(tr("Stop"));
    connect(m_start, &QPushButton::clicked, this, &DraftingPanel::startAsked);
    connect(m_stop, &QPushButton::clicked, this, &DraftingPanel::stopAsked);
    buttons->addWidget(m_start, 1);
    buttons->addWidget(m_stop);
    column.addSpacing(4);
    column.addLayout(buttons);
}

void DraftingPanel::buildContext(QVBoxLayout& column) {
    addHeading(column, tr("What the model sees"));
    m_budget = new BudgetBar(m_theme, widget());
    column.addWidget(m_budget);
    const QString names[] = {tr("notes"), tr("before"), tr("after")};
    for (int part = 0; part < 3; ++part) {
        auto* row = new QHBoxLayout;
        m_swatches[part] = new QLabel(widget());
        m_seen[part] = quietLabel({}, widget());
        row->addWidget(m_swatches[part]);
        row->addWidget(new QLabel(names[part], widget()));
        row->addStretch(1);
        row->addWidget(m_seen[part]);
        column.addLayout(row);
        if (part == 0) column.addWidget(m_notes = new ContextNotes(widget()));
    }
    m_contextNote = quietLabel({}, widget());
    m_contextNote->setWordWrap(true);
    column.addWidget(m_contextNote);
}

void DraftingPanel::buildDrafts(QVBoxLayout& column) {
    m_othersHeading = addHeading(column, tr("Drafts of this passage"));
    m_othersEmpty =
        quietLabel(tr("None yet. Put the caret where the text should go on and choose Continue here."), widget());
    m_othersEmpty->setWordWrap(true);
    column.addWidget(m_othersEmpty);
    m_others = new QVBoxLayout;
    m_others->setSpacing(6);
    column.addLayout(m_others);
    m_keptHeading = addHeading(column, tr("Kept drafts of this scene"));
    m_kept = new QVBoxLayout;
    m_kept->setSpacing(6);
    column.addLayout(m_kept);
}

QLabel* DraftingPanel::addFact(QVBoxLayout& column, const QString& name) {
    auto* row = new QHBoxLayout;
    auto* value = new LineLabel(widget());
    value->setObjectName("quiet");
    value->setAlignment(Qt::AlignTrailing | Qt::AlignVCenter);
    row->addWidget(new QLabel(name, widget()));
    row->addWidget(value, 1);
    column.addLayout(row);
    return value;
}

void DraftingPanel::buildFacts(QVBoxLayout& column) {
    addHeading(column, tr("Model"));
    m_model = addFact(column, tr("Model"));
    m_device = addFact(column, tr("Device"));
    m_why = quietLabel({}, widget());
    m_why->setTextFormat(Qt::PlainText);
    m_why->setWordWrap(true);
    column.addWidget(m_why);
}

void DraftingPanel::buildModel(QVBoxLayout& column) {
    m_useModel = new QCheckBox(tr("Use the model"), widget());
    m_useModel->setToolTip(tr("Off: nothing of it runs, and nothing is drafted"));
    m_useModel->setAccessibleName(tr("Use the model"));
    connect(m_useModel, &QCheckBox::toggled, this, &DraftingPanel::modelSwitched);
    column.addSpacing(4);
    column.addWidget(m_useModel);
}

} // namespace palimpsest

#include "ui/outline/markers_dialog.h"

#include "ui/outline/marker_shape.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/section_title.h"

#include <QColorDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QVBoxLayout>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kLongestName = 60;

struct NamedColour {
    QRgb colour;
    const char* name;
};
// Those of Okabe and Ito, told apart by colour-blind readers too.
constexpr NamedColour kColours[] = {
    {0x999999, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Grey")},
    {0xE69F00, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Orange")},
    {0x56B4E9, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Sky blue")},
    {0x009E73, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Green")},
    {0xF0E442, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Yellow")},
    {0x0072B2, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Blue")},
    {0xD55E00, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Vermilion")},
    {0xCC79A7, QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Purple")},
};
// In the order of MarkerShape.
constexpr const char* kShapes[] = {
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Circle"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Square"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Triangle"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Diamond"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Star"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Ring"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Half circle"),
    QT_TRANSLATE_NOOP("palimpsest::MarkersDialog", "Hexagon"),
};
constexpr QRgb kOtherColour = 0xFF000000; // beyond every 0xRRGGBB: the entry that asks

Marker looking(MarkerShape shape, QRgb colour) {
    Marker marker;
    marker.shape = shape;
    marker.colour = colour;
    return marker;
}

} // namespace

MarkersDialog::MarkersDialog(ProjectService& project, QWidget* parent)
    : QDialog(parent),
      m_project(project),
      m_shape(new ChoiceBox(this)),
      m_colour(new ChoiceBox(this)),
      m_says(new QLabel(this)) {
    setWindowTitle(tr("Statuses and labels"));
    for (const Marker& marker : project.markers()) m_sides[std::size_t(marker.family)].markers.push_back(marker);
    auto* sides = new QHBoxLayout;
    sides->setSpacing(18);
    sides->addLayout(buildSide(Marker::Family::Status, tr("Statuses")));
    sides->addLayout(buildSide(Marker::Family::Label, tr("Labels")));
    m_says->setObjectName("quiet");
    m_says->setWordWrap(true);
    m_says->setMinimumHeight(2 * fontMetrics().lineSpacing());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    for (QAbstractButton* each : buttons->buttons()) each->setIcon({});
    buttons->button(QDialogButtonBox::Ok)->setText(tr("OK"));
    buttons->button(QDialogButtonBox::Cancel)->setText(tr("Cancel"));
    connect(buttons, &QDialogButtonBox::accepted, this, &MarkersDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &MarkersDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 16, 18, 14);
    column->addLayout(sides, 1);
    column->addLayout(buildLooks());
    column->addWidget(m_says);
    column->addWidget(buttons);
    choose(Marker::Family::Status);
    m_sides.front().list->setFocus();
    resize(560, 460);
}

QVBoxLayout* MarkersDialog::buildSide(Marker::Family family, const QString& title) {
    Side& side = m_sides[std::size_t(family)];
    side.list = new QListWidget(this);
    side.list->setAccessibleName(title);
    side.list->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    for (std::size_t row = 0; row < side.markers.size(); ++row) {
        side.list->addItem(QString());
        show(side, int(row));
    }
    side.list->setCurrentRow(0);
    connect(side.list, &QListWidget::currentRowChanged, this, [this, family] { choose(family); });
    connect(side.list, &QListWidget::itemClicked, this, [this, family] { choose(family); });
    connect(side.list, &QListWidget::itemChanged, this,
            [this, &side](QListWidgetItem* item) { onRenamed(side, side.list->row(item)); });
    auto* row = new QHBoxLayout;
    row->addWidget(addButton(tr("Add"), tr("Add to %1").arg(title), [this, family] { addMarker(family); }));
    row->addWidget(addButton(tr("Remove"), tr("Remove from %1").arg(title), [this, family] { removeMarker(family); }));
    row->addWidget(addButton(tr("Up"), tr("Up in %1").arg(title), [this, family] { moveMarker(family, -1); }));
    row->addWidget(addButton(tr("Down"), tr("Down in %1").arg(title), [this, family] { moveMarker(family, 1); }));
    auto* column = new QVBoxLayout;
    column->addWidget(new SectionTitle(title, this));
    column->addWidget(side.list, 1);
    column->addLayout(row);
    return column;
}

QLayout* MarkersDialog::buildLooks() {
    for (std::size_t i = 0; i < std::size(kShapes); ++i)
        m_shape->addItem(markerIcon(looking(MarkerShape(i), 0x777777)), tr(kShapes[i]), int(i));
    for (const NamedColour& colour : kColours)
        m_colour->addItem(markerIcon(looking(MarkerShape::Square, colour.colour)), tr(colour.name), colour.colour);
    m_colour->addItem(tr("Other…"), kOtherColour);
    m_shape->setAccessibleName(tr("Shape"));
    m_colour->setAccessibleName(tr("Colour"));
    connect(m_shape, &QComboBox::activated, this, [this](int index) {
        if (Marker* marker = current()) marker->shape = MarkerShape(m_shape->itemData(index).toInt());
        Side& side = m_sides[std::size_t(m_chosen)];
        show(side, side.list->currentRow());
    });
    connect(m_colour, &QComboBox::activated, this, [this](int index) {
        const QRgb colour = m_colour->itemData(index).toUInt();
        colour == kOtherColour ? askForColour() : setColour(colour);
    });
    auto* row = new QHBoxLayout;
    for (const auto& [text, box] : {std::pair(tr("&Shape"), m_shape), std::pair(tr("&Colour"), m_colour)}) {
        auto* label = new QLabel(text, this);
        label->setBuddy(box);
        row->addWidget(label);
        row->addWidget(box, 1);
    }
    return row;
}

QPushButton* MarkersDialog::addButton(const QString& text, const QString& name, std::function<void()> act) {
    auto* button = new QPushButton(text, this);
    button->setAccessibleName(name);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, std::move(act));
    return button;
}

void MarkersDialog::show(Side& side, int row) {
    if (row < 0) return;
    const QScopedValueRollback<bool> filling(m_filling, true);
    QListWidgetItem* item = side.list->item(row);
    const Marker& marker = side.markers[std::size_t(row)];
    item->setText(markerName(marker));
    item->setIcon(markerIcon(marker));
    item->setFlags(item->flags() | Qt::ItemIsEditable);
}

Marker* MarkersDialog::current() {
    Side& side = m_sides[std::size_t(m_chosen)];
    const int row = side.list->currentRow();
    return row < 0 ? nullptr : &side.markers[std::size_t(row)];
}

// Shape and colour are those of what was chosen last, in either list.
void MarkersDialog::choose(Marker::Family family) {
    m_chosen = family;
    const Marker* marker = current();
    m_shape->setEnabled(marker);
    m_colour->setEnabled(marker);
    if (!marker) return;
    m_shape->setCurrentIndex(int(marker->shape));
    const int known = m_colour->findData(QRgb(marker->colour));
    m_colour->setCurrentIndex(known < 0 ? m_colour->count() - 1 : known);
}

void MarkersDialog::addMarker(Marker::Family family) {
    Side& side = m_sides[std::size_t(family)];
    Marker made;
    made.family = family;
    made.name = family == Marker::Family::Status ? tr("New status") : tr("New label");
    const std::size_t count = side.markers.size(); // the first ones all look different
    made.colour = kColours[count % std::size(kColours)].colour;
    made.shape = MarkerShape(count % std::size(kShapes));
    side.markers.push_back(made);
    {
        const QScopedValueRollback<bool> filling(m_filling, true);
        side.list->addItem(QString());
    }
    show(side, int(count));
    side.list->setCurrentRow(int(count));
    side.list->setFocus();
    side.list->editItem(side.list->item(int(count)));
}

void MarkersDialog::removeMarker(Marker::Family family) {
    Side& side = m_sides[std::size_t(family)];
    const int row = side.list->currentRow();
    if (row < 0) return;
    side.markers.erase(side.markers.begin() + row);
    delete side.list->takeItem(row);
    choose(family);
    sayRemoved();
}

void MarkersDialog::moveMarker(Marker::Family family, int by) {
    Side& side = m_sides[std::size_t(family)];
    const int row = side.list->currentRow(), to = row + by;
    if (row < 0 || to < 0 || to >= side.list->count()) return;
    std::swap(side.markers[std::size_t(row)], side.markers[std::size_t(to)]);
    show(side, row);
    show(side, to);
    side.list->setCurrentRow(to);
}

void MarkersDialog::onRenamed(Side& side, int row) {
    if (m_filling || row < 0) return;
    Marker& marker = side.markers[std::size_t(row)];
    const QString typed = side.list->item(row)->text().simplified().left(kLongestName);
    // An emptied name comes back; one that was not changed stays the project's, to be translated.
    if (!typed.isEmpty() && typed != markerName(marker)) marker.name = typed;
    show(side, row);
}

void MarkersDialog::setColour(QRgb colour) {
    Marker* marker = current();
    if (!marker) return;
    marker->colour = colour & 0xFFFFFF;
    Side& side = m_sides[std::size_t(m_chosen)];
    show(side, side.list->currentRow());
}

void MarkersDialog::askForColour() {
    const Marker* marker = current();
    if (!marker) return;
    auto* dialog = new QColorDialog(QColor::fromRgb(marker->colour), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QColorDialog::colorSelected, this, [this](const QColor& chosen) { setColour(chosen.rgb()); });
    dialog->open();
}

void MarkersDialog::sayRemoved() {
    int without = 0;
    for (const Node& node : m_project.nodes()) {
        const auto gone = [&](MarkerId id) {
            return id != 0 && std::none_of(m_sides.begin(), m_sides.end(), [&](const Side& side) {
                       return std::any_of(side.markers.begin(), side.markers.end(),
                                          [&](const Marker& m) { return m.id == id; });
                   });
        };
        without += gone(node.status) || gone(node.label);
    }
    m_says->setText(without == 0 ? QString()
                                 : tr("%n items have what you removed and will have none.", nullptr, without));
}

void MarkersDialog::accept() {
    std::vector<Marker> all;
    for (const Side& side : m_sides) all.insert(all.end(), side.markers.begin(), side.markers.end());
    if (all != m_project.markers()) m_project.setMarkers(std::move(all));
    QDialog::accept();
}

} // namespace palimpsest

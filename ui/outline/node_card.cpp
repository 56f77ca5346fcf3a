#include "ui/outline/node_card.h"

#include "ui/outline/marker_shape.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/section_title.h"

#include <QAbstractItemView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QVBoxLayout>
#include <map>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kRestMs = 1500; // after the last key in the synopsis
constexpr int kLookMs = 400;  // after something changed
constexpr int kSynopsisRows = 4, kRelatedRows = 5;

} // namespace

NodeCard::NodeCard(ProjectService& project, NoteIndex& notes, OutlineEdits& edits, QWidget* parent)
    : QWidget(parent), m_project(project), m_notes(notes), m_edits(edits) {
    setObjectName("nodeCard");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 6, 10, 8);
    column->setSpacing(5);
    column->addWidget(new SectionTitle(tr("Synopsis"), this));
    m_synopsis = new QPlainTextEdit(this);
    m_synopsis->setAccessibleName(tr("Synopsis"));
    m_synopsis->setPlaceholderText(tr("What happens here, in a few words"));
    m_synopsis->setTabChangesFocus(true);
    m_synopsis->setMinimumHeight(fontMetrics().lineSpacing() * 2 + 12);
    m_synopsis->setMaximumHeight(fontMetrics().lineSpacing() * kSynopsisRows + 14);
    column->addWidget(m_synopsis);
    column->addWidget(m_status = addChoice(tr("Status"), Marker::Family::Status));
    column->addWidget(m_label = addChoice(tr("Label"), Marker::Family::Label));
    m_relatedHeading = new SectionTitle(tr("Notes of this scene"), this);
    column->addWidget(m_relatedHeading);
    m_related = new QListWidget(this);
    m_related->setFrameShape(QFrame::NoFrame);
    m_related->setAccessibleName(tr("Notes of this scene"));
    m_related->setMaximumHeight((fontMetrics().height() + 8) * kRelatedRows);
    column->addWidget(m_related);
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    m_look.setSingleShot(true);
    m_look.setInterval(kLookMs);
    connect(&m_rest, &QTimer::timeout, this, &NodeCard::store);
    connect(&m_look, &QTimer::timeout, this, &NodeCard::refreshRelated);
    connect(m_synopsis, &QPlainTextEdit::textChanged, this, [this] {
        if (!m_filling) m_rest.start();
    });
    const auto soon = qOverload<>(&QTimer::start);
    connect(&notes, &NoteIndex::changed, &m_look, soon);
    connect(&project, &ProjectService::textSaved, &m_look, soon);
    connect(&project, &ProjectService::nodesChanged, this, &NodeCard::refresh);
    connect(&project, &ProjectService::markersChanged, this, &NodeCard::refresh);
    connect(&project, &ProjectService::closing, this, &NodeCard::store);
    const auto open = [this](QListWidgetItem* item) { Q_EMIT opened(item->data(Qt::UserRole).toLongLong()); };
    connect(m_related, &QListWidget::itemClicked, this, open);
    connect(m_related, &QListWidget::itemActivated, this, open);
    refresh();
}

ChoiceBox* NodeCard::addChoice(const QString& name, Marker::Family family) {
    auto* box = new ChoiceBox(this);
    box->setAccessibleName(name);
    box->view()->setAccessibleName(name);
    box->setToolTip(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(5);
    connect(box, &QComboBox::activated, this,
            [this, box, family] { m_edits.setMarker(m_chosen, family, box->currentData().toLongLong()); });
    return box;
}

void NodeCard::showNodes(const std::vector<NodeId>& chosen) {
    if (chosen == m_chosen) return;
    store();
    m_chosen = chosen;
    refresh();
    m_look.start();
}

void NodeCard::store() {
    if (!m_rest.isActive()) return;
    m_rest.stop();
    m_edits.setSynopsis(m_node, m_synopsis->toPlainText().trimmed());
}

void NodeCard::fill(ChoiceBox& box, Marker::Family family, MarkerId now) {
    box.clear();
    box.addItem(family == Marker::Family::Status ? tr("No status") : tr("No label"), qint64(0));
    for (const Marker& marker : m_project.markers()) {
        if (marker.family != family) continue;
        box.addItem(markerIcon(marker), markerName(marker), qint64(marker.id));
        if (marker.id == now) box.setCurrentIndex(box.count() - 1);
    }
}

void NodeCard::refresh() {
    const Node* node = m_chosen.empty() ? nullptr : m_project.node(m_chosen.front());
    setVisible(node);
    if (!node) return;
    const bool wasFilling = std::exchange(m_filling, true);
    const bool another = std::exchange(m_node, node->id) != node->id;
    // What is being written here is newer than what the project knows.
    if (another || (!m_rest.isActive() && m_synopsis->toPlainText().trimmed() != node->synopsis))
        m_synopsis->setPlainText(node->synopsis);
    fill(*m_status, Marker::Family::Status, node->status);
    fill(*m_label, Marker::Family::Label, node->label);
    if (another) {
        m_related->clear();
        m_related->hide();
        m_relatedHeading->hide();
    }
    m_filling = wasFilling;
}

void NodeCard::addRelated(NodeId id, const QString& tip) {
    const Node* node = m_project.node(id);
    if (!node) return;
    auto* item = new QListWidgetItem(node->title, m_related);
    item->setData(Qt::UserRole, qint64(id));
    item->setToolTip(tip);
    m_related->show();
    m_relatedHeading->show();
}

void NodeCard::refreshRelated() {
    const Node* node = m_project.node(m_node);
    if (!node || !isVisible()) return;
    const int asked = ++m_asked;
    const auto begin = [this, asked](const QString& heading) {
        if (asked != m_asked) return false;
        m_related->clear();
        m_related->hide();
        m_relatedHeading->hide();
        m_relatedHeading->setTitle(heading);
        m_related->setAccessibleName(heading);
        return true;
    };
    if (node->kind == NodeKind::Note) {
        m_notes.findMentions(m_node, this, [this, begin](const std::vector<FoundParagraph>& found) {
            if (!begin(tr("Scenes that mention this note"))) return;
            std::map<NodeId, QString> first; // paragraph, in no order: the rows come in the binder's
            for (const FoundParagraph& paragraph : found) first.emplace(paragraph.node, paragraph.text);
            for (const Node& each : m_project.nodes())
                if (const auto at = first.find(each.id); at != first.end()) addRelated(each.id, at->second);
        });
    } else if (node->kind == NodeKind::Scene) {
        m_project.loadText(m_node, this, [this, begin](const Result<SceneText>& text) {
            if (!text || !begin(tr("Notes of this scene"))) return;
            for (const qint64 note : m_notes.finder().notesIn(text->plain())) addRelated(note, {});
        });
    } else {
        begin({});
    }
}

} // namespace palimpsest

#include "ui/outline/binder.h"

#include "app/storage/node_tree.h"
#include "ui/outline/binder_delegate.h"

#include <QSet>
#include <QSplitter>
#include <QVBoxLayout>
#include <utility>

namespace palimpsest {
namespace {

NodeId nodeOf(const QTreeWidgetItem* item) {
    return item ? item->data(0, kNodeRole).toLongLong() : 0;
}

bool hasText(const Node& node) {
    return node.kind == NodeKind::Scene || node.kind == NodeKind::Note;
}

} // namespace

struct Binder::Shown {
    NodeId current = 0;
    std::vector<NodeId> chosen;
    QSet<qint64> closed; // nodes, or sections as negative numbers
    bool hadTrash = false;
};

Binder::Binder(const Theme& theme, ProjectService& project, NoteIndex& notes, QWidget* parent)
    : QWidget(parent),
      m_project(project),
      m_tree(new BinderTree(theme, project, this)),
      m_edits(project),
      m_card(new NodeCard(project, notes, m_edits, this)) {
    setObjectName("binder");
    m_tree->setObjectName("bookTree");
    m_tree->setAccessibleName(tr("Manuscript and notes"));
    m_tree->setHeaderHidden(true);
    m_tree->setColumnCount(1);
    m_tree->setIndentation(16);
    m_tree->setMouseTracking(true);
    m_tree->setUniformRowHeights(false);
    m_tree->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_tree->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_tree->setItemDelegate(new BinderDelegate(theme, project, m_tree));
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setContextMenuPolicy(Qt::CustomContextMenu);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 4, 0, 4);
    auto* parts = new QSplitter(Qt::Vertical, this);
    parts->setHandleWidth(3);
    parts->addWidget(m_tree);
    parts->addWidget(m_card);
    parts->setStretchFactor(0, 1);
    parts->setCollapsible(0, false);
    column->addWidget(parts);
    connectProject();
    connectTree();
}

void Binder::connectProject() {
    // Later, not at once: the tree itself may be in the midst of telling us that a title was edited.
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &Binder::refresh);
    connect(&m_project, &ProjectService::nodesChanged, &m_refresh, qOverload<>(&QTimer::start));
    connect(&m_project, &ProjectService::markersChanged, m_tree->viewport(), qOverload<>(&QWidget::update));
    connect(&m_project, &ProjectService::wordsChanged, this, [this](qint64 node, int) {
        for (QTreeWidgetItem* item = itemOf(node); item; item = item->parent()) showWords(item);
    });
    connect(&m_edits, &OutlineEdits::madeForTitle, this, &Binder::editNew);
    connect(this, &Binder::chosenChanged, m_card, [this] { m_card->showNodes(chosen()); });
    connect(m_card, &NodeCard::opened, this, [this](qint64 node) {
        select(node);
        Q_EMIT opened(node);
    });
}

void Binder::connectTree() {
    connect(m_tree, &QTreeWidget::itemSelectionChanged, this, &Binder::onChosen);
    connect(m_tree, &QTreeWidget::itemChanged, this, &Binder::onEdited);
    connect(m_tree, &BinderTree::movesAsked, &m_edits, &OutlineEdits::move);
    connect(m_tree, &BinderTree::trashAsked, this, [this](const std::vector<qint64>& nodes) {
        m_edits.setTrashed(nodes, true);
        Q_EMIT trashed(nodes);
    });
    connect(m_tree, &BinderTree::undoAsked, this, &Binder::undo);
    connect(m_tree, &BinderTree::redoAsked, this, &Binder::redo);
    connect(m_tree, &QWidget::customContextMenuRequested, this,
            [this](const QPoint& at) { Q_EMIT menuAsked(m_tree->viewport()->mapToGlobal(at)); });
}

// Its title is to be typed as soon as it is shown.
void Binder::editNew(NodeId node) {
    m_justAdded = node;
    m_refresh.start();
}

// One alone is opened; several only wait for what is to be done with them.
void Binder::onChosen() {
    if (m_filling) return;
    const std::vector<NodeId> nodes = chosen();
    if (nodes.size() == 1) {
        m_wanted = nodes.front();
        if (isOnItsOwn(m_wanted))
            Q_EMIT opened(m_wanted);
        else if (!textsIn(nodes).empty())
            Q_EMIT togetherAsked(nodes);
    }
    Q_EMIT chosenChanged();
}

bool Binder::isOnItsOwn(NodeId id) const {
    const Node* node = m_project.node(id);
    return node && hasText(*node) && !isInTrash(m_project.nodes(), id);
}

void Binder::onEdited(QTreeWidgetItem* item) {
    if (m_filling) return;
    const QString title = item->text(0).simplified().left(kMaxTitleLength);
    if (const Node* node = m_project.node(nodeOf(item)); node && !title.isEmpty()) m_edits.rename(node->id, title);
    m_refresh.start(); // an emptied title comes back
}

NodeId Binder::current() const {
    return nodeOf(m_tree->currentItem());
}

std::vector<NodeId> Binder::chosen() const {
    return m_tree->chosen();
}

void Binder::select(NodeId node) {
    m_wanted = node;
    QTreeWidgetItem* item = itemOf(node);
    if (!item) return;
    const bool wasFilling = std::exchange(m_filling, true);
    // Several may be chosen by now, this one among them. Told how: by itself Qt would look at the keys held down.
    if (!item->isSelected()) m_tree->setCurrentItem(item, 0, QItemSelectionModel::ClearAndSelect);
    m_tree->scrollToItem(item);
    m_filling = wasFilling;
    Q_EMIT chosenChanged();
}

std::vector<NodeId> Binder::scenesInOrder() const {
    std::vector<NodeId> scenes;
    const auto visit = [&](const auto& self, NodeId parent) -> void {
        for (const Node& node : childrenOf(m_project.nodes(), parent)) {
            if (node.trashed || isPlace(node.kind)) continue;
            if (node.kind == NodeKind::Scene) scenes.push_back(node.id);
            self(self, node.id);
        }
    };
    visit(visit, 0);
    return scenes;
}

std::vector<NodeId> Binder::textsIn(const std::vector<NodeId>& nodes) const {
    std::vector<NodeId> texts;
    const auto visit = [&](const auto& self, NodeId parent, bool within) -> void {
        for (const Node& node : childrenOf(m_project.nodes(), parent)) {
            if (node.trashed) continue;
            const bool wanted = within || std::find(nodes.begin(), nodes.end(), node.id) != nodes.end();
            if (wanted && hasText(node)) texts.push_back(node.id);
            self(self, node.id, wanted);
        }
    };
    visit(visit, 0, false);
    return texts;
}

NodeId Binder::firstScene() const {
    const std::vector<NodeId> scenes = scenesInOrder();
    return scenes.empty() ? 0 : scenes.front();
}

Binder::Shown Binder::remember() const {
    Shown shown;
    shown.current = m_justAdded ? m_justAdded : m_wanted ? m_wanted : current();
    shown.chosen = chosen();
    for (QTreeWidgetItemIterator it(m_tree); *it; ++it) {
        shown.hadTrash |= (*it)->data(0, kSectionRole).toInt() == int(BinderSection::Trash);
        if (!(*it)->isExpanded() && (*it)->childCount() > 0) {
            const NodeId node = nodeOf(*it);
            shown.closed.insert(node ? node : -(*it)->data(0, kSectionRole).toInt());
        }
    }
    return shown;
}

void Binder::restore(const Shown& shown) {
    for (QTreeWidgetItemIterator it(m_tree); *it; ++it) {
        const NodeId node = nodeOf(*it);
        const int section = (*it)->data(0, kSectionRole).toInt();
        const bool closed = shown.closed.contains(node ? node : -section);
        (*it)->setExpanded(!closed && !(!shown.hadTrash && section == int(BinderSection::Trash)));
    }
    QTreeWidgetItem* item = itemOf(shown.current);
    if (!item) return;
    m_tree->setCurrentItem(item, 0, QItemSelectionModel::ClearAndSelect);
    const bool several = std::find(shown.chosen.begin(), shown.chosen.end(), shown.current) != shown.chosen.end();
    for (NodeId node : several ? shown.chosen : std::vector<NodeId>{})
        if (QTreeWidgetItem* other = itemOf(node)) other->setSelected(true);
    m_tree->scrollToItem(item);
}

void Binder::refresh() {
    if (m_tree->isEditing() && !m_justAdded) return m_refresh.start(100); // a title is being typed
    const Shown shown = remember();
    m_filling = true;
    m_tree->clear();
    m_items.clear();
    QTreeWidgetItem* book = addSection(BinderSection::Manuscript, tr("Manuscript"));
    QTreeWidgetItem* notes = addSection(BinderSection::Notes, tr("Notes"));
    addChildren(book, 0);
    addChildren(notes, 0);
    addPlaces();
    addTrash();
    restore(shown);
    m_filling = false;
    QTreeWidgetItem* item = itemOf(shown.current);
    if (const NodeId added = std::exchange(m_justAdded, 0); added && item) {
        m_wanted = added;
        if (isOnItsOwn(added)) Q_EMIT changed(added);
        m_tree->setFocus();
        m_tree->editItem(item);
    }
    Q_EMIT chosenChanged();
}

void Binder::addNode(NodeKind kind) {
    const QString titles[] = {tr("New part"), tr("New chapter"), tr("New scene"), tr("New note")};
    m_edits.add(kind, placeForNew(m_project.nodes(), current(), kind), titles[int(kind)]);
}

void Binder::renameCurrent() {
    QTreeWidgetItem* item = m_tree->currentItem();
    if (nodeOf(item) == 0) return;
    m_tree->setFocus();
    m_tree->editItem(item);
}

void Binder::trashChosen() {
    const std::vector<NodeId> nodes = chosen();
    if (nodes.empty() || isInTrash(m_project.nodes(), nodes.front())) return;
    const auto goes = [](const QTreeWidgetItem* item) {
        while (item && !item->isSelected()) item = item->parent();
        return item != nullptr;
    };
    const QTreeWidgetItem* next = m_tree->itemBelow(itemOf(nodes.back()));
    while (goes(next)) next = m_tree->itemBelow(next);
    if (!nodeOf(next)) next = m_tree->itemAbove(itemOf(nodes.front()));
    m_edits.setTrashed(nodes, true);
    m_wanted = nodeOf(next);
    if (isOnItsOwn(m_wanted)) Q_EMIT changed(m_wanted);
    Q_EMIT trashed(nodes);
}

void Binder::restoreChosen() {
    m_edits.setTrashed(chosen(), false);
}

void Binder::moveChosen(MoveWay way) {
    const NodeId kept = current();
    m_edits.move(movesTowards(m_project.nodes(), chosen(), way));
    m_wanted = kept;
}

void Binder::togglePins() {
    std::vector<NodeId> pinned = chosen();
    std::erase_if(pinned, [this](NodeId id) { return !hasText(*m_project.node(id)); });
    if (!pinned.empty()) m_edits.setPinned(pinned, !m_project.node(pinned.front())->pinned);
}

void Binder::duplicateChosen() {
    m_edits.duplicate(chosen());
}

std::vector<NodeId> Binder::toMerge() const {
    std::vector<NodeId> nodes = chosen();
    if (nodes.empty() || !m_project.node(nodes.front())) return {};
    if (nodes.size() == 1) {
        const Node& first = *m_project.node(nodes.front());
        const std::vector<NodeId> scenes = scenesInOrder();
        const auto at = std::find(scenes.begin(), scenes.end(), first.id);
        if (at == scenes.end() || at + 1 == scenes.end() || m_project.node(*(at + 1))->parent != first.parent)
            return {};
        nodes.push_back(*(at + 1));
    }
    const NodeKind kind = m_project.node(nodes.front())->kind;
    for (NodeId id : nodes)
        if (!isOnItsOwn(id) || m_project.node(id)->kind != kind) return {};
    return nodes;
}

bool Binder::canMerge() const {
    return !toMerge().empty();
}

void Binder::mergeWithNext() {
    const std::vector<NodeId> nodes = toMerge();
    if (nodes.empty()) return;
    m_wanted = nodes.front();
    m_edits.merge(nodes);
    Q_EMIT changed(nodes.front());
}

void Binder::undo() {
    const std::vector<Node> before = m_project.nodes();
    m_project.undoChange();
    showChanged(before);
}

void Binder::redo() {
    const std::vector<Node> before = m_project.nodes();
    m_project.redoChange();
    showChanged(before);
}

// Selects what an undo changed; what was only moved over by others is not it.
void Binder::showChanged(const std::vector<Node>& before) {
    for (Node node : m_project.nodes()) {
        const Node* was = findNode(before, node.id);
        if (was) node.position = was->position, node.words = was->words;
        if (was && *was == node) continue;
        m_wanted = node.id;
        if (isOnItsOwn(m_wanted)) Q_EMIT changed(m_wanted);
        return;
    }
}

} // namespace palimpsest

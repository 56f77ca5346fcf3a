// The rows of the binder, made from the tree of the project.
#include "app/storage/node_tree.h"
#include "ui/outline/binder.h"
#include "ui/outline/binder_delegate.h"
#include "ui/outline/marker_shape.h"

#include <utility>

namespace palimpsest {

QTreeWidgetItem* Binder::addSection(BinderSection section, const QString& title) {
    auto* item = new QTreeWidgetItem(m_tree, {title});
    item->setData(0, kNodeRole, qint64(0));
    item->setData(0, kSectionRole, int(section));
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsDropEnabled);
    return item;
}

QTreeWidgetItem* Binder::addItem(QTreeWidgetItem* parent, const Node& node) {
    auto* item = new QTreeWidgetItem(parent, {node.title});
    item->setData(0, kNodeRole, qint64(node.id));
    item->setData(0, kKindRole, int(node.kind));
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable | Qt::ItemIsDragEnabled |
                   Qt::ItemIsDropEnabled);
    item->setToolTip(0, node.synopsis.isEmpty() ? node.title : node.title + QStringLiteral("\n\n") + node.synopsis);
    m_items.insert(node.id, item);
    addChildren(item, node.id);
    showWords(item);
    return item;
}

void Binder::addChildren(QTreeWidgetItem* parent, NodeId id) {
    const bool notes = BinderSection(parent->data(0, kSectionRole).toInt()) == BinderSection::Notes;
    for (const Node& node : childrenOf(m_project.nodes(), id)) {
        if (node.trashed || isPlace(node.kind)) continue;
        if (id == 0 && (node.kind == NodeKind::Note) != notes) continue;
        addItem(parent, node);
    }
}

// Research and Archive look like the headings of a section, and are nodes.
void Binder::addPlaces() {
    for (const Node& node : childrenOf(m_project.nodes(), 0)) {
        if (!isPlace(node.kind)) continue;
        QTreeWidgetItem* place = addSection(BinderSection::Place, node.title);
        place->setData(0, kNodeRole, qint64(node.id));
        m_items.insert(node.id, place);
        addChildren(place, node.id);
    }
}

QString Binder::spoken(const Node& node, int words) const {
    QStringList parts{node.title};
    if (node.kind != NodeKind::Note) parts << tr("%n words", nullptr, words);
    for (MarkerId id : {node.status, node.label})
        if (const Marker* marker = m_project.marker(id)) parts << markerName(*marker);
    if (node.pinned) parts << tr("pinned");
    if (m_withPassages.contains(node.id)) parts << tr("has pinned passages");
    return parts.join(QStringLiteral(", "));
}

void Binder::setPassages(const std::vector<PinnedPassage>& passages) {
    QSet<NodeId> with;
    for (const PinnedPassage& passage : passages) with.insert(passage.node);
    const QSet<NodeId> before = std::exchange(m_withPassages, with);
    for (const NodeId node : with + before)
        if (with.contains(node) != before.contains(node))
            if (QTreeWidgetItem* item = itemOf(node)) showWords(item);
}

void Binder::addTrash() {
    const std::vector<NodeId> roots = trashRoots(m_project.nodes());
    if (roots.empty()) return;
    QTreeWidgetItem* trash = addSection(BinderSection::Trash, tr("Trash"));
    for (const NodeId root : roots) addItem(trash, *m_project.node(root));
}

void Binder::showWords(QTreeWidgetItem* item) {
    const Node* node = m_project.node(item->data(0, kNodeRole).toLongLong());
    int words = node ? node->words : 0;
    for (int i = 0; i < item->childCount(); ++i) words += item->child(i)->data(0, kWordsRole).toInt();
    const bool wasFilling = std::exchange(m_filling, true);
    item->setData(0, kWordsRole, words);
    if (node) {
        item->setData(0, Qt::AccessibleTextRole, spoken(*node, words));
        const BinderPin pin = node->pinned                        ? kNodePinned
                              : m_withPassages.contains(node->id) ? kPassagesPinned
                                                                  : kNotPinned;
        item->setData(0, kPinnedRole, int(pin));
    }
    m_filling = wasFilling;
}

} // namespace palimpsest

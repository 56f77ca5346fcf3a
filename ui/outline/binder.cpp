#include "ui/outline/binder.h"

#include "ui/outline/binder_delegate.h"

#include <QHash>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>
#include <utility>

namespace palimpsest {
namespace {

// Draws the branch marks as small triangles in the colour of quiet text.
class BinderTree : public QTreeWidget {
public:
    BinderTree(const Theme& theme, QWidget* parent) : QTreeWidget(parent), m_theme(theme) {}

private:
    void drawBranches(QPainter* painter, const QRect& rect, const QModelIndex& index) const override {
        if (index.data(kNodeRole).toLongLong() == 0 || !model()->hasChildren(index)) return;
        const bool rightToLeft = isRightToLeft();
        const QPointF middle(rightToLeft ? rect.left() + 8.5 : rect.right() - 8, rect.center().y() + 0.5);
        QPainterPath path;
        if (isExpanded(index)) {
            path.addPolygon(QPolygonF{{-4, -2.5}, {4, -2.5}, {0, 3.2}});
        } else {
            const qreal way = rightToLeft ? -1 : 1;
            path.addPolygon(QPolygonF{{-2.5 * way, -4}, {3.2 * way, 0}, {-2.5 * way, 4}});
        }
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->translate(middle);
        painter->fillPath(path, m_theme.colours().quiet);
        painter->restore();
    }

    const Theme& m_theme;
};

} // namespace

Binder::Binder(const Theme& theme, ProjectService& project, QWidget* parent)
    : QWidget(parent), m_project(project), m_tree(new BinderTree(theme, this)) {
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
    m_tree->setItemDelegate(new BinderDelegate(theme, m_tree));
    m_tree->setFrameShape(QFrame::NoFrame);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 4, 0, 4);
    column->addWidget(m_tree);

    // Later, not at once: the tree itself may be in the midst of telling us that a title was edited.
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &Binder::refresh);
    connect(&project, &ProjectService::nodesChanged, &m_refresh, qOverload<>(&QTimer::start));
    connect(&project, &ProjectService::nodeAdded, this, [this](qint64 node) {
        m_justAdded = node;
        m_refresh.start();
    });
    connect(&project, &ProjectService::wordsChanged, this, [this](qint64 node, int) {
        for (QTreeWidgetItem* item = itemOf(node); item; item = item->parent()) showWords(item);
    });
    connect(m_tree, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (m_filling || !item) return;
        const Node* node = m_project.node(item->data(0, kNodeRole).toLongLong());
        m_wanted = node ? node->id : 0;
        if (node && (node->kind == NodeKind::Scene || node->kind == NodeKind::Note)) Q_EMIT opened(node->id);
    });
    connect(m_tree, &QTreeWidget::itemChanged, this, [this](QTreeWidgetItem* item) {
        if (m_filling) return;
        const NodeId id = item->data(0, kNodeRole).toLongLong();
        const Node* node = m_project.node(id);
        const QString title = item->text(0).simplified().left(1000);
        if (node && node->title != title && !title.isEmpty()) m_project.renameNode(id, title);
        m_refresh.start(); // an emptied title comes back
    });
}

NodeId Binder::current() const {
    const QTreeWidgetItem* item = m_tree->currentItem();
    return item ? item->data(0, kNodeRole).toLongLong() : 0;
}

QTreeWidgetItem* Binder::itemOf(NodeId node) const {
    for (QTreeWidgetItemIterator it(m_tree); *it; ++it)
        if ((*it)->data(0, kNodeRole).toLongLong() == node && node != 0) return *it;
    return nullptr;
}

void Binder::select(NodeId node) {
    m_wanted = node;
    QTreeWidgetItem* item = itemOf(node);
    if (!item) return;
    m_filling = true;
    m_tree->setCurrentItem(item);
    m_tree->scrollToItem(item);
    m_filling = false;
}

std::vector<const Node*> Binder::childrenOf(NodeId parent) const {
    std::vector<const Node*> children;
    for (const Node& node : m_project.nodes())
        if (node.parent == parent && !node.trashed) children.push_back(&node);
    return children;
}

std::vector<NodeId> Binder::scenesInOrder() const {
    std::vector<NodeId> scenes;
    const std::function<void(NodeId)> visit = [&](NodeId parent) {
        for (const Node* node : childrenOf(parent)) {
            if (node->kind == NodeKind::Scene) scenes.push_back(node->id);
            visit(node->id);
        }
    };
    visit(0);
    return scenes;
}

NodeId Binder::firstScene() const {
    const std::vector<NodeId> scenes = scenesInOrder();
    return scenes.empty() ? 0 : scenes.front();
}

QTreeWidgetItem* Binder::addSection(const QString& title) {
    auto* item = new QTreeWidgetItem(m_tree, {title});
    item->setData(0, kNodeRole, qint64(0));
    item->setFlags(Qt::ItemIsEnabled);
    return item;
}

void Binder::addChildren(QTreeWidgetItem* parent, NodeId id) {
    for (const Node* node : childrenOf(id)) {
        if (id == 0 && (node->kind == NodeKind::Note) != (parent == m_tree->topLevelItem(1))) continue;
        auto* item = new QTreeWidgetItem(parent, {node->title});
        item->setData(0, kNodeRole, qint64(node->id));
        item->setData(0, kKindRole, int(node->kind));
        item->setData(0, kPinnedRole, node->kind == NodeKind::Note && node->pinned);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable);
        item->setToolTip(0, node->title);
        addChildren(item, node->id);
        showWords(item);
    }
}

void Binder::showWords(QTreeWidgetItem* item) {
    const Node* node = m_project.node(item->data(0, kNodeRole).toLongLong());
    int words = node ? node->words : 0;
    for (int i = 0; i < item->childCount(); ++i) words += item->child(i)->data(0, kWordsRole).toInt();
    const bool wasFilling = std::exchange(m_filling, true);
    item->setData(0, kWordsRole, words);
    if (node && node->kind == NodeKind::Note)
        item->setData(0, Qt::AccessibleTextRole, node->pinned ? tr("%1, pinned").arg(node->title) : node->title);
    else if (node)
        item->setData(0, Qt::AccessibleTextRole, tr("%1, %n words", nullptr, words).arg(node->title));
    m_filling = wasFilling;
}

void Binder::refresh() {
    const NodeId shown = m_justAdded ? m_justAdded : m_wanted ? m_wanted : current();
    QHash<NodeId, bool> expanded;
    for (QTreeWidgetItemIterator it(m_tree); *it; ++it)
        expanded.insert((*it)->data(0, kNodeRole).toLongLong(), (*it)->isExpanded());
    m_filling = true;
    m_tree->clear();
    QTreeWidgetItem* book = addSection(tr("Manuscript"));
    QTreeWidgetItem* notes = addSection(tr("Notes"));
    addChildren(book, 0);
    addChildren(notes, 0);
    for (QTreeWidgetItemIterator it(m_tree); *it; ++it)
        (*it)->setExpanded(expanded.value((*it)->data(0, kNodeRole).toLongLong(), true));
    QTreeWidgetItem* item = itemOf(shown);
    if (item) {
        m_tree->setCurrentItem(item);
        m_tree->scrollToItem(item);
    }
    m_filling = false;
    if (const NodeId added = std::exchange(m_justAdded, 0); added && item) {
        m_wanted = added;
        Q_EMIT opened(added);
        m_tree->setFocus();
        m_tree->editItem(item);
    }
}

void Binder::addNode(NodeKind kind) {
    const Node* at = m_project.node(current());
    NodeId parent = 0;
    int position = int(childrenOf(0).size());
    if (kind == NodeKind::Scene && at && at->kind != NodeKind::Note) {
        const bool inside = at->kind != NodeKind::Scene;
        parent = inside ? at->id : at->parent;
        position = inside ? int(childrenOf(at->id).size()) : at->position + 1;
    } else if (kind == NodeKind::Chapter && at && at->kind != NodeKind::Note) {
        const Node* chapter = at->kind == NodeKind::Scene ? m_project.node(at->parent) : at;
        if (chapter && chapter->kind == NodeKind::Part) {
            parent = chapter->id;
            position = int(childrenOf(parent).size());
        } else if (chapter && chapter->kind == NodeKind::Chapter) {
            parent = chapter->parent;
            position = chapter->position + 1;
        }
    }
    const QString titles[] = {tr("New part"), tr("New chapter"), tr("New scene"), tr("New note")};
    m_project.addNode(parent, position, kind, titles[int(kind)]);
}

void Binder::renameCurrent() {
    QTreeWidgetItem* item = m_tree->currentItem();
    if (!item || item->data(0, kNodeRole).toLongLong() == 0) return;
    m_tree->setFocus();
    m_tree->editItem(item);
}

void Binder::trashCurrent() {
    const NodeId node = current();
    if (node == 0) return;
    const QTreeWidgetItem* item = m_tree->currentItem();
    QTreeWidgetItem* next = m_tree->itemBelow(item);
    if (!next || next->data(0, kNodeRole).toLongLong() == 0) next = m_tree->itemAbove(item);
    m_wanted = next ? next->data(0, kNodeRole).toLongLong() : 0;
    m_project.setTrashed(node, true);
    if (const Node* shown = m_project.node(m_wanted);
        shown && (shown->kind == NodeKind::Scene || shown->kind == NodeKind::Note))
        Q_EMIT opened(m_wanted);
    Q_EMIT trashed(node);
}

void Binder::moveCurrent(int direction) {
    const Node* node = m_project.node(current());
    if (!node) return;
    m_wanted = node->id;
    const std::vector<const Node*> siblings = childrenOf(node->parent);
    const auto at = std::find(siblings.begin(), siblings.end(), node) - siblings.begin();
    const auto to = at + direction;
    const bool sameSection =
        to >= 0 && to < std::ssize(siblings) &&
        (node->parent != 0 || (siblings[std::size_t(to)]->kind == NodeKind::Note) == (node->kind == NodeKind::Note));
    if (sameSection) {
        m_project.moveNode(node->id, node->parent, siblings[std::size_t(to)]->position);
        return;
    }
    const Node* parent = m_project.node(node->parent); // over its end: into the next chapter or part
    if (!parent) return;
    const std::vector<const Node*> parents = childrenOf(parent->parent);
    const auto parentAt = std::find(parents.begin(), parents.end(), parent) - parents.begin() + direction;
    if (parentAt < 0 || parentAt >= std::ssize(parents)) return;
    const Node* into = parents[std::size_t(parentAt)];
    if (into->kind != parent->kind) return;
    m_project.moveNode(node->id, into->id, direction > 0 ? 0 : int(childrenOf(into->id).size()));
}

void Binder::togglePin() {
    const Node* node = m_project.node(current());
    if (node && node->kind == NodeKind::Note) m_project.setPinned(node->id, !node->pinned);
}

} // namespace palimpsest

#include "ui/outline/binder_tree.h"

#include "ui/outline/binder_delegate.h"

#include <QDataStream>
#include <QDrag>
#include <QDropEvent>
#include <QIODevice>
#include <QKeyEvent>
#include <QMimeData>
#include <QPainter>
#include <QPainterPath>

namespace palimpsest {
namespace {

constexpr int kOpenUnderDragMs = 600;
constexpr qreal kMarkWidth = 2;
constexpr int kChipWidth = 220; // of the title in it, at most

NodeId nodeOf(const QTreeWidgetItem* item) {
    return item ? item->data(0, kNodeRole).toLongLong() : 0;
}

} // namespace

BinderTree::BinderTree(const Theme& theme, ProjectService& project, QWidget* parent)
    : QTreeWidget(parent), m_theme(theme), m_project(project) {
    setSelectionMode(ExtendedSelection);
    setDragEnabled(true);
    setAcceptDrops(true);
    setDragDropMode(DragDrop);
    setDefaultDropAction(Qt::MoveAction);
    setDropIndicatorShown(false); // painted here
    setAutoExpandDelay(kOpenUnderDragMs);
}

std::vector<NodeId> BinderTree::chosen() const {
    std::vector<NodeId> nodes;
    for (QTreeWidgetItemIterator it(const_cast<BinderTree*>(this), QTreeWidgetItemIterator::Selected); *it; ++it)
        if (const NodeId node = nodeOf(*it); node && m_project.node(node)) nodes.push_back(node);
    return nodes;
}

QStringList BinderTree::mimeTypes() const {
    return {kNodesType};
}

// The project goes along: a node of one means nothing in another.
QMimeData* BinderTree::mimeData(const QList<QTreeWidgetItem*>& items) const {
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out << m_project.path();
    for (const QTreeWidgetItem* item : items)
        if (const NodeId node = nodeOf(item)) out << node;
    auto* made = new QMimeData;
    made->setData(kNodesType, bytes);
    return made;
}

std::vector<NodeId> BinderTree::nodesOf(const QMimeData& dragged) const {
    QDataStream in(dragged.data(kNodesType));
    QString path;
    in >> path;
    std::vector<NodeId> nodes;
    while (path == m_project.path() && !in.atEnd()) {
        NodeId node = 0;
        in >> node;
        if (m_project.node(node)) nodes.push_back(node);
    }
    return nodes;
}

// What hangs at the pointer: the title of one, the number of several.
QPixmap BinderTree::chip(const std::vector<NodeId>& nodes) const {
    const Node* first = m_project.node(nodes.front());
    QString text = nodes.size() == 1 && first ? first->title : tr("%n items", nullptr, int(nodes.size()));
    text = fontMetrics().elidedText(text, Qt::ElideRight, kChipWidth);
    const QSize size(fontMetrics().horizontalAdvance(text) + 20, fontMetrics().height() + 8);
    QPixmap pixmap(size * devicePixelRatioF());
    pixmap.setDevicePixelRatio(devicePixelRatioF());
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(font());
    painter.setPen(QPen(m_theme.colours().control, 1));
    painter.setBrush(m_theme.colours().strip);
    painter.drawRoundedRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), 5, 5);
    painter.setPen(m_theme.colours().text);
    painter.drawText(QRect(QPoint(), size), Qt::AlignCenter, text);
    return pixmap;
}

void BinderTree::startDrag(Qt::DropActions actions) {
    const std::vector<NodeId> nodes = outermost(m_project.nodes(), chosen());
    if (nodes.empty()) return;
    auto* drag = new QDrag(this);
    drag->setMimeData(mimeData(selectedItems()));
    drag->setPixmap(chip(nodes));
    drag->setHotSpot({-8, -4});
    drag->exec(actions);
}

// On a row it goes into what that is, or behind it when that holds nothing; at its edges before or behind it. An open
// row is a heading to those in it: behind it is before the first of them.
BinderTree::Drop BinderTree::dropAt(const QDropEvent& event) const {
    QTreeWidgetItem* item = itemAt(event.position().toPoint());
    const std::vector<NodeId> nodes = nodesOf(*event.mimeData());
    if (!item || nodes.empty()) return {};
    const QRect row = visualItemRect(item);
    const QRect above(row.left(), row.top(), row.width(), 1), below(row.left(), row.bottom(), row.width(), 1);
    const int edge = row.height() / 4, y = int(event.position().y()) - row.top();
    const auto& all = m_project.nodes();
    const Node* onto = m_project.node(nodeOf(item));
    const NodeId firstInside = item->isExpanded() ? nodeOf(item->child(0)) : 0;
    const auto section = BinderSection(item->data(0, kSectionRole).toInt());
    if (section == BinderSection::Place) return {movesTo(all, nodes, onto->id, firstInside), false, below};
    if (!onto) {
        if (section == BinderSection::Trash) return {{}, true, row};
        const bool notes = m_project.node(nodes.front())->kind == NodeKind::Note;
        if (notes != (section == BinderSection::Notes)) return {};
        return {movesTo(all, nodes, 0, firstInside), false, below};
    }
    if (y >= edge && y < row.height() - edge)
        if (auto into = movesTo(all, nodes, onto->id, 0); !into.empty()) return {std::move(into), false, row};
    if (y < edge) return {movesTo(all, nodes, onto->parent, onto->id), false, above};
    if (firstInside) return {movesTo(all, nodes, onto->id, firstInside), false, below};
    const QTreeWidgetItem* parent = item->parent();
    const QTreeWidgetItem* next = parent ? parent->child(parent->indexOfChild(item) + 1) : nullptr;
    return {movesTo(all, nodes, onto->parent, nodeOf(next)), false, below};
}

void BinderTree::dragEnterEvent(QDragEnterEvent* event) {
    QTreeWidget::dragEnterEvent(event);
    event->setAccepted(event->mimeData()->hasFormat(kNodesType));
}

void BinderTree::dragMoveEvent(QDragMoveEvent* event) {
    QTreeWidget::dragMoveEvent(event); // scrolls and opens
    const Drop drop = dropAt(*event);
    m_mark = drop.isAllowed() ? drop.mark : QRect();
    event->setDropAction(Qt::MoveAction);
    event->setAccepted(drop.isAllowed());
    viewport()->update();
}

void BinderTree::dropEvent(QDropEvent* event) {
    const Drop drop = dropAt(*event);
    m_mark = {};
    setState(NoState);
    viewport()->update();
    event->setAccepted(drop.isAllowed());
    if (drop.trash)
        Q_EMIT trashAsked(nodesOf(*event->mimeData()));
    else if (!drop.moves.empty())
        Q_EMIT movesAsked(drop.moves);
}

void BinderTree::paintEvent(QPaintEvent* event) {
    QTreeWidget::paintEvent(event);
    if (m_mark.isNull() || state() != DraggingState) return;
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.colours().focus, kMarkWidth));
    if (m_mark.height() > 1) {
        painter.drawRoundedRect(QRectF(m_mark).adjusted(1, 1, -8, -1), 5, 5);
    } else {
        const qreal y = m_mark.top() + 0.5;
        painter.drawEllipse(QPointF(isRightToLeft() ? m_mark.right() - 4 : m_mark.left() + 4, y), 2.5, 2.5);
        painter.drawLine(QPointF(m_mark.left() + 8, y), QPointF(m_mark.right() - 8, y));
    }
}

// Small triangles in the colour of quiet text.
void BinderTree::drawBranches(QPainter* painter, const QRect& rect, const QModelIndex& index) const {
    if (index.data(kSectionRole).toInt() != 0 || !model()->hasChildren(index)) return;
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

// Undo and redo are the binder's while it has the keyboard.
bool BinderTree::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        if (key == QKeySequence::Undo || key == QKeySequence::Redo) event->accept();
    }
    return QTreeWidget::event(event);
}

void BinderTree::keyPressEvent(QKeyEvent* event) {
    if (event == QKeySequence::Undo) return Q_EMIT undoAsked();
    if (event == QKeySequence::Redo) return Q_EMIT redoAsked();
    QTreeWidget::keyPressEvent(event);
}

} // namespace palimpsest

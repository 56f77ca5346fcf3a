#include "ui/outline/binder_commands.h"

#include "app/storage/node_tree.h"

#include <QAction>
#include <QMenu>

namespace palimpsest {

BinderCommands::BinderCommands(Binder& binder) : QObject(&binder), m_binder(binder) {
    const auto way = [&binder](MoveWay to) { return [&binder, to] { binder.moveChosen(to); }; };
    const bool mirrored = binder.isRightToLeft(); // "in" is where the rows are indented to
    m_rename = add(tr("&Rename"), QKeySequence(Qt::Key_F2), [&binder] { binder.renameCurrent(); });
    m_pin = add(tr("&Pin or unpin the note"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D),
                [&binder] { binder.togglePins(); });
    separate();
    m_moves << addForTree(tr("Move &up"), QKeySequence(Qt::ALT | Qt::Key_Up), way(MoveWay::Up))
            << addForTree(tr("Move &down"), QKeySequence(Qt::ALT | Qt::Key_Down), way(MoveWay::Down))
            << addForTree(tr("Move &into the one above"),
                          QKeySequence(Qt::ALT | (mirrored ? Qt::Key_Left : Qt::Key_Right)), way(MoveWay::In))
            << addForTree(tr("Move &out, behind what it is in"),
                          QKeySequence(Qt::ALT | (mirrored ? Qt::Key_Right : Qt::Key_Left)), way(MoveWay::Out));
    separate();
    m_trash = addForTree(tr("Move to the &trash"), QKeySequence::Delete, [&binder] { binder.trashChosen(); });
    m_restore = add(tr("Take out of the tra&sh"), {}, [&binder] { binder.restoreChosen(); });
    separate();
    QUndoStack& stack = binder.edits().stack();
    m_actions << stack.createUndoAction(this, tr("Undo")) << stack.createRedoAction(this, tr("Redo"));
    connect(&binder, &Binder::chosenChanged, this, &BinderCommands::refresh);
    connect(&binder, &Binder::menuAsked, this, &BinderCommands::popUp);
    refresh();
}

QAction* BinderCommands::add(const QString& text, const QKeySequence& keys, std::function<void()> act) {
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, std::move(act));
    m_actions << action;
    return action;
}

QAction* BinderCommands::addForTree(const QString& text, const QKeySequence& keys, std::function<void()> act) {
    QAction* action = add(text, keys, std::move(act));
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_binder.tree()->addAction(action);
    return action;
}

void BinderCommands::separate() {
    auto* line = new QAction(this);
    line->setSeparator(true);
    m_actions << line;
}

void BinderCommands::fill(QMenu& menu) const {
    menu.addActions(m_actions);
}

void BinderCommands::setProjectOpen(bool open) {
    m_open = open;
    refresh();
}

void BinderCommands::refresh() {
    const auto& nodes = m_binder.project().nodes();
    const std::vector<NodeId> chosen = m_binder.chosen();
    const bool any = m_open && !chosen.empty();
    const bool inTrash = any && isInTrash(nodes, chosen.front());
    const bool notes = std::any_of(chosen.begin(), chosen.end(), [&](NodeId id) {
        const Node* node = findNode(nodes, id);
        return node && node->kind == NodeKind::Note;
    });
    m_rename->setEnabled(any);
    m_pin->setEnabled(any && notes && !inTrash);
    for (QAction* move : m_moves) move->setEnabled(any && !inTrash);
    m_trash->setEnabled(any && !inTrash);
    m_restore->setEnabled(any && inTrash);
}

void BinderCommands::popUp(const QPoint& at) {
    auto* menu = new QMenu(&m_binder);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QMenu* made = menu->addMenu(tr("&New"));
    const QString names[] = {tr("&Part"), tr("&Chapter"), tr("&Scene"), tr("&Note")};
    for (int kind = 0; kind < 4; ++kind)
        made->addAction(names[kind], this, [this, kind] { m_binder.addNode(NodeKind(kind)); });
    menu->addSeparator();
    fill(*menu);
    menu->popup(at);
}

} // namespace palimpsest

#include "ui/outline/binder_commands.h"

#include "app/storage/node_tree.h"
#include "ui/outline/deletion_question.h"
#include "ui/outline/marker_shape.h"
#include "ui/outline/markers_dialog.h"

#include <QAction>
#include <QMenu>
#include <algorithm>

namespace palimpsest {

BinderCommands::BinderCommands(Binder& binder) : QObject(&binder), m_binder(binder) {
    m_rename = add("rename", tr("&Rename"), QKeySequence(Qt::Key_F2), [&binder] { binder.renameCurrent(); });
    m_beside = addForTree("open_in_other_half", tr("Open in the &other half"),
                          QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_Return),
                          [&binder] { Q_EMIT binder.besideAsked(binder.current()); });
    m_onTree << add("open_together", tr("Open as one continuous te&xt"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O),
                    [&binder] { Q_EMIT binder.togetherAsked(binder.chosen()); });
    m_onTree << add("duplicate", tr("D&uplicate"), {}, [&binder] { binder.duplicateChosen(); });
    m_pin = add("pin_node", tr("&Pin or unpin"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D),
                [&binder] { binder.togglePins(); });
    m_onTree << addMarkers(tr("S&tatus"), tr("No status"), Marker::Family::Status)->menuAction()
             << addMarkers(tr("&Label"), tr("No label"), Marker::Family::Label)->menuAction()
             << addForTree("next_status", tr("Next status"), QKeySequence(Qt::ALT | Qt::Key_S),
                           [&binder] { binder.edits().nextMarker(binder.chosen(), Marker::Family::Status); })
             << addForTree("next_label", tr("Next label"), QKeySequence(Qt::ALT | Qt::Key_L),
                           [&binder] { binder.edits().nextMarker(binder.chosen(), Marker::Family::Label); });
    m_lists = add("statuses_and_labels", tr("Statuses and labels…"), {}, [this] { editMarkers(); });
    separate();
    buildTexts();
    separate();
    buildMoves();
    separate();
    m_trash = addForTree("trash", tr("Move to the tras&h"), QKeySequence::Delete, [&binder] { binder.trashChosen(); });
    m_restore = add("restore", tr("Tak&e out of the trash"), {}, [&binder] { binder.restoreChosen(); });
    m_delete = add("delete_for_good", tr("Delete &for good…"), {}, [this] { askToDelete(m_binder.chosen()); });
    m_empty = add("empty_trash", tr("Empt&y the trash…"), {},
                  [this] { askToDelete(trashRoots(m_binder.project().nodes())); });
    separate();
    m_undo = add("undo_change", tr("Undo"), {}, [&binder] { binder.undo(); });
    m_redo = add("redo_change", tr("Redo"), {}, [&binder] { binder.redo(); });
    connect(&binder.project(), &ProjectService::undoChanged, this, &BinderCommands::refreshUndo);
    connect(&binder, &Binder::chosenChanged, this, &BinderCommands::refresh);
    connect(&binder, &Binder::menuAsked, this, &BinderCommands::popUp);
    refresh();
    refreshUndo();
}

void BinderCommands::buildTexts() {
    Binder* binder = &m_binder;
    m_onTree << add("split_at_caret", tr("&Split at the caret"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K),
                    [this] { Q_EMIT splitAsked(); });
    m_byHeadings = add("split_at_headings", tr("Split at each headin&g"), {}, [binder] {
        for (NodeId node : binder->chosen()) binder->edits().splitByHeadings(node);
    });
    m_merge = add("merge", tr("&Merge with the next"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M),
                  [binder] { binder->mergeWithNext(); });
}

void BinderCommands::buildMoves() {
    Binder* binder = &m_binder;
    const auto way = [binder](MoveWay to) { return [binder, to] { binder->moveChosen(to); }; };
    const auto place = [binder](NodeKind to) {
        return [binder, to] { binder->edits().moveToPlace(binder->chosen(), to); };
    };
    const bool mirrored = m_binder.isRightToLeft(); // "in" is where the rows are indented to
    m_onTree << addForTree("move_up", tr("Move up"), QKeySequence(Qt::ALT | Qt::Key_Up), way(MoveWay::Up))
             << addForTree("move_down", tr("Move &down"), QKeySequence(Qt::ALT | Qt::Key_Down), way(MoveWay::Down))
             << addForTree("move_in", tr("Move &into the one above"),
                           QKeySequence(Qt::ALT | (mirrored ? Qt::Key_Left : Qt::Key_Right)), way(MoveWay::In))
             << addForTree("move_out", tr("Move &out, behind what it is in"),
                           QKeySequence(Qt::ALT | (mirrored ? Qt::Key_Right : Qt::Key_Left)), way(MoveWay::Out))
             << add("move_to_book", tr("Move to the &book"), {}, place(NodeKind::Part))
             << add("move_to_research", tr("Move to Resear&ch"), {}, place(NodeKind::Research))
             << add("move_to_archive", tr("Move to the &Archive"), {}, place(NodeKind::Archive));
}

// Filled when it is opened: the lists are the project's own.
QMenu* BinderCommands::addMarkers(const QString& text, const QString& none, Marker::Family family) {
    auto* menu = new QMenu(text, &m_binder);
    menu->setProperty("passing", true);
    connect(menu, &QMenu::aboutToShow, this, [this, menu, none, family] { fillMarkers(*menu, none, family); });
    m_actions << menu->menuAction();
    return menu;
}

void BinderCommands::fillMarkers(QMenu& menu, const QString& none, Marker::Family family) {
    menu.clear();
    const auto set = [this, family](MarkerId id) {
        return [this, family, id] { m_binder.edits().setMarker(m_binder.chosen(), family, id); };
    };
    for (const Marker& marker : m_binder.project().markers())
        if (marker.family == family) menu.addAction(markerIcon(marker), markerName(marker), this, set(marker.id));
    menu.addSeparator();
    menu.addAction(none, this, set(0));
    menu.addAction(m_lists->text(), m_lists, &QAction::trigger);
}

void BinderCommands::refreshUndo() {
    const QString undo = m_binder.project().undoName(), redo = m_binder.project().redoName();
    m_undo->setText(undo.isEmpty() ? tr("Undo") : tr("Undo %1").arg(undo));
    m_redo->setText(redo.isEmpty() ? tr("Redo") : tr("Redo %1").arg(redo));
    m_undo->setEnabled(!undo.isEmpty());
    m_redo->setEnabled(!redo.isEmpty());
}

QAction* BinderCommands::add(const char* id, const QString& text, const QKeySequence& keys, std::function<void()> act) {
    auto* action = new QAction(text, this);
    action->setObjectName(id);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, std::move(act));
    m_actions << action;
    return action;
}

QAction* BinderCommands::addForTree(const char* id, const QString& text, const QKeySequence& keys,
                                    std::function<void()> act) {
    QAction* action = add(id, text, keys, std::move(act));
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
    const bool texts = std::any_of(chosen.begin(), chosen.end(), [&](NodeId id) {
        const Node* node = findNode(nodes, id);
        return node && (node->kind == NodeKind::Note || node->kind == NodeKind::Scene);
    });
    m_rename->setEnabled(any);
    for (QAction* action : m_onTree) action->setEnabled(any && !inTrash);
    m_pin->setEnabled(any && texts && !inTrash);
    m_beside->setEnabled(any && texts && !inTrash);
    m_byHeadings->setEnabled(any && texts && !inTrash);
    m_merge->setText(chosen.size() > 1 ? tr("&Merge what is chosen") : tr("&Merge with the next"));
    m_merge->setEnabled(m_open && m_binder.canMerge());
    m_trash->setEnabled(any && !inTrash);
    m_restore->setEnabled(any && inTrash);
    m_delete->setEnabled(any && inTrash);
    m_lists->setEnabled(m_open);
    m_empty->setEnabled(m_open && !trashRoots(nodes).empty());
}

void BinderCommands::askToDelete(const std::vector<NodeId>& nodes) {
    askToDeleteForGood(*m_binder.window(), m_binder.project(), nodes);
}

void BinderCommands::editMarkers() {
    auto* dialog = new MarkersDialog(m_binder.project(), m_binder.window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
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

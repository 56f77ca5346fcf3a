// The window's two halves: what is opened beside the page, and which of the two the writer is in.
#include "ui/editor/scene_editor.h"
#include "ui/editor/scene_shelf.h"
#include "ui/editor/split_page.h"
#include "ui/main_menus.h"
#include "ui/main_window.h"
#include "ui/outline/binder.h"

#include <QAction>
#include <QMenu>

namespace palimpsest {
namespace {

const char* const kOtherNode = "other_half";
const char* const kStacked = "halves_stacked";

} // namespace

void MainWindow::connectHalves() {
    QMenu* menu = m_menus->viewMenu();
    const auto add = [this, menu](const char* id, const QString& text, const QKeySequence& keys,
                                  void (MainWindow::*act)()) {
        QAction* action = menu->addAction(text);
        action->setObjectName(id);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, act);
        return action;
    };
    menu->addSeparator();
    add("split_page", tr("Split the page, or close the other &half"), QKeySequence(Qt::CTRL | Qt::Key_Backslash),
        &MainWindow::toggleHalf);
    add("go_to_other_half", tr("Go to the &other half"), QKeySequence(Qt::CTRL | Qt::Key_F6),
        &MainWindow::goToOtherHalf);
    m_stacked = menu->addAction(tr("One half abo&ve the other"));
    m_stacked->setObjectName("halves_stacked");
    m_stacked->setCheckable(true);
    connect(m_stacked, &QAction::toggled, this, [this](bool stacked) {
        m_halves->setStacked(stacked);
        m_project.setSetting(kStacked, stacked ? QStringLiteral("1") : QString());
    });
    connect(m_binder, &Binder::besideAsked, this, [this](qint64 node) { openBeside(node); });
    connect(m_halves, &SplitPage::entered, this, &MainWindow::workInOther);
    connect(m_halves, &SplitPage::closed, this, [this] { m_project.setSetting(kOtherNode, {}); });
}

void MainWindow::openBeside(NodeId node, int scroll) {
    m_halves->showBeside(node, scroll);
    m_project.setSetting(kOtherNode, node ? QString::number(node) : QString());
}

void MainWindow::toggleHalf() {
    if (!m_node) return;
    if (m_halves->other()) return openBeside(0);
    const auto usable = [this](NodeId id) {
        const Node* node = m_project.node(id);
        return id != m_node && node && !node->trashed;
    };
    if (usable(m_before)) return openBeside(m_before);
    const std::vector<NodeId> scenes = m_binder->scenesInOrder();
    const auto at = std::find(scenes.begin(), scenes.end(), m_node);
    for (auto next = at; next != scenes.end(); ++next)
        if (usable(*next)) return openBeside(*next);
    for (const NodeId scene : scenes)
        if (usable(scene)) return openBeside(scene);
    openBeside(m_node);
}

void MainWindow::goToOtherHalf() {
    if (m_halves->other()) workInOther(m_halves->other(), -1);
}

// The two change places; each half goes on showing what it showed.
void MainWindow::workInOther(NodeId node, int position) {
    if (node != m_halves->other()) return; // it was changed or closed meanwhile
    const NodeId was = m_node;
    rememberPlace();
    const SceneShelf::Scene* left = m_shelf->find(was);
    const int scroll = left ? left->scroll : 0;
    m_halves->exchange(position);
    m_shelf->take(node, this,
                  [this, node, was, scroll](const Result<SceneShelf::Scene*>& taken) { // on its way, perhaps
                      if (taken && node == m_node)
                          goToPlace((*taken)->caret, (*taken)->scroll); // both show the same text
                      openNode(node);
                      m_editor->setFocus();
                      openBeside(m_node == node ? was : 0, scroll);
                  });
}

void MainWindow::restoreHalves() {
    m_stacked->setChecked(!m_project.setting(kStacked).isEmpty());
    const NodeId other = m_project.setting(kOtherNode).toLongLong();
    const Node* node = m_project.node(other);
    m_halves->showBeside(node && !node->trashed ? other : 0);
}

} // namespace palimpsest

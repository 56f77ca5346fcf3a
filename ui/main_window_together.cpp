// Several texts on the page as one: what the writer chose, and what of it is there.
#include "ui/editor/continuous_text.h"
#include "ui/editor/split_page.h"
#include "ui/main_window.h"
#include "ui/outline/binder.h"

namespace palimpsest {
namespace {

const char* const kRoots = "open_together";

QString listOf(const std::vector<NodeId>& nodes) {
    QStringList all;
    for (const NodeId node : nodes) all << QString::number(node);
    return all.join(u',');
}

} // namespace

void MainWindow::connectTogether() {
    connect(m_together, &ContinuousText::entered, this, &MainWindow::openNode);
    connect(m_together, &ContinuousText::said, this, &MainWindow::say);
}

void MainWindow::leaveTogether() {
    if (m_roots.empty()) return;
    m_roots.clear();
    m_project.setSetting(kRoots, {});
    m_together->end();
    m_editor->ensureCursorVisible();
    refreshStatus();
}

void MainWindow::openAlone(NodeId node) {
    leaveTogether();
    openNode(node);
}

void MainWindow::openTogether(const std::vector<qint64>& nodes) {
    const std::vector<NodeId> texts = m_binder->textsIn(nodes);
    if (texts.empty()) return;
    if (texts.size() == 1) return openAlone(texts.front());
    rememberPlace();
    m_roots = nodes;
    m_project.setSetting(kRoots, listOf(nodes));
    m_together->show(texts);
    m_together->contains(m_node) ? m_editor->ensureCursorVisible() : openNode(texts.front());
    refreshStatus();
}

// What was added to it, moved or taken away is so on the page, too.
void MainWindow::refreshTogether() {
    if (m_roots.empty() || m_project.path() != m_shownProject) return;
    const std::vector<NodeId> texts = m_binder->textsIn(m_roots);
    const std::vector<NodeId> before = m_together->nodes();
    if (texts.size() < 2) return openAlone(texts.empty() ? m_node : texts.front());
    m_together->show(texts);
    if (m_together->contains(m_node)) return;
    const auto gone = std::find(before.begin(), before.end(), m_node);
    const auto next = std::find_if(gone, before.end(), [this](NodeId node) { return m_together->contains(node); });
    openNode(next != before.end() ? *next : texts.back());
}

int MainWindow::wordsOnPage() const {
    int words = 0;
    for (const NodeId id : m_together->nodes())
        if (const Node* node = m_project.node(id)) words += node->words;
    return words;
}

bool MainWindow::restoreTogether(NodeId last) {
    std::vector<NodeId> nodes;
    for (const QString& id : m_project.setting(kRoots).split(u',', Qt::SkipEmptyParts)) {
        const Node* node = m_project.node(id.toLongLong());
        if (node && !node->trashed) nodes.push_back(node->id);
    }
    const std::vector<NodeId> texts = m_binder->textsIn(nodes);
    if (texts.size() < 2) return false;
    m_roots = nodes;
    m_together->show(texts);
    m_binder->select(nodes.front());
    openNode(m_together->contains(last) ? last : texts.front());
    return true;
}

} // namespace palimpsest

// Places in a text that other parts of the window ask for: the caret, to split at; a hit, to go to.
#include "ui/editor/scene_document.h"
#include "ui/editor/scene_editor.h"
#include "ui/editor/scene_shelf.h"
#include "ui/main_window.h"
#include "ui/outline/binder.h"
#include "ui/search/project_search.h"

namespace palimpsest {

void MainWindow::splitAtCaret() {
    const SceneShelf::Scene* scene = m_shelf->find(m_node);
    if (!scene) return;
    const QTextCursor caret = m_editor->textCursor();
    m_binder->edits().split(m_node, readDocument(scene->document), {caret.blockNumber(), caret.positionInBlock()});
}

// The paragraph may be elsewhere by now, or another.
void MainWindow::goToHit(NodeId node, const PickedHit& hit) {
    openNode(node);
    m_shelf->take(node, this, [this, node, hit](Result<SceneShelf::Scene*> taken) {
        if (!taken || m_node != node) return;
        QTextBlock block = (*taken)->document.findBlockByNumber(hit.block);
        for (QTextBlock other = (*taken)->document.begin(); other.isValid() && block.text() != hit.paragraph;
             other = other.next())
            if (other.text() == hit.paragraph) block = other;
        if (!block.isValid()) return;
        const int start = block.position(), last = block.length() - 1;
        m_editor->setTextCursor(selected(&(*taken)->document, start + std::min(int(hit.match.begin), last),
                                         start + std::min(int(hit.match.end), last)));
        m_editor->ensureCursorVisible();
    });
}

} // namespace palimpsest

// A page of its own, outside any window: a document as SceneShelf makes it, shown in an editor.
#pragma once

#include "ui/editor/scene_document.h"
#include "ui/editor/scene_editor.h"

#include <memory>

namespace palimpsest::test {

inline void openPage(std::unique_ptr<QTextDocument>& document, std::unique_ptr<SceneEditor>& editor,
                     const SceneText& text) {
    document = std::make_unique<QTextDocument>();
    QTextDocument* made = document.get();
    fillDocument(*made, text);
    auto* layout = new PageLayout(made);
    made->setDocumentLayout(layout);
    PageMetrics metrics;
    metrics.font.setPixelSize(19);
    layout->setMetrics(metrics);
    QObject::connect(made, &QTextDocument::contentsChange, made,
                     [made](int position, int, int added) { refreshBlocks(*made, position, added); });
    editor = std::make_unique<SceneEditor>();
    editor->resize(800, 600);
    editor->showDocument(made);
    editor->show();
    editor->setFocus();
}

} // namespace palimpsest::test

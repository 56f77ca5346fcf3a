// What is cut, copied, pasted and dropped.
#include "ui/annotations/carried.h"
#include "ui/editor/scene_document.h"
#include "ui/editor/scene_editor.h"
#include "ui/editor/texts_together.h"

#include <QDropEvent>
#include <QMimeData>
#include <QTextDocumentFragment>
#include <QTextList>
#include <algorithm>

namespace palimpsest {
namespace {

const QString kSceneTextType = QStringLiteral("application/x-palimpsest-scene-text");

BlockKind kindIn(const QTextBlock& rich) {
    if (rich.blockFormat().headingLevel() > 0) return BlockKind::Heading;
    const QTextList* list = rich.textList();
    if (!list) return BlockKind::Paragraph;
    const QTextListFormat::Style style = list->format().style();
    const bool bullets = style == QTextListFormat::ListDisc || style == QTextListFormat::ListCircle ||
                         style == QTextListFormat::ListSquare;
    return bullets ? BlockKind::Bullet : BlockKind::Numbered;
}

// What of somebody's rich text we keep: paragraphs, headings and lists, and our four marks.
SceneText reduced(const QTextDocument& rich) {
    SceneText text;
    for (QTextBlock block = rich.begin(); block.isValid(); block = block.next()) {
        Block kept{kindIn(block), 0, {}};
        if (kept.kind == BlockKind::Heading) kept.level = std::min(block.blockFormat().headingLevel(), kLastBlockLevel);
        if (block.textList()) kept.level = std::clamp(block.textList()->format().indent(), 1, kLastBlockLevel);
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            QString words = it.fragment().text();
            words.replace(QChar::LineSeparator, u' ').remove(QChar::ObjectReplacementCharacter);
            if (!words.isEmpty())
                kept.spans.push_back({words, marksOf(it.fragment().charFormat()), Provenance::Typed, 0});
        }
        if (!kept.spans.empty()) text.blocks.push_back(std::move(kept));
    }
    return text;
}

} // namespace

QMimeData* SceneEditor::createMimeDataFromSelection() const {
    std::vector<QTextCursor> words = m_together ? m_together->selections() : std::vector<QTextCursor>();
    if (words.empty()) words = {textCursor()};
    SceneText text;
    for (const QTextCursor& each : words) {
        if (&each != &words.front()) text.blocks.push_back({BlockKind::SceneBreak, 0, {}});
        for (Block& block : readSelection(each).blocks) text.blocks.push_back(std::move(block));
    }
    auto* made = new QMimeData;
    made->setData(kSceneTextType, toStored(text));
    made->setText(text.plain());
    QTextDocument several;
    if (words.size() > 1) fillDocument(several, text);
    made->setHtml(words.size() > 1 ? several.toHtml() : textCursor().selection().toHtml());
    return made;
}

bool SceneEditor::canInsertFromMimeData(const QMimeData* source) const {
    return source->hasText() || source->hasHtml() || source->hasFormat(kSceneTextType);
}

void SceneEditor::insertFromMimeData(const QMimeData* source) {
    SceneText text;
    if (Result<SceneText> own = fromStored(source->data(kSceneTextType));
        source->hasFormat(kSceneTextType) && own.ok()) {
        text = std::move(*own);
        for (Block& block : text.blocks)
            for (Span& span : block.spans) span.provenance = Provenance::Typed, span.draft = 0;
    } else if (source->hasHtml()) {
        QTextDocument rich;
        rich.setHtml(source->html());
        text = reduced(rich);
    }
    if (text.blocks.empty() && source->hasText()) text = paragraphsOf(source->text());
    if (text.blocks.empty() || (selectsSeveral() && !removeSeveral())) return;
    asWriter([&] {
        QTextCursor cursor = textCursor();
        carry(text, carriedAround(cursor));
        insertSceneText(cursor, text);
        setTextCursor(cursor);
    });
    ensureCursorVisible();
}

// Qt knows how to drop into the text the editor shows; into another of those on the page it is for us.
void SceneEditor::dropEvent(QDropEvent* event) {
    const QTextCursor there = m_together ? m_together->caretAt(event->position()) : QTextCursor();
    if (there.isNull() || there.document() == document()) return asWriter([&] { QTextEdit::dropEvent(event); });
    const bool moved = event->source() == this || event->source() == viewport();
    QTextDocument* from = document();
    if (moved && selectsSeveral() && !removeSeveral()) return;
    if (moved && textCursor().hasSelection()) removeAsWriter(textCursor());
    m_together->enter(there);
    insertFromMimeData(event->mimeData());
    if (moved) m_together->joinSteps({from, document()});
    event->acceptProposedAction();
}

void SceneEditor::cutSelection() {
    if (!selectsSeveral()) return asWriter([this] { cut(); });
    copySelection();
    removeSeveral();
}

void SceneEditor::copySelection() {
    if (!m_together || m_together->isSelectionLoaded()) copy();
}

void SceneEditor::selectWhole() {
    m_together ? m_together->selectAll() : selectAll();
}

} // namespace palimpsest

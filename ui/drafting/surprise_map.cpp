#include "ui/drafting/surprise_map.h"

#include "ui/editor/scene_document.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

constexpr int kPieceChars = 4000; // of one request: far below what it may hold

// The parts of the selection: paragraphs, long ones cut at spaces. The last one first.
std::vector<QTextCursor> piecesOf(const QTextCursor& passage) {
    std::vector<QTextCursor> pieces;
    const int begin = passage.selectionStart(), end = passage.selectionEnd();
    for (QTextBlock block = passage.document()->findBlock(begin); block.isValid() && block.position() < end;
         block = block.next()) {
        const QString text = block.text();
        int from = std::max(0, begin - block.position());
        const int last = std::min(int(text.size()), end - block.position());
        while (from < last) {
            int to = std::min(last, from + kPieceChars);
            if (to < last)
                if (const int space = int(text.lastIndexOf(u' ', to)); space > from) to = space;
            const QTextCursor piece = selected(passage.document(), block.position() + from, block.position() + to);
            if (!piece.selectedText().trimmed().isEmpty()) pieces.push_back(piece);
            from = to;
        }
    }
    std::reverse(pieces.begin(), pieces.end());
    return pieces;
}

} // namespace

SurpriseMap::SurpriseMap(SceneEditor& editor, EngineService& engine, Drafting& drafting, QObject* parent)
    : QObject(parent), m_editor(editor), m_engine(engine), m_drafting(drafting) {
    editor.addMarker([this](const QTextBlock& block, PageMarks& marks) { mark(block, marks); });
    connect(&engine, &EngineService::stateChanged, this, [this] {
        if (m_engine.state() == EngineService::State::Off) clear();
    });
    connect(&editor, &SceneEditor::documentShown, this, &SurpriseMap::clear);
}

void SurpriseMap::ask() {
    const auto state = m_engine.state();
    if (state == EngineService::State::Off)
        return Q_EMIT said(tr("The model is switched off. Tick “Use the model” in the Draft menu first."));
    if (state != EngineService::State::Ready && state != EngineService::State::Drafting)
        return Q_EMIT said(m_engine.sentence());
    QTextCursor passage = m_editor.textCursor();
    if (!passage.hasSelection()) {
        passage.movePosition(QTextCursor::StartOfBlock);
        passage.movePosition(QTextCursor::EndOfBlock, QTextCursor::KeepAnchor);
    }
    clear();
    m_pieces = piecesOf(passage);
    if (m_pieces.empty()) return Q_EMIT said(tr("There are no words here to ask the model about."));
    m_document = m_editor.document();
    m_changes = connect(m_document, &QTextDocument::contentsChange, this, &SurpriseMap::onChange);
    m_asking = true;
    Q_EMIT changed();
    m_drafting.withContext([this, asked = m_asked] {
        if (asked == m_asked) askNext();
    });
}

void SurpriseMap::askNext() {
    if (m_pieces.empty()) return end();
    const QTextCursor piece = m_pieces.back();
    m_pieces.pop_back();
    const DraftPlace place{piece.selectionStart(), piece.selectionEnd()};
    const DraftRequest around = m_drafting.request(DraftKind::Rewrite, place);
    const QString text = piece.selectedText();
    m_engine.surprise({around.notes, around.left, text.toStdString()}, this,
                      [this, piece, text, asked = m_asked](const Result<Surprise>& surprise) {
                          if (asked != m_asked) return;
                          if (!surprise) {
                              Q_EMIT said(QString::fromStdString(surprise.error().message));
                              return end();
                          }
                          take(piece, text, *surprise);
                          askNext();
                      });
}

// What was edited meanwhile is left out.
void SurpriseMap::take(const QTextCursor& piece, const QString& text, const Surprise& surprise) {
    if (piece.selectedText() != text) return;
    const int begin = piece.selectionStart();
    for (const SurprisingWord& each : surprisingWords(text, surprise))
        m_words.push_back({begin + int(each.word.begin), begin + int(each.word.end),
                           text.mid(each.word.begin, each.word.end - each.word.begin), each.nats});
    m_editor.viewport()->update();
    Q_EMIT changed();
}

void SurpriseMap::end() {
    m_asking = false;
    m_pieces.clear();
    Q_EMIT changed();
}

void SurpriseMap::clear() {
    ++m_asked;
    disconnect(m_changes);
    const bool was = isShown();
    m_document = nullptr;
    m_words.clear();
    m_pieces.clear();
    m_asking = false;
    m_editor.viewport()->update();
    if (was) Q_EMIT changed();
}

// Whether the word is still there, and no part of a longer one.
bool SurpriseMap::stands(const Word& word) const {
    const QTextBlock block = m_document->findBlock(word.begin);
    const int from = word.begin - block.position();
    const QString text = block.text();
    if (QStringView(text).mid(from, word.end - word.begin) != word.text) return false;
    const int to = from + word.end - word.begin;
    const bool longer =
        (from > 0 && text[from - 1].isLetterOrNumber()) || (to < text.size() && text[to].isLetterOrNumber());
    return !longer;
}

void SurpriseMap::onChange(int position, int removed, int added) {
    const std::size_t before = m_words.size();
    std::vector<Word> kept;
    kept.reserve(before);
    for (Word& word : m_words) {
        const bool behind = word.begin >= position + removed;
        const bool touched = word.end >= position && word.begin <= position + removed;
        if (behind) {
            word.begin += added - removed;
            word.end += added - removed;
        }
        if (!touched || ((behind || word.end <= position || added == removed) && stands(word)))
            kept.push_back(std::move(word));
    }
    m_words = std::move(kept);
    if (m_words.size() != before) Q_EMIT changed();
}

void SurpriseMap::mark(const QTextBlock& block, PageMarks& marks) const {
    if (m_document != block.document()) return;
    const int begin = block.position(), end = begin + block.length();
    auto word = std::lower_bound(m_words.begin(), m_words.end(), begin,
                                 [](const Word& each, int at) { return each.end <= at; });
    for (; word != m_words.end() && word->begin < end; ++word)
        if (const int level = surpriseLevel(word->nats))
            marks.surprising.push_back({{word->begin - begin, word->end - begin}, level});
}

void SurpriseMap::moveTheWeakest() {
    if (!m_document || m_words.empty()) return;
    std::vector<Word> weakest = m_words;
    const auto count = std::size_t(std::max(1.0, std::round(double(weakest.size()) * kWeakestShare)));
    std::nth_element(weakest.begin(), weakest.begin() + std::ptrdiff_t(count - 1), weakest.end(),
                     [](const Word& a, const Word& b) { return a.nats > b.nats; });
    weakest.resize(count);
    std::sort(weakest.begin(), weakest.end(), [](const Word& a, const Word& b) { return a.begin < b.begin; });
    std::vector<Interval> open;
    for (const Word& word : weakest) open.push_back({word.begin, word.end});
    const QTextCursor passage = selected(m_document, m_words.front().begin, m_words.back().end);
    clear();
    m_drafting.rewriteOnly(passage, open);
}

} // namespace palimpsest

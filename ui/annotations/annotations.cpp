#include "ui/annotations/annotations.h"

#include "ui/editor/scene_document.h"

#include <QFontMetricsF>
#include <QHash>
#include <QTextBlock>
#include <QTextLayout>
#include <QTimer>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr Carried kKinds[] = {Carried::Comment, Carried::Footnote, Carried::Link, Carried::Pin};
constexpr qreal kNumberScale = 0.7; // of the page's font
constexpr qreal kNumberGap = 1;

bool isBefore(const Annotation& a, const Annotation& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.kind < b.kind;
}

int digitsOf(const Annotation& annotation) {
    return int(QString::number(annotation.number).size());
}

} // namespace

Annotations::Annotations(QTextDocument& document) : QObject(&document), m_document(document) {
    connect(&document, &QTextDocument::contentsChange, this, &Annotations::onChange);
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) scan(block, m_pieces);
    join();
}

Annotations& Annotations::of(QTextDocument& document) {
    if (auto* known = document.findChild<Annotations*>(QString(), Qt::FindDirectChildrenOnly)) return *known;
    return *new Annotations(document);
}

const Annotations* Annotations::find(const QTextDocument& document) {
    return document.findChild<Annotations*>(QString(), Qt::FindDirectChildrenOnly);
}

void Annotations::onChange(int position, int removed, int added) {
    const QTextBlock first = m_document.findBlock(position);
    QTextBlock last = m_document.findBlock(position + added);
    if (!last.isValid()) last = m_document.lastBlock();
    const int begin = first.position(), end = last.position() + last.length(), moved = added - removed;
    std::vector<Annotation> pieces;
    for (const Annotation& piece : m_pieces)
        if (piece.begin < begin) pieces.push_back(piece);
    for (QTextBlock block = first; block.isValid() && block.position() < end; block = block.next()) scan(block, pieces);
    for (Annotation& piece : m_pieces) {
        if (piece.begin < begin || piece.begin + moved < end) continue;
        piece.begin += moved;
        piece.end += moved;
        pieces.push_back(std::move(piece));
    }
    m_pieces = std::move(pieces);
    std::vector<Annotation> before = m_all;
    join();
    if (before == m_all) return;
    layOutAgain(before);
    Q_EMIT changed();
}

void Annotations::scan(const QTextBlock& block, std::vector<Annotation>& pieces) const {
    const std::size_t from = pieces.size();
    for (auto it = block.begin(); !it.atEnd(); ++it) {
        const QTextFragment fragment = it.fragment();
        const QTextCharFormat format = fragment.charFormat();
        for (const Carried kind : kKinds) {
            const QString text = carriedText(format, kind);
            if (text.isEmpty()) continue;
            const auto goesOn = [&](const Annotation& piece) {
                return piece.kind == kind && piece.end == fragment.position() && piece.text == text;
            };
            const auto open = std::find_if(pieces.begin() + std::ptrdiff_t(from), pieces.end(), goesOn);
            if (open != pieces.end())
                open->end += fragment.length();
            else
                pieces.push_back({kind, fragment.position(), fragment.position() + fragment.length(), text, 0});
        }
    }
    std::sort(pieces.begin() + std::ptrdiff_t(from), pieces.end(), isBefore);
}

// Pieces at the end of one paragraph and the beginning of the next are one.
void Annotations::join() {
    m_all.clear();
    int footnotes = 0;
    for (const Annotation& piece : m_pieces) {
        const auto goesOn = [&](const Annotation& each) {
            return each.kind == piece.kind && each.end + 1 == piece.begin && each.text == piece.text;
        };
        const bool beginsBlock =
            piece.begin > 0 && m_document.characterAt(piece.begin - 1) == QChar::ParagraphSeparator;
        const auto open = beginsBlock ? std::find_if(m_all.rbegin(), m_all.rend(), goesOn) : m_all.rend();
        if (open != m_all.rend()) {
            open->end = piece.end;
            continue;
        }
        m_all.push_back(piece);
        if (piece.kind == Carried::Footnote) m_all.back().number = ++footnotes;
    }
}

// Paragraphs whose numbers need more or less room now, though nobody wrote in them.
void Annotations::layOutAgain(const std::vector<Annotation>& before) {
    QHash<QString, int> digits;
    for (const Annotation& each : before)
        if (each.kind == Carried::Footnote) digits[each.text] = digitsOf(each);
    for (const Annotation& each : m_all) {
        if (each.kind != Carried::Footnote || digits.value(each.text, digitsOf(each)) == digitsOf(each)) continue;
        QTimer::singleShot(0, this, [this, each] { m_document.markContentsDirty(each.begin, each.end - each.begin); });
    }
}

const Annotation* Annotations::at(int position, Carried kind) const {
    const Annotation* found = nullptr;
    for (const Annotation& each : m_all) {
        if (each.begin > position) break;
        if (each.kind == kind && each.end >= position) found = &each; // the later one begins here
    }
    return found;
}

const Annotation* Annotations::next(int position, Carried kind, bool backwards) const {
    const Annotation *first = nullptr, *last = nullptr, *before = nullptr, *behind = nullptr;
    for (const Annotation& each : m_all) {
        if (each.kind != kind) continue;
        if (!first) first = &each;
        last = &each;
        if (each.begin < position) before = &each;
        if (each.begin > position && !behind) behind = &each;
    }
    if (backwards) return before ? before : last;
    return behind ? behind : first;
}

QTextCursor Annotations::wordsOf(const Annotation& annotation) const {
    return selected(&m_document, annotation.begin, annotation.end);
}

QFont footnoteFont(const QFont& page) {
    QFont font = page;
    font.setPixelSize(qRound(page.pixelSize() * kNumberScale));
    return font;
}

QList<QTextLayout::FormatRange> footnoteRoom(const QTextBlock& block, const QFont& font) {
    QList<QTextLayout::FormatRange> room;
    const Annotations* annotations = Annotations::find(*block.document());
    if (!annotations) return room;
    const int begin = block.position(), end = begin + block.length();
    for (const Annotation& each : annotations->all()) {
        if (each.kind != Carried::Footnote || each.end <= begin || each.end >= end) continue;
        const int length = block.document()->characterAt(each.end - 1).isLowSurrogate() ? 2 : 1;
        QTextCharFormat format;
        format.setFontLetterSpacingType(QFont::AbsoluteSpacing);
        format.setFontLetterSpacing(QFontMetricsF(footnoteFont(font)).horizontalAdvance(QString::number(each.number)) +
                                    kNumberGap);
        room.append({each.end - begin - length, length, format});
    }
    return room;
}

} // namespace palimpsest

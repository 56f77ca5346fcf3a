#include "ui/editor/passage_flow.h"

#include <QTextLayout>

namespace palimpsest {
namespace {

bool isUnsure(const PassageWord& word) {
    return word.state == PositionState::Moving && word.confidence < kSureConfidence;
}

qreal leadingSpace(const QTextLine& line, const QString& text) {
    int at = 0;
    while (at < text.size() && text[at].isSpace()) ++at;
    return std::abs(line.cursorToX(at) - line.cursorToX(0));
}

} // namespace

RowEnd PassageFlow::flow(qreal used, qreal width, bool rightToLeft) {
    m_pieces.clear();
    m_end = {0, used};
    for (int paragraph = 0; paragraph < m_words.paragraphs.size(); ++paragraph) {
        if (paragraph > 0) m_end = {m_end.top + m_metrics.pitch + m_metrics.paragraphGap, 0};
        flowParagraph(paragraph, width, rightToLeft);
    }
    return m_end;
}

void PassageFlow::flowParagraph(int paragraph, qreal width, bool rightToLeft) {
    const QString& text = m_words.paragraphs[paragraph];
    if (text.isEmpty()) return;
    QTextLayout layout(text, m_metrics.font);
    QTextOption option;
    option.setTextDirection(rightToLeft ? Qt::RightToLeft : Qt::LeftToRight);
    option.setAlignment(rightToLeft ? Qt::AlignRight : Qt::AlignLeft);
    option.setWrapMode(QTextOption::WordWrap);
    layout.setTextOption(option);
    QList<QTextLayout::FormatRange> formats;
    for (const PassageWord& word : m_words.words) {
        if (word.paragraph != paragraph || !isUnsure(word)) continue;
        QTextCharFormat italic;
        italic.setFontItalic(true);
        formats.append({word.begin, word.length, italic});
    }
    layout.setFormats(formats);

    layout.beginLayout();
    bool joined = m_end.used > 0; // this row is shared with the text before
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(std::max(width - m_end.used, qreal(1)));
        if (joined && line.naturalTextWidth() > width - m_end.used) {
            // The first word does not fit beside it: a row of its own.
            m_end = {m_end.top + m_metrics.pitch, 0};
            line.setLineWidth(width);
        }
        if (line.naturalTextWidth() > width) { // a word longer than the column breaks anywhere
            option.setWrapMode(QTextOption::WrapAnywhere);
            layout.setTextOption(option);
            line.setLineWidth(width);
            option.setWrapMode(QTextOption::WordWrap);
            layout.setTextOption(option);
        }
        // A space that a join brings along is not shown at the beginning of a row.
        const qreal indent = m_end.used > 0 || line.textStart() > 0 ? 0 : leadingSpace(line, text);
        const qreal x = rightToLeft ? indent : m_end.used - indent;
        line.setPosition({x, m_end.top + (m_metrics.pitch - line.height()) / 2});
        const int last = line.textStart() + line.textLength();
        const qreal advance = std::abs(line.cursorToX(last) - line.cursorToX(line.textStart()));
        if (last < text.size())
            m_end = {m_end.top + m_metrics.pitch, 0};
        else
            m_end.used += advance - indent;
        joined = false;
    }
    layout.endLayout();

    for (std::size_t i = 0; i < m_words.words.size(); ++i) {
        const PassageWord& word = m_words.words[i];
        if (word.paragraph != paragraph) continue;
        for (int at = word.begin; at < word.begin + word.length;) {
            const QTextLine line = layout.lineForTextPosition(at);
            const int end = std::min(word.begin + word.length, line.textStart() + line.textLength());
            if (!line.isValid() || end <= at) break;
            const qreal x1 = line.cursorToX(at), x2 = line.cursorToX(end);
            const qreal top = line.y() - (m_metrics.pitch - line.height()) / 2;
            m_pieces.push_back({i, QRectF(std::min(x1, x2), top, std::abs(x2 - x1), m_metrics.pitch),
                                line.y() + line.ascent(), line.glyphRuns(at, end - at)});
            at = end;
        }
    }
}

} // namespace palimpsest

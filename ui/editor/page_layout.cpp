#include "ui/editor/page_layout.h"

#include "ui/annotations/annotations.h"
#include "ui/editor/scene_document.h"

#include <QTextLayout>
#include <cmath>

namespace palimpsest {
namespace {

constexpr qreal kTopRows = 1.3;      // above the title
constexpr qreal kTitleRows = 1.75;   // the title and the space under it
constexpr int kLongParagraph = 4000; // characters
constexpr qreal kIndent = 1.5;       // of a quotation, and of each level of a list, in em
constexpr qreal kHeadingScale[] = {1.0, 1.45, 1.25, 1.1, 1.0};

// Lays `line` out as exactly the next `count` characters, with the spaces after them where there are some. Qt counts
// glyph clusters where we count characters: a ligature is one cluster.
void takeCharacters(const QTextBlock& block, QTextLine& line, int count) {
    QTextLayout& layout = *block.layout();
    const QString text = block.text();
    QTextOption option = layout.textOption();
    const QTextOption before = option;
    option.setWrapMode(QTextOption::WrapAnywhere);
    layout.setTextOption(option);
    const int start = line.textStart();
    for (int columns = count; columns > 0; --columns) {
        line.setNumColumns(columns);
        int length = line.textLength();
        while (length > count && text[start + length - 1].isSpace()) --length; // spaces come along
        if (length <= count) break;
    }
    layout.setTextOption(before);
}

void setWrapMode(QTextLayout& layout, QTextOption::WrapMode mode) {
    QTextOption option = layout.textOption();
    option.setWrapMode(mode);
    layout.setTextOption(option);
}

} // namespace

PageLayout::PageLayout(QTextDocument* document) : QAbstractTextDocumentLayout(document) {}

PageLayout& PageLayout::of(const QTextDocument& document) {
    return static_cast<PageLayout&>(*document.documentLayout());
}

void PageLayout::setMetrics(const PageMetrics& metrics) {
    m_metrics = metrics;
    layoutAll();
}

void PageLayout::setColours(const PageColours& colours) {
    m_colours = colours;
    Q_EMIT update();
}

void PageLayout::setCentre(qreal x) {
    if (x == m_centre) return;
    m_centre = x;
    Q_EMIT update();
    Q_EMIT placesChanged();
}

void PageLayout::setMarginRoom(qreal pixels) {
    if (pixels == m_marginRoom) return;
    m_marginRoom = pixels;
    Q_EMIT update();
    Q_EMIT placesChanged();
}

void PageLayout::setTitle(const QString& title) {
    m_title = title;
    Q_EMIT update();
}

void PageLayout::setProvenanceShown(bool shown) {
    m_provenanceShown = shown;
    Q_EMIT update();
}

void PageLayout::setAmong(const Among& among) {
    if (among == m_among) return;
    const bool sameRows = among.others == m_among.others;
    m_among = among;
    if (!sameRows) return placeBlocks();
    m_size = documentSize();
    Q_EMIT documentSizeChanged(m_size);
    Q_EMIT update();
    Q_EMIT placesChanged();
}

void PageLayout::takeColumn(const PageLayout& page) {
    setCentre(page.m_centre);
    setMarginRoom(page.m_marginRoom);
}

void PageLayout::setMarks(MarksOf marksOf) {
    m_marksOf = std::move(marksOf);
    Q_EMIT update();
}

void PageLayout::setRoomBelow(qreal pixels) {
    if (pixels == m_roomBelow) return;
    m_roomBelow = pixels;
    placeBlocks(); // it says how high all is now
}

void PageLayout::showPassage(int begin, int end, PassageFlow* flow, qreal gap) {
    m_begin = QTextCursor(document());
    m_begin.setPosition(begin);
    m_end = QTextCursor(document());
    m_end.setPosition(end);
    // What is typed at the caret's place must appear where the caret is shown.
    const QTextBlock block = m_begin.block();
    const bool midst = begin == end && begin < block.position() + block.length() - 1;
    m_begin.setKeepPositionOnInsert(midst);
    m_end.setKeepPositionOnInsert(midst || begin < end);
    m_flow = flow;
    m_gap = gap;
    m_flow->setMetrics(m_metrics);
    passageChanged();
}

void PageLayout::passageChanged() {
    layoutPassage();
    placeBlocks();
    Q_EMIT update();
}

void PageLayout::removePassage() {
    if (!m_flow) return;
    const QTextBlock first = m_begin.block(), last = document()->findBlock(passageEnd());
    m_flow = nullptr;
    for (QTextBlock block = first; block.isValid(); block = block.next()) {
        layoutPlain(block);
        if (block == last) break;
    }
    m_begin = m_end = QTextCursor();
    placeBlocks();
    Q_EMIT update();
}

void PageLayout::documentChanged(int from, int, int added) {
    if (document()->pageSize().width() != m_width) {
        m_width = document()->pageSize().width();
        layoutAll();
        return;
    }
    const int end = from + added;
    QTextBlock block = document()->findBlock(from);
    const QTextBlock first = block;
    for (; block.isValid() && block.position() <= end; block = block.next()) layoutPlain(block);
    layoutPassage();
    if (keepPlaces(first, end)) {
        Q_EMIT placesChanged(); // of what stands in the paragraph
    } else {
        const std::vector<Place> before = std::move(m_places);
        placeBlocks();
        if (before != m_places) return Q_EMIT update();
    }
    QRectF changed = blockBoundingRect(first); // nothing else moved: a key repaints its paragraph only
    changed.setBottom(block.isValid() ? blockBoundingRect(block).top() : m_among.above + m_height);
    Q_EMIT update(QRectF(0, changed.top(), m_width, changed.height() + m_metrics.paragraphGap));
}

// Whether the blocks from `first` to the position `end`, newly laid out, are as high as they were, and as many: then no
// other block moved, and how many there are is not the price of a key.
bool PageLayout::keepPlaces(const QTextBlock& first, int end) const {
    if (m_flow || m_places.size() != std::size_t(document()->blockCount())) return false;
    for (QTextBlock block = first; block.isValid() && block.position() <= end; block = block.next())
        if (heightOf(block) != m_places[std::size_t(block.blockNumber())].height) return false;
    return true;
}

void PageLayout::layoutAll() {
    if (m_flow) m_flow->setMetrics(m_metrics);
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) layoutPlain(block);
    layoutPassage();
    placeBlocks();
    Q_EMIT update();
}

qreal PageLayout::pitchOf(const QTextBlock& block) const {
    if (kindOf(block) != BlockKind::Heading) return m_metrics.pitch;
    return std::ceil(m_metrics.pitch * kHeadingScale[std::clamp(headingLevelOf(block), 1, 4)]);
}

// Between the edge of the column and where the rows of the block begin; a quotation ends as far from the other edge.
qreal PageLayout::roomBefore(const QTextBlock& block) const {
    const int steps = kindOf(block) == BlockKind::Quote ? 1 : listLevelOf(block);
    return std::round(steps * kIndent * m_metrics.font.pixelSize());
}

qreal PageLayout::heightOf(const QTextBlock& block) const {
    return std::max(1, block.layout()->lineCount()) * pitchOf(block);
}

bool PageLayout::inPassage(const QTextBlock& block) const {
    return m_flow && block.position() <= passageEnd() && block.position() + block.length() > passageBegin();
}

// What a block looks like by its kind, and what of it is hidden under the passage.
static void setFormats(QTextLayout& layout, QList<QTextLayout::FormatRange> formats) {
    if (layout.formats() != formats) layout.setFormats(formats); // setting them throws shaped text away
}

static QList<QTextLayout::FormatRange> kindFormats(const QTextBlock& block, const PageMetrics& metrics) {
    QTextCharFormat format;
    if (kindOf(block) == BlockKind::Heading) {
        QFont font = metrics.font;
        font.setPixelSize(qRound(font.pixelSize() * kHeadingScale[std::clamp(headingLevelOf(block), 1, 4)]));
        format.setFont(font, QTextCharFormat::FontPropertiesSpecifiedOnly);
    } else if (kindOf(block) == BlockKind::Quote) {
        format.setFontItalic(true);
    } else {
        return {};
    }
    return {{0, block.length() - 1, format}};
}

static void prepare(QTextLayout& layout, const QTextBlock& block) {
    QTextOption option;
    option.setTextDirection(block.textDirection());
    option.setAlignment(block.textDirection() == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft);
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    // Qt throws the glyphs away after laying out and shapes all the text anew for painting: keep them where that is much.
    layout.setCacheEnabled(block.length() > kLongParagraph);
}

void PageLayout::layoutPlain(const QTextBlock& block) {
    QTextLayout& layout = *block.layout();
    prepare(layout, block);
    setFormats(layout, kindFormats(block, m_metrics) + footnoteRoom(block, m_metrics.font));
    const qreal pitch = pitchOf(block);
    const qreal room = roomBefore(block);
    const bool quote = kindOf(block) == BlockKind::Quote;
    const qreal width = columnWidth() - (quote ? 2 * room : room);
    const qreal x = quote || block.textDirection() == Qt::LeftToRight ? room : 0;
    qreal y = 0;
    layout.beginLayout();
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(width);
        line.setPosition({x, y + (pitch - line.height()) / 2});
        y += pitch;
    }
    layout.endLayout();
}

// The passage and the text around it in its own paragraphs.
void PageLayout::layoutPassage() {
    m_around.clear();
    if (!m_flow) return;
    const QTextBlock last = document()->findBlock(passageEnd());
    RowEnd at;
    for (QTextBlock block = document()->findBlock(passageBegin()); block.isValid(); block = block.next()) {
        layoutAround(block, at, m_around);
        if (block == last) break;
    }
}

// `at` is where the passage ends so far, from the top of its first block.
void PageLayout::layoutAround(const QTextBlock& block, RowEnd& at, std::vector<Place>& places) {
    QTextLayout& layout = *block.layout();
    prepare(layout, block);
    const int length = block.length() - 1;
    const int hiddenBegin = std::clamp(passageBegin() - block.position(), 0, length);
    const int hiddenEnd = std::clamp(passageEnd() - block.position(), 0, length);
    const bool first = places.empty(), last = passageEnd() < block.position() + block.length();
    const bool rightToLeft = block.textDirection() == Qt::RightToLeft;
    QTextCharFormat hidden; // a range of its own also where nothing is hidden: no ligature crosses the join
    hidden.setForeground(Qt::transparent);
    QList<QTextLayout::FormatRange> formats = kindFormats(block, m_metrics) + footnoteRoom(block, m_metrics.font);
    formats.append({hiddenBegin, hiddenEnd - hiddenBegin, hidden});
    setFormats(layout, formats);

    layout.beginLayout();
    const qreal top = first ? 0 : at.top;
    if (first) {
        at = layoutBefore(block, hiddenBegin);
        m_passageRow = at.top;
        const RowEnd end = m_flow->flow(at.used, columnWidth(), rightToLeft);
        at = {at.top + end.top, end.used};
    }
    RowEnd within{at.top - top, at.used};
    const int done = layout.lineCount() ? layout.lineAt(layout.lineCount() - 1).textStart() +
                                              layout.lineAt(layout.lineCount() - 1).textLength()
                                        : 0;
    if (hiddenEnd > done) {
        QTextLine line = layout.createLine();
        takeCharacters(block, line, hiddenEnd - done);
        // Ends where the passage ends: there the caret behind it belongs.
        const qreal x = rightToLeft ? columnWidth() - within.used : within.used;
        line.setPosition({0, 0});
        line.setPosition({x - line.cursorToX(hiddenEnd), within.top + (m_metrics.pitch - line.height()) / 2});
        if (line.textStart() + line.textLength() > hiddenEnd)
            within.used += std::abs(line.cursorToX(line.textStart() + line.textLength()) - line.cursorToX(hiddenEnd));
    } else if (done > hiddenEnd && layout.lineCount()) {
        const QTextLine line = layout.lineAt(layout.lineCount() - 1);
        within.used += std::abs(line.cursorToX(done) - line.cursorToX(hiddenEnd));
    }
    if (last) {
        const RowEnd end = layoutAfter(layout, within, rightToLeft);
        places.push_back({top, end.top});
    } else {
        if (QTextLine line = layout.createLine(); line.isValid()) line.setLineWidth(columnWidth()); // of an empty block
        places.push_back({top, within.top});
    }
    layout.endLayout();
}

// Lays out [0, end) and says where the passage begins.
RowEnd PageLayout::layoutBefore(const QTextBlock& block, int end) {
    QTextLayout& layout = *block.layout();
    const bool rightToLeft = block.textDirection() == Qt::RightToLeft;
    RowEnd at;
    for (int done = 0; done < end;) {
        QTextLine line = layout.createLine();
        if (!line.isValid()) break;
        line.setLineWidth(columnWidth());
        if (line.textStart() + line.textLength() >= end) {
            takeCharacters(block, line, end - done);
            at.used = std::abs(line.cursorToX(end) - line.cursorToX(done));
        }
        const qreal x = rightToLeft && at.used > 0 ? columnWidth() - line.naturalTextWidth() : 0;
        line.setPosition({x, at.top + (m_metrics.pitch - line.height()) / 2});
        done = line.textStart() + line.textLength();
        if (done < end) at.top += m_metrics.pitch;
    }
    return at;
}

// Lays out the rest, running on from where the passage ends. Returns the height of it all, the strip's gap included.
RowEnd PageLayout::layoutAfter(QTextLayout& layout, RowEnd at, bool rightToLeft) {
    const qreal passageBottom = at.top + m_metrics.pitch;
    bool joined = true;
    qreal bottom = passageBottom + m_gap;
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        if (joined) setWrapMode(layout, QTextOption::WordWrap);
        line.setLineWidth(std::max<qreal>(1, columnWidth() - at.used));
        const bool fits = !joined || line.naturalTextWidth() <= columnWidth() - at.used;
        setWrapMode(layout, QTextOption::WrapAtWordBoundaryOrAnywhere);
        if (!fits) {
            at = {bottom, 0};
            line.setLineWidth(columnWidth());
        }
        line.setPosition({rightToLeft ? 0 : at.used, at.top + (m_metrics.pitch - line.height()) / 2});
        bottom = std::max(bottom, at.top + m_metrics.pitch);
        at = {bottom, 0};
        joined = false;
    }
    return {bottom, 0};
}

void PageLayout::placeBlocks() {
    const std::size_t count = std::size_t(document()->blockCount());
    m_places.assign(count, {});
    qreal y = std::round(m_metrics.pitch * (kTopRows + kTitleRows));
    const QTextBlock firstAround = m_flow ? document()->findBlock(passageBegin()) : QTextBlock();
    std::size_t number = 0;
    for (QTextBlock block = document()->begin(); block.isValid() && number < count; block = block.next()) {
        if (block == firstAround) {
            m_passageTop = y + m_passageRow;
            for (const Place& place : m_around)
                if (number < count) m_places[number++] = {y + place.top, place.height};
            y = m_places[number - 1].top + m_places[number - 1].height + m_metrics.paragraphGap;
            block = document()->findBlockByNumber(int(number) - 1);
            continue;
        }
        const qreal height = heightOf(block);
        m_places[number++] = {y, height};
        y += height + m_metrics.paragraphGap;
    }
    m_height = std::ceil(y + rowsAtEnd());
    if (const QSizeF size = documentSize(); size != m_size) {
        m_size = size;
        Q_EMIT documentSizeChanged(size);
    }
    Q_EMIT placesChanged();
}

} // namespace palimpsest

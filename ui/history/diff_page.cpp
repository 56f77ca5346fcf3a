#include "ui/history/diff_page.h"

#include <QPointer>
#include <QTextTable>

#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kNeighbours = 1;  // unchanged rows shown around a changed one
constexpr int kFontPixels = 16; // smaller than the page: two columns
constexpr int kLinePercent = 125;

QColor mixed(const QColor& a, const QColor& b, qreal share) {
    return QColor::fromRgbF(float(a.redF() * share + b.redF() * (1 - share)),
                            float(a.greenF() * share + b.greenF() * (1 - share)),
                            float(a.blueF() * share + b.blueF() * (1 - share)));
}

QTextCharFormat charFormat(const Marks& marks) {
    QTextCharFormat format;
    if (marks.bold) format.setFontWeight(QFont::Bold);
    if (marks.italic) format.setFontItalic(true);
    return format;
}

// The words of a block, with those in `marked` merged with `mark`.
void insertBlock(QTextCursor cursor, const Block& block, const std::vector<Interval>& marked,
                 const QTextCharFormat& mark) {
    if (block.kind == BlockKind::SceneBreak && block.spans.empty()) {
        cursor.insertText(QStringLiteral("* * *"));
        return;
    }
    qsizetype at = 0;
    auto next = marked.begin();
    for (const Span& span : block.spans) {
        const qsizetype spanEnd = at + span.text.size(), spanBegin = at;
        while (at < spanEnd) {
            while (next != marked.end() && next->end <= at) ++next;
            const bool inside = next != marked.end() && next->begin <= at;
            const qsizetype stop = next == marked.end() ? spanEnd : std::min(spanEnd, inside ? next->end : next->begin);
            QTextCharFormat format = charFormat(span.marks);
            if (block.kind == BlockKind::Heading) format.setFontWeight(QFont::Bold);
            if (inside) format.merge(mark);
            cursor.insertText(span.text.mid(at - spanBegin, stop - at), format);
            at = stop;
        }
    }
}

QString signOf(const DiffRow& row) {
    if (row.same) return {};
    if (row.before < 0) return QStringLiteral("+");
    return row.after < 0 ? QStringLiteral("\u2212") : QStringLiteral("\u2260");
}

// Which rows are shown; -1 stands for a stretch that is left out.
std::vector<int> shownRows(const std::vector<DiffRow>& rows, bool everything) {
    std::vector<int> shown;
    const auto isNearChange = [&](int row) {
        for (int i = std::max(0, row - kNeighbours); i <= std::min(int(rows.size()) - 1, row + kNeighbours); ++i)
            if (!rows[std::size_t(i)].same) return true;
        return false;
    };
    for (int i = 0; i < int(rows.size()); ++i) {
        if (everything || isNearChange(i))
            shown.push_back(i);
        else if (shown.empty() || shown.back() != -1)
            shown.push_back(-1);
    }
    return shown;
}

} // namespace

DiffPage::DiffPage(const Theme& theme, QWidget* parent) : QTextEdit(parent), m_theme(theme) {
    setAccessibleName(tr("The version beside the text as it is now"));
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setTabChangesFocus(true);
    setFrameShape(QFrame::NoFrame);
    document()->setUndoRedoEnabled(false);
    connect(this, &QTextEdit::cursorPositionChanged, this, &DiffPage::currentRowChanged);
}

void DiffPage::clearPage(const QString& sentence) {
    m_rows.clear();
    m_changes.clear();
    document()->clear();
    setPlainText(sentence);
}

void DiffPage::show(const History::Comparison& comparison, const QString& beforeTitle, bool everything) {
    const int kept = currentRow();
    m_rows = shownRows(comparison.rows, everything);
    m_changes.clear();
    const QSignalBlocker quiet(this);
    auto* page = new QTextDocument(this); // filled before it is shown: laid out once
    page->setUndoRedoEnabled(false);
    page->setDefaultFont(Theme::pageFont(kFontPixels));
    const Colours& c = m_theme.colours();
    QTextCharFormat removed, added, quietText, heading;
    removed.setFontStrikeOut(true);
    removed.setBackground(mixed(c.misspelt, c.page, 0.18));
    added.setFontUnderline(true);
    added.setBackground(mixed(c.good, c.page, 0.22));
    quietText.setForeground(c.quiet);
    heading.setFont(font()); // dates are no prose
    heading.setForeground(c.quiet);
    heading.setFontWeight(QFont::DemiBold);

    QTextTableFormat format;
    format.setWidth(QTextLength(QTextLength::PercentageLength, 100));
    format.setColumnWidthConstraints({QTextLength(QTextLength::PercentageLength, 48),
                                      QTextLength(QTextLength::PercentageLength, 4),
                                      QTextLength(QTextLength::PercentageLength, 48)});
    format.setBorder(0);
    format.setCellPadding(5);
    format.setCellSpacing(0);
    format.setHeaderRowCount(1);
    QTextCursor cursor(page);
    cursor.beginEditBlock();
    QTextTable* table = cursor.insertTable(int(m_rows.size()) + 1, 3, format);
    const auto cell = [table](int row, int column) {
        QTextCursor in = table->cellAt(row, column).firstCursorPosition();
        QTextBlockFormat lines;
        lines.setLineHeight(kLinePercent, QTextBlockFormat::ProportionalHeight);
        if (column == 1) lines.setAlignment(Qt::AlignHCenter);
        in.setBlockFormat(lines);
        return in;
    };
    const int then = isRightToLeft() ? 2 : 0, now = 2 - then; // one reads from the past to the present
    cell(0, then).insertText(beforeTitle, heading);
    cell(0, now).insertText(tr("Now"), heading);
    for (int i = 0; i < int(m_rows.size()); ++i) {
        if (m_rows[std::size_t(i)] < 0) {
            for (const int column : {then, now}) cell(i + 1, column).insertText(tr("… the same …"), quietText);
            continue;
        }
        const DiffRow& row = comparison.rows[std::size_t(m_rows[std::size_t(i)])];
        if (!row.same) m_changes.push_back(m_rows[std::size_t(i)]);
        if (row.before >= 0)
            insertBlock(cell(i + 1, then), comparison.before.blocks[std::size_t(row.before)], row.removed, removed);
        cell(i + 1, 1).insertText(signOf(row), heading);
        if (row.after >= 0)
            insertBlock(cell(i + 1, now), comparison.now.blocks[std::size_t(row.after)], row.added, added);
    }
    cursor.endEditBlock();
    const QPointer<QTextDocument> old = document();
    setDocument(page);
    delete old; // unless it was the editor's own, which went with the line above
    const bool stays = kept >= 0 && std::find(m_rows.begin(), m_rows.end(), kept) != m_rows.end();
    if (stays)
        goTo(kept);
    else if (!m_changes.empty())
        goTo(m_changes.front());
}

int DiffPage::currentRow() const {
    QTextTable* table = textCursor().currentTable();
    if (!table) return -1;
    const int row = table->cellAt(textCursor()).row() - 1;
    return row < 0 || row >= int(m_rows.size()) ? -1 : m_rows[std::size_t(row)];
}

void DiffPage::goToChange(int way) {
    if (m_changes.empty()) return;
    const int now = currentRow();
    int next = way > 0 ? m_changes.front() : m_changes.back();
    if (way > 0) {
        const auto found = std::upper_bound(m_changes.begin(), m_changes.end(), now);
        if (found != m_changes.end()) next = *found;
    } else {
        const auto found = std::lower_bound(m_changes.begin(), m_changes.end(), now);
        if (found != m_changes.begin()) next = *(found - 1);
    }
    goTo(next);
    Q_EMIT currentRowChanged();
}

void DiffPage::goTo(int row) {
    const auto found = std::find(m_rows.begin(), m_rows.end(), row);
    QTextCursor first(document());
    first.movePosition(QTextCursor::NextCharacter);
    QTextTable* table = first.currentTable();
    if (found == m_rows.end() || !table) return;
    setTextCursor(table->cellAt(int(found - m_rows.begin()) + 1, 2).firstCursorPosition());
    ensureCursorVisible();
}

} // namespace palimpsest

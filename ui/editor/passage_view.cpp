#include "ui/editor/passage_view.h"

#include "ui/widgets/voice.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

constexpr qreal kBarX = 8, kBarWidth = 3;

QColor blend(const QColor& a, const QColor& b, qreal share) {
    return QColor::fromRgbF(float(a.redF() + (b.redF() - a.redF()) * share),
                            float(a.greenF() + (b.greenF() - a.greenF()) * share),
                            float(a.blueF() + (b.blueF() - a.blueF()) * share));
}

} // namespace

PassageView::PassageView(const Theme& theme, const PassageFlow& flow, QWidget* parent)
    : QWidget(parent), m_theme(theme), m_flow(flow) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setCursor(Qt::PointingHandCursor);
    giveVoice(*this, QAccessible::Paragraph);
    setAccessibleName(tr("Passage being drafted"));
    m_fade.setDuration(kFadeMs);
    m_fade.setStartValue(0.25);
    m_fade.setEndValue(1.0);
    connect(&m_fade, &QVariantAnimation::valueChanged, this, [this] { update(); });
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (m_hovered >= 0 && m_hovered < int(m_flow.words().words.size())) Q_EMIT rested(m_hovered);
    });
}

void PassageView::place(QPoint origin, int columnWidth, bool rightToLeft) {
    const QRect rect(origin.x() - kMargin, origin.y(), columnWidth + 2 * kMargin, int(std::ceil(m_flow.height())));
    setGeometry(rect);
    // The text before and after on the same rows stays the page's, for the eye and for the mouse.
    QRegion region(QRect(QPoint(0, 0), rect.size()));
    qreal firstUsed = 0;
    if (!m_flow.pieces().empty()) {
        const QRectF first = m_flow.pieces().front().rect;
        if (first.top() < 1) firstUsed = rightToLeft ? columnWidth - first.right() : first.left();
    }
    const int pitch = int(m_flow.height() - m_flow.end().top), top = int(std::ceil(m_flow.end().top));
    const int used = int(firstUsed) - 3, rest = columnWidth - int(m_flow.end().used) - 3;
    if (used > 0) region -= QRect(rightToLeft ? kMargin + columnWidth - used : kMargin, 0, used, pitch);
    if (rest > 0) region -= QRect(rightToLeft ? 0 : kMargin + columnWidth - rest, top, rest + kMargin, pitch);
    setMask(region);
    update();
}

void PassageView::wordsChanged() {
    QStringList words;
    const PassageWords& now = m_flow.words();
    m_isChanged.assign(now.words.size(), false);
    bool any = false;
    for (std::size_t i = 0; i < now.words.size(); ++i) {
        words << now.text(now.words[i]);
        const bool isNew = qsizetype(i) >= m_shown.size() || m_shown[qsizetype(i)] != words.back();
        m_isChanged[i] = isNew && now.words[i].state != PositionState::Absorbed;
        any = any || m_isChanged[i];
    }
    m_shown = words;
    m_fade.stop();
    if (any && !m_theme.reducesMotion()) m_fade.start();
    if (m_focused >= int(now.words.size())) m_focused = int(now.words.size()) - 1;
    const bool moves = std::any_of(now.words.begin(), now.words.end(), [](const PassageWord& word) {
        return word.state == PositionState::Absorbed || word.state == PositionState::Moving;
    });
    const bool turned = std::exchange(m_moves, moves) != moves;
    setBusy(*this, moves);
    if (turned || !moves) describe();
    update();
}

void PassageView::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colours& c = m_theme.colours();
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.accent);
    painter.drawRoundedRect(QRectF(kBarX, 2, kBarWidth, height() - 4), kBarWidth / 2, kBarWidth / 2);
    painter.translate(kMargin, 0);
    const QRectF exposed = QRectF(event->rect()).translated(-kMargin, 0);
    for (const PassageFlow::Piece& piece : m_flow.pieces())
        if (piece.rect.intersects(exposed)) paintPiece(painter, piece);
}

void PassageView::paintPiece(QPainter& painter, const PassageFlow::Piece& piece) const {
    const Colours& c = m_theme.colours();
    const PassageWord& word = m_flow.words().words[piece.word];
    const bool unsure = word.state == PositionState::Moving && word.confidence < kSureConfidence;
    QColor ink = c.text;
    if (word.state == PositionState::Absorbed) ink = c.control;
    if (word.removed) ink = c.quiet;
    if (word.state == PositionState::Moving) ink = unsure ? c.unsure : blend(c.text, c.page, 0.22);

    const QRectF box = piece.rect.adjusted(-1.2, 2.5, 1.2, -2.5);
    if (word.state == PositionState::Locked) {
        painter.setPen(QPen(c.accent, 1.2));
        painter.setBrush(c.locked);
        painter.drawRoundedRect(box, 4, 4);
    }
    if (word.state == PositionState::Moving) {
        QPen dots(unsure ? c.control : c.accent, 1.5, Qt::CustomDashLine, Qt::RoundCap);
        dots.setDashPattern({0.01, 2.2});
        painter.setPen(dots);
        const qreal y = piece.baseline + 4.5;
        painter.drawLine(QPointF(piece.rect.left() + 1, y), QPointF(piece.rect.right() - 1, y));
    }
    if (word.added && word.state == PositionState::Committed) {
        painter.setPen(QPen(c.accent, 1.4));
        const qreal y = piece.baseline + 3.5;
        painter.drawLine(QPointF(piece.rect.left(), y), QPointF(piece.rect.right(), y));
    }
    if (word.removed) {
        painter.setPen(QPen(c.quiet, 1.2));
        const qreal y = piece.baseline - piece.rect.height() * 0.17;
        painter.drawLine(QPointF(piece.rect.left() - 1, y), QPointF(piece.rect.right() + 1, y));
    }
    const bool fading = m_fade.state() == QAbstractAnimation::Running && m_isChanged[piece.word];
    painter.setPen(fading ? blend(c.page, ink, m_fade.currentValue().toReal()) : ink);
    for (const QGlyphRun& run : piece.glyphs) painter.drawGlyphRun(QPointF(0, 0), run);
    if (hasFocus() && m_focused == int(piece.word)) {
        painter.setPen(QPen(c.focus, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box, 4, 4);
    }
}

int PassageView::wordAt(const QPointF& point) const {
    const QPointF at = point - QPointF(kMargin, 0);
    for (const PassageFlow::Piece& piece : m_flow.pieces())
        if (piece.rect.adjusted(-2, 0, 2, 0).contains(at)) return int(piece.word);
    return -1;
}

void PassageView::toggleFocusedWord() {
    if (m_focused < 0) return;
    const PassageWord& word = m_flow.words().words[std::size_t(m_focused)];
    if (word.state != PositionState::Absorbed && !word.removed) Q_EMIT tokenToggled(word.token);
}

void PassageView::mousePressEvent(QMouseEvent* event) {
    const int word = wordAt(event->position());
    if (event->button() != Qt::LeftButton || word < 0) return;
    m_focused = word;
    toggleFocusedWord();
}

void PassageView::mouseMoveEvent(QMouseEvent* event) {
    hover(wordAt(event->position()));
}

void PassageView::leaveEvent(QEvent*) {
    hover(-1);
}

void PassageView::hover(int word) {
    if (word >= 0) m_rest.start(); // again with every move
    if (std::exchange(m_hovered, word) == word) return;
    if (word < 0) m_rest.stop();
    Q_EMIT wordLeft();
}

void PassageView::contextMenuEvent(QContextMenuEvent* event) {
    if (event->reason() == QContextMenuEvent::Keyboard)
        return askForMenu(m_focused, mapToGlobal(rectOf(m_focused).bottomLeft()));
    m_focused = wordAt(QPointF(event->pos()));
    askForMenu(m_focused, event->globalPos());
}

void PassageView::askForMenu(int word, const QPoint& globalPosition) {
    if (word < 0 || word >= int(m_flow.words().words.size())) return;
    const PassageWord& asked = m_flow.words().words[std::size_t(word)];
    if (asked.state != PositionState::Absorbed && !asked.removed) Q_EMIT menuAsked(asked.token, globalPosition);
}

QRect PassageView::rectOf(int word) const {
    for (const PassageFlow::Piece& piece : m_flow.pieces())
        if (int(piece.word) == word) return piece.rect.translated(kMargin, 0).toAlignedRect();
    return {};
}

void PassageView::keyPressEvent(QKeyEvent* event) {
    const int last = int(m_flow.words().words.size()) - 1;
    const int forward = layoutDirection() == Qt::RightToLeft ? -1 : 1;
    switch (event->key()) {
    case Qt::Key_Right: return focusWord(m_focused + forward);
    case Qt::Key_Left: return focusWord(m_focused - forward);
    case Qt::Key_Home: return focusWord(0);
    case Qt::Key_End: return focusWord(last);
    case Qt::Key_Down: return focusRow(1);
    case Qt::Key_Up: return focusRow(-1);
    case Qt::Key_Space: return toggleFocusedWord();
    case Qt::Key_A: return askForMenu(m_focused, mapToGlobal(rectOf(m_focused).bottomLeft()));
    case Qt::Key_Return:
    case Qt::Key_Enter: Q_EMIT acceptAsked(); return;
    case Qt::Key_Escape: Q_EMIT pageAsked(); return;
    default: QWidget::keyPressEvent(event);
    }
}

void PassageView::focusWord(int word) {
    m_focused = std::clamp(word, -1, int(m_flow.words().words.size()) - 1);
    if (m_focused < 0 && !m_flow.words().words.empty()) m_focused = 0;
    describe();
    update();
}

// The nearest word on the row above or below.
void PassageView::focusRow(int direction) {
    const PassageFlow::Piece* from = nullptr;
    for (const PassageFlow::Piece& piece : m_flow.pieces())
        if (int(piece.word) == m_focused) from = &piece;
    if (!from) return focusWord(0);
    const PassageFlow::Piece* best = nullptr;
    const auto distance = [from](const PassageFlow::Piece& piece) {
        return std::abs(piece.rect.top() - from->rect.top()) * 1000 +
               std::abs(piece.rect.center().x() - from->rect.center().x());
    };
    for (const PassageFlow::Piece& piece : m_flow.pieces()) {
        if ((piece.rect.top() - from->rect.top()) * direction < 1) continue;
        if (!best || distance(piece) < distance(*best)) best = &piece;
    }
    if (best) focusWord(int(best->word));
}

void PassageView::focusInEvent(QFocusEvent* event) {
    if (m_focused < 0) focusWord(0);
    QWidget::focusInEvent(event);
    update();
}

bool PassageView::event(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) update();
    // The arrow keys and Return are ours while we have the keyboard, whatever menus think of them.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->modifiers() == Qt::NoModifier && (key->key() == Qt::Key_Return || key->key() == Qt::Key_Space))
            event->accept();
    }
    return QWidget::event(event);
}

QString PassageView::state() const {
    const PassageWords& words = m_flow.words();
    if (!m_moves) return tr("The passage: %1").arg(words.paragraphs.join(u'\n'));
    const auto decided = std::count_if(words.words.begin(), words.words.end(), [](const PassageWord& word) {
        return word.state == PositionState::Committed || word.state == PositionState::Locked;
    });
    return decided == 0
               ? tr("The passage is forming.")
               : tr("The passage is forming: %1 of %2 words are decided.").arg(decided).arg(words.words.size());
}

// Tells a screen reader, when it is another description.
void PassageView::describe() {
    const PassageWords& words = m_flow.words();
    QString description = state();
    if (m_focused >= 0 && m_focused < int(words.words.size()))
        description = tr("Word %1 of %2: %3. %4")
                          .arg(m_focused + 1)
                          .arg(words.words.size())
                          .arg(describeWord(words, std::size_t(m_focused)), description);
    if (description != accessibleDescription()) setAccessibleDescription(description);
}

} // namespace palimpsest

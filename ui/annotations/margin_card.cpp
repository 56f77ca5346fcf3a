#include "ui/annotations/margin_card.h"

#include "ui/editor/scene_document.h"
#include "ui/theme/icons.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace palimpsest {
namespace {

constexpr int kPadding = 8;
constexpr int kMostRows = 7, kMostRowsWritten = 16; // of the text; more is scrolled
constexpr qreal kTextScale = 0.94;

} // namespace

MarginCard::MarginCard(const Theme& theme, Carried kind, const QTextCursor& words, QWidget* parent)
    : QFrame(parent),
      m_theme(theme),
      m_kind(kind),
      m_words(words),
      m_title(new QLabel(this)),
      m_remove(new QToolButton(this)),
      m_body(new QTextEdit(this)) {
    setCursor(Qt::ArrowCursor);
    m_title->setObjectName("quiet");
    m_remove->setAutoRaise(true);
    m_remove->setToolTip(kind == Carried::Comment ? tr("Resolve: take the comment off") : tr("Remove the footnote"));
    m_remove->setAccessibleName(kind == Carried::Comment ? tr("Resolve the comment") : tr("Remove the footnote"));
    const auto colour = [this] {
        m_remove->setIcon(drawnIcon(m_kind == Carried::Comment ? Glyph::Tick : Glyph::Close, m_theme.colours().quiet));
    };
    colour();
    connect(&theme, &Theme::changed, this, colour);
    connect(m_remove, &QToolButton::clicked, this, &MarginCard::remove);
    m_body->setAcceptRichText(false);
    m_body->setTabChangesFocus(true);
    m_body->setFrameShape(QFrame::NoFrame);
    m_body->setStyleSheet(QStringLiteral("background: transparent; border: none; padding: 0;"));
    m_body->document()->setDocumentMargin(1);
    m_body->setPlaceholderText(kind == Carried::Comment ? tr("Write a comment") : tr("Write a footnote"));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * kTextScale);
    m_body->setFont(small);
    m_title->setFont(small);
    m_body->installEventFilter(this);
    m_rest.setSingleShot(true);
    m_rest.setInterval(kStoreDelayMs);
    connect(&m_rest, &QTimer::timeout, this, &MarginCard::store);
    connect(m_body, &QTextEdit::textChanged, this, [this] {
        if (m_showing) return;
        m_rest.start();
        Q_EMIT heightChanged();
    });
    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(m_remove);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kPadding + 3, 3, 4, kPadding - 2);
    column->setSpacing(0);
    column->addLayout(top);
    column->addWidget(m_body);
    describe(0);
    setFixedWidth(kWidth);
}

void MarginCard::describe(int number) {
    const QString words = m_words.selectedText().simplified().left(80);
    if (m_kind == Carried::Comment)
        m_title->setText(tr("Comment"));
    else
        m_title->setText(number ? tr("Footnote %1").arg(number) : tr("Footnote"));
    setAccessibleName(tr("%1 on “%2”").arg(m_title->text(), words));
    m_body->setAccessibleName(accessibleName());
}

bool MarginCard::isFor(const Annotation& annotation) const {
    return annotation.kind == m_kind && annotation.begin < m_words.selectionEnd() &&
           annotation.end > m_words.selectionStart();
}

void MarginCard::show(const Annotation& annotation) {
    m_words = selected(m_words.document(), annotation.begin, annotation.end);
    describe(annotation.number);
    m_stored = annotation.text;
    if (m_rest.isActive() || m_body->toPlainText() == annotation.text) return;
    m_showing = true;
    m_body->setPlainText(annotation.text);
    m_showing = false;
}

void MarginCard::setCurrent(bool current) {
    if (std::exchange(m_current, current) != current) update();
}

int MarginCard::neededHeight() const {
    const int row = m_body->fontMetrics().lineSpacing();
    const int inner = kWidth - contentsMargins().left() - 2 * kPadding;
    QTextDocument& text = *m_body->document();
    if (text.textWidth() <= 0) text.setTextWidth(inner);
    const int rows = isWritten() ? kMostRowsWritten : kMostRows;
    const int wanted = std::clamp(int(std::ceil(text.size().height())), row + 2, rows * row + 2);
    m_body->setFixedHeight(wanted);
    return layout()->totalMinimumSize().height();
}

void MarginCard::store() {
    m_rest.stop();
    const QString text = m_body->toPlainText().trimmed();
    if (text == m_stored || !m_words.hasSelection()) return;
    m_stored = text;
    QTextDocument& document = *m_words.document();
    setCarried(m_words, m_kind, text, document.revision() == m_ownRevision);
    m_ownRevision = document.revision();
}

void MarginCard::remove() {
    m_showing = true;
    m_body->clear();
    m_showing = false;
    store();
    Q_EMIT pageAsked();
}

bool MarginCard::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn) {
        Q_EMIT entered();
        update();
    } else if (event->type() == QEvent::FocusOut) {
        store();
        const Qt::FocusReason reason = static_cast<QFocusEvent*>(event)->reason();
        if (reason == Qt::PopupFocusReason || reason == Qt::ActiveWindowFocusReason) return false; // it comes back
        m_ownRevision = -1;
        Q_EMIT left();
        update();
    } else if (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        const bool back = key->key() == Qt::Key_Escape || (enter && key->modifiers() & Qt::ControlModifier);
        if (back) {
            event->accept();
            if (event->type() == QEvent::KeyPress) Q_EMIT pageAsked();
            return true;
        }
    }
    return QFrame::eventFilter(watched, event);
}

void MarginCard::paintEvent(QPaintEvent*) {
    const Colours& c = m_theme.colours();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(isWritten() ? QPen(c.focus, 2) : QPen(m_current ? c.control : c.line, 1));
    painter.setBrush(c.strip);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 5, 5);
    if (!m_current && !isWritten()) return;
    painter.setPen(Qt::NoPen); // the card of the words at the caret: not by colour alone
    painter.setBrush(c.quiet);
    painter.drawRoundedRect(QRectF(3, 6, 3, height() - 12), 1.5, 1.5);
}

} // namespace palimpsest

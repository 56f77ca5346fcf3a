#include "ui/editor/word_choices.h"

#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

namespace palimpsest {

WordChoices::WordChoices(const Theme& theme, QWidget* parent)
    : QFrame(parent), m_theme(theme), m_about(new QLabel(this)), m_choices(new QVBoxLayout) {
    setCursor(Qt::ArrowCursor);
    setAccessibleName(tr("Other words for this place"));
    m_about->setObjectName("quiet");
    m_about->setTextFormat(Qt::PlainText);
    m_choices->setSpacing(0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(3);
    column->addWidget(m_about);
    column->addLayout(m_choices);
    m_grace.setSingleShot(true);
    m_grace.setInterval(kGraceMs);
    connect(&m_grace, &QTimer::timeout, this, &QWidget::hide);
    hide();
}

void WordChoices::offer(const QString& about, const QStringList& choices, const QRect& word) {
    m_grace.stop();
    m_about->setText(about);
    while (QLayoutItem* item = m_choices->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    for (const QString& choice : choices) {
        auto* button = new QPushButton(QString(choice).replace(u'&', QStringLiteral("&&")), this);
        button->setObjectName("contextNote"); // as flat as the rows of the panel
        button->setFont(Theme::pageFont(17));
        button->setFocusPolicy(Qt::NoFocus);
        button->setAccessibleName(tr("Put “%1” here").arg(choice));
        connect(button, &QPushButton::clicked, this, [this, choice] {
            hide();
            Q_EMIT chosen(choice);
        });
        m_choices->addWidget(button);
        button->show();
    }
    layout()->activate();
    const QSize size = sizeHint();
    const QRect room = parentWidget()->rect();
    const bool below = word.bottom() + size.height() <= room.bottom();
    const int x = std::clamp(word.left() - 8, 0, std::max(0, room.width() - size.width()));
    setGeometry(QRect(QPoint(x, below ? word.bottom() + 1 : word.top() - size.height() - 1), size));
    raise();
    show();
}

void WordChoices::leave() {
    if (isVisible()) m_grace.start();
}

void WordChoices::enterEvent(QEnterEvent*) {
    m_grace.stop();
}

void WordChoices::leaveEvent(QEvent*) {
    m_grace.start();
}

void WordChoices::paintEvent(QPaintEvent*) {
    const Colours& c = m_theme.colours();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(c.control, 1));
    painter.setBrush(c.page);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace palimpsest

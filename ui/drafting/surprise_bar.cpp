#include "ui/drafting/surprise_bar.h"

#include "ui/annotations/annotation_marks.h"
#include "ui/widgets/close_button.h"
#include "ui/widgets/line_of_text.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>

namespace palimpsest {
namespace {

constexpr int kGap = 16;
constexpr int kOneIn[kSurpriseLevels] = {1000, 8000, 60000}; // e to the nats of app/services/surprising_words.cpp

// One mark as it stands under words, with what it means.
class Sample : public QLabel {
public:
    Sample(const Theme& theme, int level, const QString& text, QWidget* parent)
        : QLabel(text, parent), m_theme(theme), m_level(level) {
        setContentsMargins(0, 0, 0, 5);
    }

protected:
    void paintEvent(QPaintEvent* event) override {
        QLabel::paintEvent(event);
        QPainter painter(this);
        const qreal y = height() - 4;
        drawSurpriseLine(painter, {0, y}, {qreal(fontMetrics().horizontalAdvance(text())), y}, m_level,
                         m_theme.colours().accent);
    }

private:
    const Theme& m_theme;
    int m_level;
};

} // namespace

SurpriseBar::SurpriseBar(const Theme& theme, SurpriseMap& map, QWidget* parent)
    : QFrame(parent),
      m_map(map),
      m_about(new LineLabel(this)),
      m_move(new QPushButton(tr("Move the weakest tenth"), this)) {
    setObjectName("findBar");
    setAccessibleName(tr("How surprising the words are to the model"));
    m_about->setObjectName("quiet");
    m_move->setAccessibleName(m_move->text());
    m_move->setToolTip(tr("Rewrites the tenth of the words that surprises the model most, and no other"));
    auto* close = new CloseButton(theme, tr("Clear the marks"), this);
    close->setToolTip(close->accessibleName());
    connect(close, &QToolButton::clicked, &map, &SurpriseMap::clear);
    connect(m_move, &QPushButton::clicked, &map, &SurpriseMap::moveTheWeakest);
    connect(&map, &SurpriseMap::changed, this, &SurpriseBar::refresh);
    m_rows = new QBoxLayout(QBoxLayout::LeftToRight, this);
    m_rows->setContentsMargins(14, 6, 10, 6);
    m_rows->addLayout(m_meaning = new QHBoxLayout, 1);
    m_rows->addLayout(m_doing = new QHBoxLayout);
    m_rows->setSpacing(kGap);
    m_meaning->setSpacing(kGap);
    m_about->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // in a narrow half the marks speak for it
    m_meaning->addWidget(m_about, 1);
    for (int level = 1; level <= kSurpriseLevels; ++level)
        m_meaning->addWidget(
            new Sample(theme, level, tr("one in %1").arg(QLocale().toString(kOneIn[level - 1])), this));
    m_doing->addWidget(m_move);
    m_doing->addStretch();
    m_doing->addWidget(close);
    refresh();
}

QSize SurpriseBar::minimumSizeHint() const {
    const QMargins margins = m_rows->contentsMargins();
    const int row = std::max(m_meaning->minimumSize().width(), m_doing->minimumSize().width());
    return {row + margins.left() + margins.right(), m_rows->totalMinimumSize().height()};
}

void SurpriseBar::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const int marks = m_meaning->minimumSize().width() + m_doing->minimumSize().width() + 2 * kGap;
    m_rows->setDirection(width() < marks ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void SurpriseBar::refresh() {
    const bool leaves = !m_map.isShown() && isAncestorOf(QApplication::focusWidget());
    setVisible(m_map.isShown());
    if (leaves) Q_EMIT left();
    m_about->setText(m_map.isAsking() ? tr("The model reads…") : tr("To the model this word was"));
    m_move->setEnabled(!m_map.isAsking() && !m_map.words().empty());
}

} // namespace palimpsest

#include "ui/drafting/surprise_bar.h"

#include "ui/annotations/annotation_marks.h"
#include "ui/widgets/close_button.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace palimpsest {
namespace {

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
      m_about(new QLabel(this)),
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
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 6, 10, 6);
    row->setSpacing(16);
    m_about->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // in a narrow half the marks speak for it
    row->addWidget(m_about, 1);
    row->addWidget(new Sample(theme, 1, tr("one in a hundred"), this));
    row->addWidget(new Sample(theme, 2, tr("one in a thousand"), this));
    row->addWidget(new Sample(theme, 3, tr("one in twenty thousand"), this));
    row->addWidget(m_move);
    row->addWidget(close);
    refresh();
}

void SurpriseBar::refresh() {
    const bool leaves = !m_map.isShown() && isAncestorOf(QApplication::focusWidget());
    setVisible(m_map.isShown());
    if (leaves) Q_EMIT left();
    m_about->setText(m_map.isAsking() ? tr("The model reads…") : tr("To the model this word was"));
    m_move->setEnabled(!m_map.isAsking() && !m_map.words().empty());
}

} // namespace palimpsest

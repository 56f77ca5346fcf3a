// One line of somebody's text where there may be less room than it needs: a title, a draft, a name.
#pragma once

#include <QLabel>

namespace palimpsest {

// Ends in an ellipsis when it is too long. The line reads in its own direction and stands where `alignment` says in a
// control that reads in `direction`, whatever the line does. Font and pen are the painter's.
void drawLineOfText(QPainter& painter, const QRect& rect, const QString& text, Qt::LayoutDirection direction,
                    Qt::Alignment alignment);

// Without the quotation marks and spaces it begins and ends with, for setting it in quotation marks.
QString withoutQuotes(QStringView text);

// Set apart from what it stands among, when it reads the other way, so that neither turns the other's order around.
QString isolated(const QString& text, Qt::LayoutDirection among);

// A label of such a line. It never makes its window wider than that is; asks for no more than its maximumWidth().
class LineLabel : public QLabel {
    Q_OBJECT
public:
    using QLabel::QLabel;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
};

} // namespace palimpsest

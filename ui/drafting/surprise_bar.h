// What the marks of a surprise map mean, and what can be done about them; shown under the page as long as there are any.
// One row, or two where there is no room for one: it widens no half of the page.
//
// UI thread.
#pragma once

#include "ui/drafting/surprise_map.h"

#include <QFrame>

class QBoxLayout;
class QLabel;
class QPushButton;

namespace palimpsest {

class SurpriseBar : public QFrame {
    Q_OBJECT
public:
    SurpriseBar(const Theme& theme, SurpriseMap& map, QWidget* parent); // both must outlive it

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void left(); // it went with the keyboard in it

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();

    SurpriseMap& m_map;
    QLabel* m_about;
    QPushButton* m_move;
    QBoxLayout *m_rows, *m_meaning, *m_doing;
};

} // namespace palimpsest

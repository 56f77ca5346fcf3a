// What the marks of a surprise map mean, and what can be done about them; shown under the page as long as there are any.
//
// UI thread.
#pragma once

#include "ui/drafting/surprise_map.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace palimpsest {

class SurpriseBar : public QFrame {
    Q_OBJECT
public:
    SurpriseBar(const Theme& theme, SurpriseMap& map, QWidget* parent); // both must outlive it

Q_SIGNALS:
    void left(); // it went with the keyboard in it

private:
    void refresh();

    SurpriseMap& m_map;
    QLabel* m_about;
    QPushButton* m_move;
};

} // namespace palimpsest

// A combo box with its arrow: under a style sheet Qt draws none.
#pragma once

#include <QComboBox>

namespace palimpsest {

class ChoiceBox : public QComboBox {
    Q_OBJECT
public:
    using QComboBox::QComboBox;

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace palimpsest

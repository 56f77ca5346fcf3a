// A slider drawn as the mock has it: a thin track filled up to a round handle, with ticks as dense as there is room.
#pragma once

#include <QSlider>

namespace palimpsest {

class TrackSlider : public QSlider {
    Q_OBJECT
public:
    explicit TrackSlider(QWidget* parent = nullptr);

    // The colour of what the model touches instead of the neutral one, and ticks.
    void setAccented(bool accented);

    QSize sizeHint() const override { return {140, 22}; }
    QSize minimumSizeHint() const override { return {60, 22}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    void moveTo(int x);
    qreal xOf(int value) const;
    int tickEvery() const; // 1, 2, 5, 10, … values: what there is room for

    bool m_accented = false;
};

} // namespace palimpsest

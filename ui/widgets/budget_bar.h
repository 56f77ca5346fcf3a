// What the model sees, as one bar: pinned notes, before, after, and the room that is left.
#pragma once

#include "engine/api/draft.h"
#include "ui/theme/theme.h"

#include <QWidget>

namespace palimpsest {

class BudgetBar : public QWidget {
    Q_OBJECT
public:
    explicit BudgetBar(const Theme& theme, QWidget* parent = nullptr);

    void show(const ContextPreview& preview);
    QSize sizeHint() const override { return {200, 14}; }
    QSize minimumSizeHint() const override { return {60, 14}; }

    // A square in the colour of a part (0 notes, 1 before, 2 after), for the legend.
    QPixmap swatch(int part) const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QColor colourOf(int part) const;

    const Theme& m_theme;
    ContextPreview m_preview;
};

} // namespace palimpsest

// One draft among others: the beginning of its text, and a line about it. A button for mouse and keyboard.
#pragma once

#include "ui/theme/theme.h"

#include <QAbstractButton>

namespace palimpsest {

class DraftCard : public QAbstractButton {
    Q_OBJECT
public:
    DraftCard(const Theme& theme, const QString& draft, const QString& about, QWidget* parent = nullptr);

    void setDraft(const QString& draft, const QString& about);
    void setChosen(bool chosen); // one of the cards beside it: the arrow keys go from one to the next
    QSize sizeHint() const override { return {200, 54}; }
    QSize minimumSizeHint() const override { return {80, 54}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    QString m_about;
};

} // namespace palimpsest

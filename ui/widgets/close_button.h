// The quiet cross that closes a bar or a panel, in the theme's colours.
#pragma once

#include "ui/theme/theme.h"

#include <QToolButton>

namespace palimpsest {

class CloseButton : public QToolButton {
    Q_OBJECT
public:
    CloseButton(const Theme& theme, const QString& accessibleName, QWidget* parent); // `theme` outlives it
};

} // namespace palimpsest

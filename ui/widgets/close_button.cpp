#include "ui/widgets/close_button.h"

#include "ui/theme/icons.h"

namespace palimpsest {

CloseButton::CloseButton(const Theme& theme, const QString& accessibleName, QWidget* parent) : QToolButton(parent) {
    setAccessibleName(accessibleName);
    setFocusPolicy(Qt::StrongFocus);
    const auto colour = [this, &theme] { setIcon(drawnIcon(Glyph::Close, theme.colours().quiet)); };
    colour();
    connect(&theme, &Theme::changed, this, colour);
}

} // namespace palimpsest

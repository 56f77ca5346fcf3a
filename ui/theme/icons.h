// The few icons of the program, drawn as paths so that they are sharp at every scale and take the theme's colours.
#pragma once

#include <QColor>
#include <QIcon>

namespace palimpsest {

enum class Glyph { Application, Pause, Play, Stop, Close, Pin, PinOutline, Tick, Comment };

// A square icon at 1×, 2× and 3× of 16 logical pixels (Application: 32 … 256).
QIcon drawnIcon(Glyph glyph, const QColor& colour);

} // namespace palimpsest

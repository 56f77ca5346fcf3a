// What a widget that paints itself tells a screen reader besides its name and description: what it is, and that it is busy.
#pragma once

#include <QAccessible>

class QWidget;

namespace palimpsest {

// Before anything else is said of the widget, its name too. Its description is also its value.
void giveVoice(QWidget& widget, QAccessible::Role role);

// Told when it changes; a busy widget is not read out.
void setBusy(QWidget& widget, bool busy);

} // namespace palimpsest

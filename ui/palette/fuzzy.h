// How well a few typed letters name something: all of them in their order, best at the beginnings of words.
#pragma once

#include <QStringView>

namespace palimpsest {

// 0 when the letters are not all there, in order; higher is better. Case does not matter; nothing typed fits all alike.
int fuzzyScore(QStringView typed, QStringView name);

} // namespace palimpsest

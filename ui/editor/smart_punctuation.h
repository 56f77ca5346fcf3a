// What typography makes of the keyboard's quotes, hyphens and points. Pure functions; offsets are UTF-16 code units.
//
// Quotes are those of the language (CLDR, through QLocale); French ones stand off by a narrow no-break space. Two
// hyphens are an em dash in English, an en dash elsewhere, and with a third one an em dash; three points an ellipsis.
#pragma once

#include <QString>
#include <optional>

namespace palimpsest {

struct SmartChange {
    int taken = 0; // characters at the end of the text that go
    QString given; // what comes instead
    bool operator==(const SmartChange&) const = default;
};

// `text` is the paragraph up to and with the character just typed; `language` as in "en_US".
std::optional<SmartChange> smartChange(const QString& text, const QString& language);

} // namespace palimpsest

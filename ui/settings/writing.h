// How the writer likes to write: the page's font and measure, focus, typewriter, punctuation, spelling.
//
// UI thread. Remembered between runs; every change is said once and written at once.
#pragma once

#include "ui/editor/page_focus.h"
#include "ui/editor/passage_flow.h"

#include <QObject>

namespace palimpsest {

struct WritingChoices {
    static constexpr int kLeastPixels = 12, kMostPixels = 48;
    static constexpr int kLeastCharacters = 40, kMostCharacters = 120;
    static constexpr double kLeastLineHeight = 1.2, kMostLineHeight = 2.6;

    QString family;           // of the page's font; empty = the bundled serif
    int pixels = 19;          // its size
    double lineHeight = 1.53; // row to row, in sizes of the font
    int characters = 66;      // about so many in a row
    FocusOn focus = FocusOn::Everything;
    bool typewriter = false; // the row written in keeps its height in the window
    bool smartPunctuation = true;
    bool spelling = true;
    QString language; // of both in new projects, as in "en_US"; empty = the system's; see ProjectLanguage
    bool operator==(const WritingChoices&) const = default;
};

// Out-of-range values are brought into range.
PageMetrics pageMetrics(const WritingChoices& choices);

class Writing : public QObject {
    Q_OBJECT
public:
    explicit Writing(QObject* parent = nullptr); // as remembered

    const WritingChoices& choices() const { return m_choices; }
    void choose(WritingChoices choices); // brought into range, stored; changed() when it differs
    QString language() const;            // never empty: the system's when none was chosen

Q_SIGNALS:
    void changed();

private:
    WritingChoices m_choices;
};

} // namespace palimpsest

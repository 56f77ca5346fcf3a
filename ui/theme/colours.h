// The colours of every look. Meaning never hangs on colour alone; tests/ui/theme_test.cpp holds each set to WCAG 2.1.
#pragma once

#include <QColor>

namespace palimpsest {

struct Colours {
    QColor desk;       // around the page
    QColor chrome;     // menu bar, sides, status bar
    QColor page;       // the page, fields, cards
    QColor text;       // on the page
    QColor chromeText; // on the chrome
    QColor quiet;      // secondary text, on chrome, page and strip
    QColor control;    // outlines and tracks of controls
    QColor line;       // separators and outlines that carry no meaning
    QColor hover;      // under the mouse
    QColor selected;   // chosen row of the binder
    QColor accent;     // everything the model touches: fills, bars, outlines
    QColor accentText; // the accent as text
    QColor onAccent;   // text on a fill of the accent
    QColor strip;      // the passage's strip, the quiet bar
    QColor locked;     // behind a locked word
    QColor unsure;     // a moving word the model is unsure of
    QColor good;       // "Engine ready", budget: before
    QColor goodPale;   // budget: after
    QColor selection;  // behind selected text
    QColor found;      // behind what a search found
    QColor misspelt;   // the line under a misspelt word
    QColor focus;      // the ring around what has the keyboard
};

const Colours& lightColours();
const Colours& darkColours();
const Colours& highContrastColours(); // every text 7:1 and more
const Colours& highContrastDarkColours();
// Blue and orange, which those who cannot tell red from green, or see little blue, tell apart; by lightness as well.
const Colours& colourSafeColours();
const Colours& colourSafeDarkColours();

// WCAG 2.1 contrast ratio of two opaque colours, 1 … 21.
double contrastRatio(const QColor& a, const QColor& b);

} // namespace palimpsest

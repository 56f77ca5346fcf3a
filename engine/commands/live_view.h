// A passage forming on a terminal: committed words plain, locked ones underlined, moving ones dim, absorbed ones dots.
#pragma once

#include "engine/api/draft.h"

#include <string>

namespace palimpsest {

class LiveView {
public:
    // Paints on stderr, if that is a terminal. Else does nothing, or `always` writes every step as a line.
    explicit LiveView(bool always = false);
    ~LiveView(); // leaves the terminal as if nothing had been painted

    void show(const DraftStep& step);
    void clear();

private:
    bool m_active; // repaints in place
    bool m_lined;  // writes lines
    static constexpr int kNothing = -1;
    int m_lines = kNothing; // painted, below the line where painting began
};

// The lines of a step as the view paints them, with ANSI styles; each at most `columns` wide, of them the last `rows`.
std::string paintedStep(const DraftStep& step, int columns, int rows, int& lines);

// A step as one line of plain text: what is decided, and in brackets what still moves.
std::string linedStep(const DraftStep& step);

} // namespace palimpsest

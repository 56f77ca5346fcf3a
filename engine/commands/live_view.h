// A passage forming on a terminal: committed words plain, locked ones underlined, moving ones dim, absorbed ones dots.
#pragma once

#include "engine/api/draft.h"

#include <string>

namespace palimpsest {

class LiveView {
public:
    // Paints on stderr, if that is a terminal; else does nothing.
    LiveView();
    ~LiveView(); // leaves the terminal as if nothing had been painted

    void show(const DraftStep& step);
    void clear();

private:
    bool m_active;
    int m_lines = 0; // painted, below the place where painting began
};

// The lines of a step as the view paints them, with ANSI styles; each at most `columns` wide, of them the last `rows`.
std::string paintedStep(const DraftStep& step, int columns, int rows, int& lines);

} // namespace palimpsest

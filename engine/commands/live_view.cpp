#include "engine/commands/live_view.h"

#include "engine/base/utf8.h"

#include <algorithm>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace palimpsest {
namespace {

const char* styleOf(PositionState state) {
    switch (state) {
    case PositionState::Absorbed: return "\033[2m";
    case PositionState::Moving: return "\033[2m";
    case PositionState::Committed: return "";
    case PositionState::Locked: return "\033[4m";
    }
    return "";
}

int columnsOf(std::string_view text) {
    int columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) columns += isCharacterBoundary(text, i);
    return columns;
}

// Lays tokens out as lines, broken before a token that does not fit.
class Lines {
public:
    explicit Lines(int columns) : m_columns(columns) {}

    void add(std::string_view text, const char* style) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            addPart(text.substr(0, end), style);
            if (end == text.size()) return;
            breakLine();
            text.remove_prefix(end + 1);
        }
    }
    const std::vector<std::string>& lines() const { return m_lines; }

private:
    void addPart(std::string_view part, const char* style) {
        if (part.empty()) return;
        const int width = columnsOf(part);
        if (m_used > 0 && m_used + width > m_columns) breakLine();
        if (m_used == 0 && part.starts_with(' ')) part.remove_prefix(1);
        m_lines.back().append(style).append(part).append(*style ? "\033[0m" : "");
        m_used += width;
    }
    void breakLine() {
        m_lines.emplace_back();
        m_used = 0;
    }

    int m_columns;
    int m_used = 0;
    std::vector<std::string> m_lines{1};
};

} // namespace

std::string paintedStep(const DraftStep& step, int columns, int rows, int& lines) {
    Lines laid(columns);
    for (const StepToken& token : step.tokens)
        laid.add(token.state == PositionState::Absorbed ? " ·" : std::string_view(token.text), styleOf(token.state));
    std::string count = "\npass ";
    count += std::to_string(step.index + 1);
    if (step.expected > 0) count += " of about " + std::to_string(step.expected);
    laid.add(count, "\033[2m");
    const std::size_t shown = std::min(laid.lines().size(), std::size_t(std::max(1, rows)));
    std::string out;
    for (std::size_t i = laid.lines().size() - shown; i < laid.lines().size(); ++i)
        out.append("\r\033[K").append(laid.lines()[i]).append(i + 1 < laid.lines().size() ? "\n" : "");
    lines = int(shown) - 1;
    return out;
}

// A step as one line: what is decided, then what still moves in brackets.
std::string linedStep(const DraftStep& step) {
    std::string line = "pass " + std::to_string(step.index + 1) + ": ";
    bool moving = false;
    for (const StepToken& token : step.tokens) {
        const bool moves = token.state == PositionState::Moving || token.state == PositionState::Absorbed;
        if (moves != moving) line += moves ? " [" : "] ";
        moving = moves;
        for (const char c : token.text.empty() && moves ? std::string("·") : token.text) line += c == '\n' ? ' ' : c;
    }
    return line + (moving ? "]\n" : "\n");
}

LiveView::LiveView(bool always) : m_active(isatty(STDERR_FILENO) == 1), m_lined(always && !m_active) {}

LiveView::~LiveView() {
    clear();
}

void LiveView::show(const DraftStep& step) {
    if (step.candidate != 0) return;
    if (m_lined) std::fputs(linedStep(step).c_str(), stderr);
    if (!m_active) return;
    winsize size{};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    clear();
    const std::string text = paintedStep(step, known ? size.ws_col : 80, (known ? size.ws_row : 24) - 1, m_lines);
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

void LiveView::clear() {
    if (m_lines == kNothing) return;
    if (m_lines > 0) std::fprintf(stderr, "\033[%dA", m_lines);
    std::fputs("\r\033[J", stderr);
    m_lines = kNothing;
}

} // namespace palimpsest

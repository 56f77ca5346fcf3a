#include "engine/inference/lane.h"

#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {

std::size_t Lane::openCells(std::size_t begin, std::size_t end) const {
    return std::size_t(std::count_if(cells.begin() + std::ptrdiff_t(begin), cells.begin() + std::ptrdiff_t(end),
                                     [](const Cell& cell) { return !cell.pinned && !cell.drawn; }));
}

PositionState Lane::stateOf(std::size_t cell) const {
    if (cells[cell].pinned) return PositionState::Locked;
    if (cell < committed) return PositionState::Committed;
    return cells[cell].id == Cell::kUnknown ? PositionState::Absorbed : PositionState::Moving;
}

std::vector<std::string> pieces(const Lane& lane, std::size_t count, const Vocabulary& vocabulary) {
    std::vector<std::string> out(count);
    for (std::size_t i = 0; i < count; ++i)
        if (lane.cells[i].id != Cell::kUnknown) out[i] = vocabulary.piece(lane.cells[i].id);
    return out;
}

std::vector<StepToken> stepTokens(const Lane& lane, std::size_t count, const Vocabulary& vocabulary) {
    const std::vector<std::string> texts = shownTexts(pieces(lane, count, vocabulary));
    std::vector<StepToken> tokens(count);
    for (std::size_t i = 0; i < count; ++i)
        tokens[i] = {texts[i], std::clamp(lane.cells[i].confidence, 0.0f, 1.0f), lane.stateOf(i)};
    return tokens;
}

RememberedStep rememberedStep(const Lane& lane, std::size_t count) {
    RememberedStep step;
    step.committed = std::uint32_t(lane.committed);
    for (std::size_t i = lane.committed; i < count; ++i)
        step.rest.push_back(lane.cells[i].pinned ? std::int32_t(lane.cells[i].id) : RememberedStep::kOpen);
    while (!step.rest.empty() && step.rest.back() == RememberedStep::kOpen) step.rest.pop_back();
    return step;
}

} // namespace palimpsest

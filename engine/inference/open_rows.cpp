#include "engine/inference/open_rows.h"

namespace palimpsest {
namespace {

constexpr std::int64_t kDependent = -1;

} // namespace

OpenRows::OpenRows(const Model& model, std::span<const std::size_t> cells, const Pass& pass)
    : m_model(model), m_pass(pass) {
    std::vector<std::int64_t> alone; // rows of the block
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto row = std::int64_t(cells[i] - pass.first);
        const bool follows = i > 0 && cells[i - 1] + 1 == cells[i]; // one that the pass did not know either
        const bool dependent = follows && i < pass.decided && model.hasSequentialHead();
        m_rows.push_back(row);
        m_place.push_back(dependent ? kDependent : std::int64_t(alone.size()));
        if (!dependent) alone.push_back(row);
    }
    const auto rows = torch::tensor(alone, torch::kLong);
    m_logits = logitsOf(pass.hidden.index_select(0, rows.to(pass.hidden.device())), rows);
}

torch::Tensor OpenRows::logits(std::size_t i, std::int64_t before, std::int64_t beforeThat) const {
    if (m_place[i] != kDependent) return m_logits[m_place[i]];
    const auto hidden = m_pass.hidden.narrow(0, m_rows[i], 1);
    const auto after = m_model.afterTokens(hidden, std::span(&before, 1), std::span(&beforeThat, 1));
    return logitsOf(after, torch::full({1}, m_rows[i], torch::kLong))[0];
}

bool OpenRows::depends(std::size_t i) const {
    return m_place[i] == kDependent;
}

torch::Tensor OpenRows::frequentLogits(std::size_t i, std::span<const std::int64_t> before,
                                       std::span<const std::int64_t> beforeThat) const {
    const auto hidden = m_pass.hidden.narrow(0, m_rows[i], 1).expand({std::int64_t(before.size()), -1});
    return m_model.frequentLogits(m_model.afterTokens(hidden, before, beforeThat)).cpu().contiguous();
}

torch::Tensor OpenRows::guessed() const {
    const auto count = std::int64_t(m_place.size() - m_pass.decided);
    return m_logits.narrow(0, m_logits.size(0) - count, count);
}

// rows: of the block, for their states.
torch::Tensor OpenRows::logitsOf(const torch::Tensor& hidden, const torch::Tensor& rows) const {
    if (!m_pass.state.defined()) return m_model.logits(hidden).cpu().contiguous();
    const auto state = m_pass.state.index_select(0, rows.to(m_pass.state.device()));
    const auto level = m_pass.level.index_select(0, rows.to(m_pass.level.device()));
    return m_model.logits(hidden, state, level).cpu().contiguous();
}

} // namespace palimpsest

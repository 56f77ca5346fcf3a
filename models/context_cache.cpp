#include "models/context_cache.h"

#include <algorithm>

namespace palimpsest {

// Rows that queries at `length` or later see, after `length` tokens.
struct ContextCache::Checkpoint {
    std::int64_t length = 0;
    CleanContext context;
};

ContextCache::ContextCache(const Model& model) : m_model(model), m_head(model.makeContext(0)) {}
ContextCache::ContextCache(ContextCache&&) noexcept = default;
ContextCache::~ContextCache() = default;

// Falls back to the longest state that is a prefix of the first `wanted` tokens.
void ContextCache::rewind(std::int64_t wanted) {
    while (!m_checkpoints.empty() && m_checkpoints.back().length > wanted) m_checkpoints.pop_back();
    if (m_head.truncate(wanted)) {
        m_ids.resize(std::size_t(wanted));
        return;
    }
    m_ids.resize(std::size_t(m_checkpoints.empty() ? 0 : m_checkpoints.back().length));
    m_head = m_checkpoints.empty() ? m_model.makeContext(m_head.globals()) : m_checkpoints.back().context.Copy();
}

// Every kChunk tokens at first; each time they are too many, every second goes and the spacing doubles.
void ContextCache::checkpoint() {
    const auto length = std::int64_t(m_ids.size());
    const std::int64_t last = m_checkpoints.empty() ? 0 : m_checkpoints.back().length;
    if (length - last < m_spacing) return;
    m_checkpoints.push_back({length, m_head.Copy(length)});
    const bool tooMany = m_checkpoints.size() > kCheckpoints || checkpointBytes() > kCheckpointBytes;
    if (!tooMany || m_checkpoints.size() <= 2) return;
    std::vector<Checkpoint> kept;
    for (std::size_t i = 1; i < m_checkpoints.size(); i += 2) kept.push_back(std::move(m_checkpoints[i]));
    m_checkpoints = std::move(kept);
    m_spacing *= 2;
}

Result<void> ContextCache::advance(std::span<const std::int64_t> ids, int globals, std::stop_token stop) {
    m_lastComputed = 0;
    if (ids.empty()) return Error{ErrorCode::InvalidArgument, "there is no text to continue"};
    if (globals != m_head.globals()) {
        m_ids.clear();
        m_checkpoints.clear();
        m_spacing = kChunk;
        m_head = m_model.makeContext(globals);
    }
    const auto differs = std::ranges::mismatch(ids, m_ids);
    const bool same = differs.in1 == ids.end() && differs.in2 == m_ids.end();
    if (same) return {};
    // The last token is run again when only what followed it went away: its hidden state is needed.
    rewind(std::min(std::int64_t(differs.in1 - ids.begin()), std::int64_t(ids.size()) - 1));

    while (m_ids.size() < ids.size()) {
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "stopped while the text before the passage was read"};
        const auto chunk = ids.subspan(m_ids.size(), std::min(std::size_t(kChunk), ids.size() - m_ids.size()));
        const CleanInput input{&m_head, {chunk.begin(), chunk.end()}, std::int64_t(m_ids.size())};
        // A copy: a view would keep the hidden states of the whole chunk alive.
        const c10::InferenceMode guard;
        m_lastHidden = m_model.clean(std::span(&input, 1)).front().select(0, -1).clone();
        m_ids.insert(m_ids.end(), chunk.begin(), chunk.end());
        m_lastComputed += std::int64_t(chunk.size());
        checkpoint();
        // Compacting copies all rows, so not for every token typed.
        const auto recent = std::int64_t(m_ids.size()) - kSlack;
        if (recent - m_trimmed >= kChunk || recent < m_trimmed) {
            m_head.trim(recent);
            m_trimmed = recent;
        }
    }
    return {};
}

const CleanContext& ContextCache::context() const {
    return m_head;
}

torch::Tensor ContextCache::lastHidden() const {
    return m_lastHidden;
}

std::int64_t ContextCache::lastComputed() const {
    return m_lastComputed;
}

std::size_t ContextCache::checkpointBytes() const {
    std::size_t total = 0;
    for (const Checkpoint& checkpoint : m_checkpoints) total += checkpoint.context.bytes();
    return total;
}

std::size_t ContextCache::bytes() const {
    return m_head.bytes() + checkpointBytes();
}

} // namespace palimpsest

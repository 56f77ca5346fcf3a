// The clean stream of a manuscript, kept while the writer types: typing at the end appends, an edit recomputes only
// what comes after it (from the nearest checkpoint when it lies further back than the head remembers).
//
// Memory: one head with a slack of recent rows, and trimmed copies, at most kCheckpoints of them and kCheckpointBytes (two
// are kept at least), thinned as the text grows: bounded by the pattern whatever the length of the text.
#pragma once

#include "models/model.h"

#include <stop_token>

namespace palimpsest {

class ContextCache {
public:
    static constexpr std::size_t kCheckpoints = 16, kCheckpointBytes = 256u << 20;
    static constexpr std::int64_t kSlack = 2048; // recent rows the head keeps whole: edits there cost nothing extra
    static constexpr int kChunk = 512;           // tokens of one pass; the stop is checked between passes

    // `model` must outlive the cache.
    explicit ContextCache(const Model& model);
    ContextCache(ContextCache&&) noexcept;
    ~ContextCache();

    // Makes the cache hold exactly `ids` (at least one), the first `globals` of them global. Blocks; a stop gives
    // Cancelled and leaves the cache valid for what it had encoded. A change of `globals` starts afresh.
    Result<void> advance(std::span<const std::int64_t> ids, int globals, std::stop_token stop);

    const CleanContext& context() const; // holds all of ids
    torch::Tensor lastHidden() const;    // (D): predicts the token after ids
    std::int64_t lastComputed() const;   // tokens run by the last advance()
    std::size_t bytes() const;

private:
    struct Checkpoint;
    void rewind(std::int64_t wanted);
    void checkpoint();
    std::size_t checkpointBytes() const;
    const Model& m_model;
    std::vector<std::int64_t> m_ids;
    CleanContext m_head;
    std::vector<Checkpoint> m_checkpoints;
    torch::Tensor m_lastHidden;
    std::int64_t m_lastComputed = 0;
    std::int64_t m_spacing = kChunk; // tokens between checkpoints
    std::int64_t m_trimmed = 0;      // the position the head was last trimmed for
};

} // namespace palimpsest

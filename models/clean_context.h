// Keys and values of the clean stream: what drafting remembers of the text.
//
// Rows are kept per layer, each with its position, so a context may have holes (the gap of an infilling) and may
// forget what no later query can see. What is kept for a query at position p or later: the globals, the window
// before p, and of everything older within reach only the layer's own grid, every dilation-th key. Its size is
// therefore bounded by the pattern, not by the manuscript.
#pragma once

#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <memory>
#include <span>
#include <torch/torch.h>

namespace palimpsest {

// Used by one thread at a time.
class CleanContext {
public:
    CleanContext(CleanContext&&) noexcept;
    CleanContext& operator=(CleanContext&&) noexcept;
    ~CleanContext();

    // A deep copy of the rows that trim(position) would leave: all of them by default. Costs what its bytes() says.
    CleanContext Copy(std::int64_t position = 0) const;

    // One past the last position ever appended (positions of a gap count).
    std::int64_t length() const;
    int globals() const;
    std::int64_t passEnd(std::int64_t position) const; // a pass that begins at `position` must not cross it
    std::size_t bytes() const;

    // Forgets the rows that no query at `position` or later can see; nor, one position earlier, the anchor of a block
    // that begins at `position`.
    void trim(std::int64_t position);

    // Forgets every row at `position` or later. False (and unchanged) when rows before it that a query there needs
    // were trimmed away already: start again from an older copy.
    bool truncate(std::int64_t position);

    // The rows of one layer, in the order they were appended: positions (L), keys and values (L, G, K) with positions
    // already rotated in. Views: valid until the next change.
    std::span<const std::int64_t> positions(int layer) const;
    torch::Tensor keys(int layer) const;
    torch::Tensor values(int layer) const;

private:
    friend class Model; // appends and gathers rows
    struct Rows;
    explicit CleanContext(std::unique_ptr<Rows> rows);
    std::unique_ptr<Rows> m_rows;
};

} // namespace palimpsest

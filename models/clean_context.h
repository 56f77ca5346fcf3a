// Keys and values of the clean stream: what drafting remembers of the text.
//
// Rows are kept per layer, each with its position, so a context may have holes (the gap of an infilling) and may
// forget what no later query can see. What is kept for a query at position p or later: the globals, the window
// before p, and of everything older within reach only the layer's own grid, every dilation-th key. Its size is
// therefore bounded by the pattern, not by the manuscript.
#pragma once

#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <torch/torch.h>
#include <vector>

namespace palimpsest {

class CleanContext {
public:
    CleanContext(CleanContext&&) noexcept;
    CleanContext& operator=(CleanContext&&) noexcept;
    ~CleanContext();

    // A deep copy; costs what bytes() says.
    CleanContext Copy() const;

    // One past the last position ever appended (positions of a gap count).
    std::int64_t length() const;
    int globals() const;
    std::size_t bytes() const;

    // Forgets the rows that no query at `position` or later can see.
    void trim(std::int64_t position);

    // Forgets every row at `position` or later. False (and unchanged) when rows before it that a query there needs
    // were trimmed away already: start again from an older copy.
    bool truncate(std::int64_t position);

private:
    friend class Backbone; // appends and reads rows
    friend class Model;
    struct Rows;
    CleanContext();
    std::unique_ptr<Rows> m_rows;
};

} // namespace palimpsest

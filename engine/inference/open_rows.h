// What a noised pass foretold of one lane's open cells, to be decided from left to right.
#pragma once

#include "models/model.h"

#include <span>

namespace palimpsest {

class OpenRows {
public:
    // Of the block whose first cell is `first`, T of them: hidden (T, D); state (T, D) and level (T), where soft states
    // have evidence to add, else undefined. The first `decided` open cells will be asked for by logits(), the others by
    // guessed().
    struct Pass {
        std::size_t first = 0, decided = 0;
        torch::Tensor hidden, state, level;
    };
    // `cells`: the open ones, ascending; at least one.
    OpenRows(const Model& model, std::span<const std::size_t> cells, const Pass& pass);

    // (V) f32 on the CPU, of the `i`-th cell. `before` and `beforeThat` are the tokens of the two cells before it by
    // now: where the pass itself did not know the nearer one, the model's sequential head takes them into account.
    torch::Tensor logits(std::size_t i, std::int64_t before, std::int64_t beforeThat) const;

    // Whether that head has something to say of the cell: else logits() is the same whatever is before.
    bool depends(std::size_t i) const;

    // (B, V / 3) f32 on the CPU: of a cell that depends, behind B different pairs of words, as Model::frequentLogits()
    // has them. Without soft states.
    torch::Tensor frequentLogits(std::size_t i, std::span<const std::int64_t> before,
                                 std::span<const std::int64_t> beforeThat) const;

    // (open - decided, V) f32 on the CPU: of those that stay undecided, as the pass foretold them.
    torch::Tensor guessed() const;

private:
    torch::Tensor logitsOf(const torch::Tensor& hidden, const torch::Tensor& rows) const;

    const Model& m_model;
    Pass m_pass;
    std::vector<std::int64_t> m_rows;  // of the block: of each open cell
    std::vector<std::int64_t> m_place; // of a cell's row in m_logits; kDependent: not foretold by itself
    torch::Tensor m_logits;            // of all that are foretold by themselves, in one product
};

} // namespace palimpsest

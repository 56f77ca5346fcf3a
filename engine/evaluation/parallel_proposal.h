// What words drawn side by side can be worth: speculative sampling accepts a word drawn from q where the base says p
// with probability sum min(p, q) (arXiv 2211.17192), and a proposal made in one pass has a single q for a position
// whatever the words before it turn out to be.
#pragma once

#include <torch/torch.h>
#include <vector>

namespace palimpsest {

// The one distribution q over V tokens that maximises sum_n w_n sum_x min(p_n(x), q(x)) / sum_n w_n, exactly: the
// objective is concave and piecewise linear in every q(x), so the steepest pieces are taken until q holds a mass of 1.
// p (N, V) f32, each row a distribution; weights (N) f64, >= 0, not all 0. -> (V) f64
torch::Tensor bestProposal(const torch::Tensor& p, const torch::Tensor& weights);

// sum_x min(p_n(x), q(x)) of each row: (N, V), (V) -> (N) f64
torch::Tensor overlaps(const torch::Tensor& p, const torch::Tensor& q);

// N continuations of one text, drawn from the base: what it said at each position, and what was drawn.
struct Rollouts {
    std::vector<torch::Tensor> p;     // of each position: (N, V) f32
    std::vector<torch::Tensor> drawn; // (N) int64
};

// The share of proposals accepted up to and with each position, when each position's q is the best for the rows `fit`
// (weighted by how likely a proposal got there) and is judged on the rows `test` (indices, (F) and (T) int64).
// `reached`, when given, gets for each row of `test` the probability that its whole text would have been accepted.
std::vector<double> acceptedShares(const Rollouts& rollouts, const torch::Tensor& fit, const torch::Tensor& test,
                                   torch::Tensor* reached = nullptr);

} // namespace palimpsest

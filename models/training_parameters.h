// The trained tensors of a model as views of one flat buffer, and their gradients of another: the optimiser, the
// gradient's norm, its sum over processes and checkpoints are then operations on a few long vectors.
#pragma once

#include <map>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace palimpsest {

struct ParameterSpec {
    std::string name;
    std::vector<std::int64_t> shape;
};

// Used by one thread.
class TrainingParameters {
public:
    // All zero. Matrices (two dimensions and more) lie before the rest: only they decay.
    TrainingParameters(std::vector<ParameterSpec> specs, torch::Device device, torch::ScalarType dtype);

    // The leaf of this name: a view of values() whose gradient is a view of gradients(). Out of range for no such name.
    const torch::Tensor& at(const std::string& name) const { return m_leaves.at(name); }
    bool has(const std::string& name) const { return m_leaves.contains(name); }
    const std::vector<ParameterSpec>& specs() const { return m_specs; } // in the order of the buffer

    const torch::Tensor& values() const { return m_values; }       // (P)
    const torch::Tensor& gradients() const { return m_gradients; } // (P)
    std::int64_t decayed() const { return m_decayed; }             // the first so many of P

    // The part of another buffer laid out as values(), e.g. a running mean.
    torch::Tensor part(const torch::Tensor& flat, const std::string& name) const;

private:
    std::vector<ParameterSpec> m_specs;
    std::map<std::string, torch::Tensor> m_leaves;
    std::map<std::string, std::int64_t> m_offsets;
    torch::Tensor m_values, m_gradients;
    std::int64_t m_decayed = 0;
};

} // namespace palimpsest

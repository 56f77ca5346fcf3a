// Tensors of a safetensors file as Torch tensors.
#pragma once

#include "models/safetensors.h"

#include <torch/torch.h>

namespace palimpsest {

// A matrix as its file keeps it: numbers, or int8 rows with a scale each.
struct StoredMatrix {
    torch::Tensor rows;   // (N, K)
    torch::Tensor scales; // (N) f32; undefined unless the rows are int8

    torch::Tensor floats() const { return scales.defined() ? rows * scales.unsqueeze(1) : rows; } // f32, or as read
};

// Reads the tensors of one file; the first that is missing or misshapen is remembered in `error()`, and what follows
// is harmless: callers read all they need and look once.
class StoredWeights {
public:
    // `file` must outlive the reader, not the tensors.
    StoredWeights(const SafetensorsFile& file, torch::Device device, torch::ScalarType dtype);

    bool has(const std::string& name) const { return m_file.find(name) != nullptr; }

    // Of exactly this shape (-1: any extent), in the reader's type; int8 rows times their scales. Shares the mapped file when nothing is to be
    // converted (zero copy); such a tensor must not be written to.
    torch::Tensor read(const std::string& name, c10::IntArrayRef shape);
    torch::Tensor readFloat(const std::string& name, c10::IntArrayRef shape); // f32 on the CPU
    // As read(), but int8 rows as they lie, on the CPU, when `keepInt8`.
    StoredMatrix readMatrix(const std::string& name, c10::IntArrayRef shape, bool keepInt8);

    const Result<void>& error() const { return m_error; }

private:
    torch::Tensor mapped(const std::string& name, c10::IntArrayRef shape);
    StoredMatrix stored(const std::string& name, c10::IntArrayRef shape);
    const SafetensorsFile& m_file;
    torch::Device m_device;
    torch::ScalarType m_dtype;
    Result<void> m_error;
};

} // namespace palimpsest

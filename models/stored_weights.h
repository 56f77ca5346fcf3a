// Tensors of a safetensors file as Torch tensors.
#pragma once

#include "models/safetensors.h"

#include <torch/torch.h>

namespace palimpsest {

// Reads the tensors of one file; the first that is missing or misshapen is remembered in `error()`, and what follows
// is harmless: callers read all they need and look once.
class StoredWeights {
public:
    // `file` must outlive the reader, not the tensors.
    StoredWeights(const SafetensorsFile& file, torch::Device device, torch::ScalarType dtype);

    bool has(const std::string& name) const { return m_file.find(name) != nullptr; }

    // Of exactly this shape (-1: any extent), in the reader's type. Shares the mapped file when nothing is to be
    // converted (zero copy); such a tensor must not be written to.
    torch::Tensor read(const std::string& name, c10::IntArrayRef shape);
    torch::Tensor readFloat(const std::string& name, c10::IntArrayRef shape); // f32 on the CPU

    const Result<void>& error() const { return m_error; }

private:
    torch::Tensor mapped(const std::string& name, c10::IntArrayRef shape);
    const SafetensorsFile& m_file;
    torch::Device m_device;
    torch::ScalarType m_dtype;
    Result<void> m_error;
};

} // namespace palimpsest

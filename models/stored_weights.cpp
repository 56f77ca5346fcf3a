#include "models/stored_weights.h"

namespace palimpsest {
namespace {

torch::ScalarType scalarType(StoredType type) {
    switch (type) {
    case StoredType::F32: return torch::kFloat32;
    case StoredType::F16: return torch::kFloat16;
    case StoredType::BF16: return torch::kBFloat16;
    case StoredType::I64: return torch::kInt64;
    case StoredType::I8: return torch::kInt8;
    }
    return torch::kFloat32;
}

bool fits(const std::vector<std::int64_t>& shape, c10::IntArrayRef wanted) {
    if (shape.size() != wanted.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (wanted[i] >= 0 ? shape[i] != wanted[i] : shape[i] < 1) return false;
    return true;
}

} // namespace

StoredWeights::StoredWeights(const SafetensorsFile& file, torch::Device device, torch::ScalarType dtype)
    : m_file(file), m_device(device), m_dtype(dtype) {}

torch::Tensor StoredWeights::mapped(const std::string& name, c10::IntArrayRef shape) {
    const StoredTensor* stored = m_file.find(name);
    const bool noMatrix = stored && stored->type == StoredType::I8 && shape.size() != 2;
    if (!stored || noMatrix || !fits(stored->shape, shape)) {
        const std::string what = !stored    ? "\" missing"
                                 : noMatrix ? "\" of int8 rows, which only matrices are"
                                            : "\" of another shape than its model.json says";
        if (m_error.ok())
            m_error = Error{ErrorCode::Corrupt, m_file.file()->path().string() + " has the tensor \"" + name + what +
                                                    ": import the model again"};
        std::vector<std::int64_t> harmless(shape.begin(), shape.end());
        for (auto& extent : harmless) extent = extent < 0 ? 1 : std::min<std::int64_t>(extent, 1);
        return torch::zeros(harmless);
    }
    // from_blob wants a writable pointer; nobody writes, and the mapping is read-only.
    auto* data = const_cast<std::byte*>(stored->bytes.data());
    return torch::from_blob(
        data, stored->shape, [keep = m_file.file()](void*) {}, torch::TensorOptions().dtype(scalarType(stored->type)));
}

StoredMatrix StoredWeights::stored(const std::string& name, c10::IntArrayRef shape) {
    StoredMatrix matrix{mapped(name, shape), {}};
    if (matrix.rows.scalar_type() == torch::kInt8)
        matrix.scales = mapped(name + kScalesSuffix, shape.slice(0, 1)).to(torch::kFloat32);
    return matrix;
}

torch::Tensor StoredWeights::read(const std::string& name, c10::IntArrayRef shape) {
    return stored(name, shape).floats().to(m_device, m_dtype);
}

torch::Tensor StoredWeights::readFloat(const std::string& name, c10::IntArrayRef shape) {
    return stored(name, shape).floats().to(torch::kFloat32);
}

StoredMatrix StoredWeights::readMatrix(const std::string& name, c10::IntArrayRef shape, bool keepInt8) {
    StoredMatrix matrix = stored(name, shape);
    if (keepInt8 && matrix.scales.defined()) return matrix;
    return {matrix.floats().to(m_device, m_dtype), {}};
}

} // namespace palimpsest

#include "kernels/torch/attention_tensors.h"

#include <cmath>

namespace palimpsest {
namespace {

using torch::Tensor;

void checkShapes(const Tensor& queries, const AttentionRows& rows, std::span<const AttentionRun> runs,
                 const AttentionOwn& own) {
    std::int64_t count = 0;
    bool needsOwn = false;
    for (const AttentionRun& run : runs) {
        TORCH_CHECK(run.count >= 0, "sparse_attention: a run has a negative count");
        count += run.count;
        needsOwn = needsOwn || (run.own && run.count > 0);
    }
    TORCH_CHECK(queries.dim() == 3 && queries.size(0) == count,
                "sparse_attention: queries must be (N, H, K) with N the sum of the runs");
    TORCH_CHECK(rows.keys.dim() == 3 && rows.keys.sizes() == rows.values.sizes() &&
                    rows.keys.size(2) == queries.size(2) && rows.keys.size(1) > 0 &&
                    queries.size(1) % rows.keys.size(1) == 0,
                "sparse_attention: keys and values must be (L, G, K), G a divisor of H");
    TORCH_CHECK(rows.positions.dim() == 1 && rows.positions.size(0) == rows.keys.size(0) &&
                    rows.positions.scalar_type() == torch::kInt64 && rows.positions.device().is_cpu(),
                "sparse_attention: positions must be (L) int64 on the CPU");
    TORCH_CHECK(rows.pattern.window >= 1 && rows.pattern.dilation >= 1 && rows.pattern.count >= 0,
                "sparse_attention: the pattern needs window and dilation of at least 1");
    for (const Tensor& x : {own.keys, own.values})
        TORCH_CHECK(!needsOwn || (x.defined() && x.dim() == 3 && x.size(0) == count && x.size(1) == rows.keys.size(1) &&
                                  x.size(2) == queries.size(2)),
                    "sparse_attention: own keys and values must be (N, G, K)");
    for (const Tensor& x : {rows.keys, rows.values, own.keys, own.values})
        TORCH_CHECK(!x.defined() || (x.scalar_type() == queries.scalar_type() && x.device() == queries.device()),
                    "sparse_attention: one type and one device for all");
}

Tensor dense(const Tensor& x) { // (rows, heads, K)
    const bool isDense = !x.defined() || (x.stride(2) == 1 && (x.size(1) == 1 || x.stride(1) == x.size(2)));
    return isDense ? x : x.contiguous();
}

void giveOneStride(Tensor& keys, Tensor& values) {
    if (!keys.defined() || keys.stride(0) == values.stride(0) || keys.size(0) <= 1) return;
    keys = keys.contiguous();
    values = values.contiguous();
}

} // namespace

AttentionTensors::AttentionTensors(const Tensor& q, const AttentionRows& rows, std::vector<AttentionRun> runList,
                                   const AttentionOwn& own)
    : runs(std::move(runList)), pattern(rows.pattern), layer(rows.layer) {
    checkShapes(q, rows, runs, own);
    queries = dense(q);
    keys = dense(rows.keys);
    values = dense(rows.values);
    positions = rows.positions.contiguous();
    ownKeys = dense(own.keys);
    ownValues = dense(own.values);
    giveOneStride(keys, values);
    giveOneStride(ownKeys, ownValues);
}

float AttentionTensors::scale() const {
    return float(1 / std::sqrt(double(queries.size(2))));
}

Tensor AttentionTensors::emptyOutput() const {
    return torch::empty(queries.sizes(), queries.options().memory_format(c10::MemoryFormat::Contiguous));
}

Tensor AttentionTensors::emptyLogSumExp() const {
    return torch::empty({queries.size(0), queries.size(1)}, queries.options().dtype(torch::kFloat32));
}

AttentionGradientTensors zeroGradients(const AttentionTensors& call, bool rowsWanted) {
    const auto like = [](const Tensor& x, bool isWanted) {
        return isWanted && x.defined() ? torch::zeros(x.sizes(), x.options()) : Tensor();
    };
    return {like(call.queries, true), like(call.keys, rowsWanted), like(call.values, rowsWanted),
            like(call.ownKeys, true), like(call.ownValues, true)};
}

} // namespace palimpsest

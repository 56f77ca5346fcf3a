#include "kernels/torch/sparse_attention.h"

#include "kernels/torch/kernel_choice.h"
#include "kernels/torch/library.h"
#include "kernels/torch/parallel.h"

#include <cmath>
#include <optional>
#include <torch/library.h>
#include <type_traits>
#include <vector>

namespace palimpsest {
namespace {

using torch::Tensor;
using OptionalTensor = std::optional<Tensor>;
using Pattern = c10::IntArrayRef; // window, dilation, count, globals, layer

constexpr std::int64_t kRunFields = 7;

Tensor toTensor(std::span<const AttentionRun> runs) {
    Tensor table = torch::empty({std::int64_t(runs.size()), kRunFields}, torch::kInt64);
    auto* at = table.data_ptr<std::int64_t>();
    for (const AttentionRun& run : runs)
        for (const std::int64_t field : {run.first, run.count, std::int64_t(run.causal), std::int64_t(run.own),
                                         std::int64_t(run.seesAll), run.hiddenBegin, run.hiddenEnd})
            *at++ = field;
    return table;
}

std::vector<AttentionRun> fromTensor(const Tensor& table) {
    TORCH_CHECK(table.dim() == 2 && table.size(1) == kRunFields && table.scalar_type() == torch::kInt64,
                "sparse_attention: runs must be (R, 7) int64");
    const Tensor dense = table.contiguous();
    const auto* at = dense.data_ptr<std::int64_t>();
    std::vector<AttentionRun> runs;
    for (std::int64_t r = 0; r < dense.size(0); ++r, at += kRunFields)
        runs.push_back({at[0], at[1], at[2] != 0, at[3] != 0, at[4] != 0, at[5], at[6]});
    return runs;
}

AttentionRows rowsOf(const Tensor& keys, const Tensor& values, const Tensor& positions, Pattern p) {
    return {keys, values, positions, {int(p[0]), int(p[1]), int(p[2]), int(p[3])}, int(p[4])};
}

AttentionOwn ownOf(const OptionalTensor& keys, const OptionalTensor& values) {
    return {keys.value_or(Tensor()), values.value_or(Tensor())};
}

bool hasDenseRows(const Tensor& x) { // (rows, heads, K)
    return x.stride(2) == 1 && (x.size(1) == 1 || x.stride(1) == x.size(2));
}

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
}

// --- the CPU kernels ---

template<class T>
const T* dataOf(const Tensor& x) {
    return x.defined() ? reinterpret_cast<const T*>(x.const_data_ptr()) : nullptr;
}

// Tensors made dense where the kernels need it, and kept alive for the call.
struct Call {
    Tensor queries, keys, values, positions, ownKeys, ownValues;
    std::vector<AttentionRun> runs;
    SparsePattern pattern;
    int layer = 0;

    Call(const Tensor& q, const AttentionRows& rows, const Tensor& runTable, const AttentionOwn& own)
        : queries(dense(q)),
          keys(dense(rows.keys)),
          values(dense(rows.values)),
          positions(rows.positions.contiguous()),
          ownKeys(dense(own.keys)),
          ownValues(dense(own.values)),
          runs(fromTensor(runTable)),
          pattern(rows.pattern),
          layer(rows.layer) {
        checkShapes(q, rows, runs, own);
        if (keys.stride(0) != values.stride(0) && keys.size(0) > 1) {
            keys = keys.contiguous();
            values = values.contiguous();
        }
        if (ownKeys.defined() && ownKeys.stride(0) != ownValues.stride(0) && ownKeys.size(0) > 1) {
            ownKeys = ownKeys.contiguous();
            ownValues = ownValues.contiguous();
        }
        for (const Tensor& x : {keys, values, ownKeys, ownValues})
            TORCH_CHECK(!x.defined() || x.scalar_type() == q.scalar_type(), "sparse_attention: one type for all");
    }

    template<class T>
    AttentionInput<T> input() const {
        AttentionInput<T> in;
        in.heads = queries.size(1);
        in.keyHeads = keys.size(1);
        in.headSize = queries.size(2);
        in.pattern = pattern;
        in.phase = pattern.phase(layer);
        in.runs = runs;
        in.queries = dataOf<T>(queries);
        in.queryStride = queries.stride(0);
        in.keys = dataOf<T>(keys);
        in.values = dataOf<T>(values);
        in.rowStride = keys.stride(0);
        in.positions = {positions.const_data_ptr<std::int64_t>(), std::size_t(positions.size(0))};
        in.ownKeys = dataOf<T>(ownKeys);
        in.ownValues = dataOf<T>(ownValues);
        in.ownStride = ownKeys.defined() ? ownKeys.stride(0) : 0;
        in.scale = float(1 / std::sqrt(double(in.headSize)));
        return in;
    }

private:
    static Tensor dense(const Tensor& x) { return !x.defined() || hasDenseRows(x) ? x : x.contiguous(); }
};

bool kernelsTake(torch::ScalarType type, torch::Device device) {
    return device.is_cpu() && (type == torch::kFloat32 || type == torch::kBFloat16) &&
           kernelChoice() == KernelChoice::Best;
}

std::tuple<Tensor, Tensor> forwardOp(const Tensor& queries, const Tensor& keys, const Tensor& values,
                                     const Tensor& positions, const Tensor& runs, const OptionalTensor& ownKeys,
                                     const OptionalTensor& ownValues, Pattern pattern) {
    const AttentionRows rows = rowsOf(keys, values, positions, pattern);
    const AttentionOwn own = ownOf(ownKeys, ownValues);
    if (!kernelsTake(queries.scalar_type(), queries.device())) {
        const auto list = fromTensor(runs);
        checkShapes(queries, rows, list, own);
        AttentionResult result = sparseAttentionDefinition(queries, rows, list, own);
        return {result.output, result.logSumExp};
    }
    const Call call(queries, rows, runs, own);
    Tensor output = torch::empty(queries.sizes(), queries.options().memory_format(c10::MemoryFormat::Contiguous));
    Tensor lse = torch::empty({queries.size(0), queries.size(1)}, queries.options().dtype(torch::kFloat32));
    if (queries.scalar_type() == torch::kFloat32)
        sparseAttentionForward(call.input<float>(), output.data_ptr<float>(), lse.data_ptr<float>(), parallelFor);
    else
        sparseAttentionForward(call.input<Bf16>(), static_cast<Bf16*>(output.data_ptr()), lse.data_ptr<float>(),
                               parallelFor);
    return {output, lse};
}

using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// The definition's own gradients, for types without a kernel.
Gradients definitionGradients(const Tensor& gradient, const Tensor& queries, const AttentionRows& rows,
                              std::span<const AttentionRun> runs, const AttentionOwn& own) {
    const at::AutoGradMode enabled(true);
    const auto leaf = [](const Tensor& x) { return x.defined() ? x.detach().requires_grad_() : x; };
    const Tensor q = leaf(queries);
    AttentionRows r = rows;
    r.keys = leaf(rows.keys);
    r.values = leaf(rows.values);
    const AttentionOwn o{leaf(own.keys), leaf(own.values)};
    std::vector<Tensor> inputs{q, r.keys, r.values};
    if (o.keys.defined()) inputs.insert(inputs.end(), {o.keys, o.values});
    const Tensor output = sparseAttentionDefinition(q, r, runs, o).output;
    auto grads = torch::autograd::grad({output}, inputs, {gradient}, false, false, true);
    for (std::size_t i = 0; i < grads.size(); ++i)
        if (!grads[i].defined()) grads[i] = torch::zeros_like(inputs[i]);
    grads.resize(5);
    return {grads[0], grads[1], grads[2], grads[3], grads[4]};
}

template<class T>
void runBackward(const Call& call, const Tensor& gradient, const Tensor& output, const Tensor& lse,
                 const Gradients& wanted) {
    const auto& [queries, keys, values, ownKeys, ownValues] = wanted;
    const auto pointer = [](const Tensor& x) { return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr; };
    AttentionGradients<T> g;
    g.outputGradient = dataOf<T>(gradient);
    g.output = dataOf<T>(output);
    g.logSumExp = lse.const_data_ptr<float>();
    g.queries = pointer(queries);
    g.keys = pointer(keys);
    g.values = pointer(values);
    g.ownKeys = pointer(ownKeys);
    g.ownValues = pointer(ownValues);
    sparseAttentionBackward(call.input<T>(), g, parallelFor);
}

Gradients backwardOp(const Tensor& gradient, const Tensor& output, const Tensor& lse, const Tensor& queries,
                     const Tensor& keys, const Tensor& values, const Tensor& positions, const Tensor& runs,
                     const OptionalTensor& ownKeys, const OptionalTensor& ownValues, Pattern pattern, bool rowsWanted) {
    const AttentionRows rows = rowsOf(keys, values, positions, pattern);
    const AttentionOwn own = ownOf(ownKeys, ownValues);
    if (!kernelsTake(queries.scalar_type(), queries.device()))
        return definitionGradients(gradient, queries, rows, fromTensor(runs), own);
    const Call call(queries, rows, runs, own);
    const auto like = [](const Tensor& x, bool isWanted) {
        return isWanted && x.defined() ? torch::zeros(x.sizes(), x.options()) : Tensor();
    };
    const Gradients wanted{like(queries, true), like(keys, rowsWanted), like(values, rowsWanted), like(own.keys, true),
                           like(own.values, true)};
    if (queries.scalar_type() == torch::kFloat32)
        runBackward<float>(call, gradient.contiguous(), output, lse, wanted);
    else
        runBackward<Bf16>(call, gradient.contiguous(), output, lse, wanted);
    return wanted;
}

// --- autograd and meta ---

std::tuple<Tensor, Tensor> callForward(const Tensor& queries, const Tensor& keys, const Tensor& values,
                                       const Tensor& positions, const Tensor& runs, const OptionalTensor& ownKeys,
                                       const OptionalTensor& ownValues, Pattern pattern) {
    static const auto op = operation("sparse_attention").typed<decltype(forwardOp)>();
    return op.call(queries, keys, values, positions, runs, ownKeys, ownValues, pattern);
}

class SparseAttentionFunction : public torch::autograd::Function<SparseAttentionFunction> {
public:
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const Tensor& queries,
                                                  const Tensor& keys, const Tensor& values, const Tensor& positions,
                                                  const Tensor& runs, const OptionalTensor& ownKeys,
                                                  const OptionalTensor& ownValues, Pattern pattern) {
        const at::AutoDispatchBelowADInplaceOrView below;
        auto [output, lse] = callForward(queries, keys, values, positions, runs, ownKeys, ownValues, pattern);
        context->save_for_backward({queries, keys, values, positions, runs, ownKeys.value_or(Tensor()),
                                    ownValues.value_or(Tensor()), output, lse});
        context->saved_data["pattern"] = pattern.vec();
        context->saved_data["rows"] = keys.requires_grad() || values.requires_grad();
        context->mark_non_differentiable({lse});
        return {output, lse};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const auto pattern = context->saved_data["pattern"].toIntVector();
        const auto optional = [](const Tensor& x) { return x.defined() ? OptionalTensor(x) : OptionalTensor(); };
        static const auto op = operation("sparse_attention_backward").typed<decltype(backwardOp)>();
        const auto [q, k, v, ok, ov] =
            op.call(gradients[0], saved[7], saved[8], saved[0], saved[1], saved[2], saved[3], saved[4],
                    optional(saved[5]), optional(saved[6]), pattern, context->saved_data["rows"].toBool());
        return {q, k, v, Tensor(), Tensor(), ok, ov, Tensor()};
    }
};

std::tuple<Tensor, Tensor> autogradOp(const Tensor& queries, const Tensor& keys, const Tensor& values,
                                      const Tensor& positions, const Tensor& runs, const OptionalTensor& ownKeys,
                                      const OptionalTensor& ownValues, Pattern pattern) {
    auto results = SparseAttentionFunction::apply(queries, keys, values, positions, runs, ownKeys, ownValues, pattern);
    return {results[0], results[1]};
}

std::tuple<Tensor, Tensor> metaOp(const Tensor& queries, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                  const OptionalTensor&, const OptionalTensor&, Pattern) {
    return {torch::empty(queries.sizes(), queries.options()),
            torch::empty({queries.size(0), queries.size(1)}, queries.options().dtype(torch::kFloat32))};
}

TORCH_LIBRARY_IMPL(palimpsest, CPU, library) {
    library.impl("sparse_attention", forwardOp);
    library.impl("sparse_attention_backward", backwardOp);
}
TORCH_LIBRARY_IMPL(palimpsest, CUDA, library) {
    library.impl("sparse_attention", forwardOp);
    library.impl("sparse_attention_backward", backwardOp);
}
TORCH_LIBRARY_IMPL(palimpsest, Meta, library) {
    library.impl("sparse_attention", metaOp);
}
TORCH_LIBRARY_IMPL(palimpsest, Autograd, library) {
    library.impl("sparse_attention", autogradOp);
}

} // namespace

AttentionResult sparseAttention(const Tensor& queries, const AttentionRows& rows, std::span<const AttentionRun> runs,
                                const AttentionOwn& own) {
    const auto optional = [](const Tensor& x) { return x.defined() ? OptionalTensor(x) : OptionalTensor(); };
    const std::int64_t pattern[] = {rows.pattern.window, rows.pattern.dilation, rows.pattern.count,
                                    rows.pattern.globals, rows.layer};
    auto [output, lse] = callForward(queries, rows.keys, rows.values, rows.positions, toTensor(runs),
                                     optional(own.keys), optional(own.values), pattern);
    return {output, lse};
}

const char* sparseAttentionKernelInUse(torch::ScalarType dtype) {
    return kernelsTake(dtype, torch::kCPU) ? sparseAttentionKernel(dtype == torch::kBFloat16) : "reference";
}

} // namespace palimpsest

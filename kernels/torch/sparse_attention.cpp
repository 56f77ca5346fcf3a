#include "kernels/torch/attention_tensors.h"
#include "kernels/torch/kernel_choice.h"
#include "kernels/torch/library.h"
#include "kernels/torch/parallel.h"
#include "kernels/torch/sparse_attention_card.h"

#include <c10/core/DeviceGuard.h>
#include <optional>
#include <torch/library.h>
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

// --- the CPU kernels ---

template<class T>
const T* dataOf(const Tensor& x) {
    return x.defined() ? reinterpret_cast<const T*>(x.const_data_ptr()) : nullptr;
}

template<class T>
AttentionInput<T> inputOf(const AttentionTensors& call) {
    AttentionInput<T> in;
    in.heads = call.queries.size(1);
    in.keyHeads = call.keys.size(1);
    in.headSize = call.queries.size(2);
    in.pattern = call.pattern;
    in.phase = call.pattern.phase(call.layer);
    in.runs = call.runs;
    in.queries = dataOf<T>(call.queries);
    in.queryStride = call.queries.stride(0);
    in.keys = dataOf<T>(call.keys);
    in.values = dataOf<T>(call.values);
    in.rowStride = call.keys.stride(0);
    in.positions = {call.positions.const_data_ptr<std::int64_t>(), std::size_t(call.positions.size(0))};
    in.ownKeys = dataOf<T>(call.ownKeys);
    in.ownValues = dataOf<T>(call.ownValues);
    in.ownStride = call.ownKeys.defined() ? call.ownKeys.stride(0) : 0;
    in.scale = call.scale();
    return in;
}

bool cpuKernelsTake(torch::ScalarType type, torch::Device device) {
    return device.is_cpu() && (type == torch::kFloat32 || type == torch::kBFloat16) &&
           kernelChoice() == KernelChoice::Best;
}

AttentionResult forwardOnCpu(const AttentionTensors& call) {
    const AttentionResult result{call.emptyOutput(), call.emptyLogSumExp()};
    auto* lse = result.logSumExp.data_ptr<float>();
    if (call.queries.scalar_type() == torch::kFloat32)
        sparseAttentionForward(inputOf<float>(call), result.output.data_ptr<float>(), lse, parallelFor);
    else
        sparseAttentionForward(inputOf<Bf16>(call), static_cast<Bf16*>(result.output.data_ptr()), lse, parallelFor);
    return result;
}

template<class T>
void runBackward(const AttentionTensors& call, const AttentionSaved& saved, const AttentionGradientTensors& wanted) {
    const auto& [queries, keys, values, ownKeys, ownValues] = wanted;
    const auto pointer = [](const Tensor& x) { return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr; };
    AttentionGradients<T> g;
    g.outputGradient = dataOf<T>(saved.gradient);
    g.output = dataOf<T>(saved.output);
    g.logSumExp = saved.logSumExp.const_data_ptr<float>();
    g.queries = pointer(queries);
    g.keys = pointer(keys);
    g.values = pointer(values);
    g.ownKeys = pointer(ownKeys);
    g.ownValues = pointer(ownValues);
    sparseAttentionBackward(inputOf<T>(call), g, parallelFor);
}

// --- the choice ---

AttentionTensors tensorsOf(const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& positions,
                           const Tensor& runs, const OptionalTensor& ownKeys, const OptionalTensor& ownValues,
                           Pattern pattern) {
    return {queries, rowsOf(keys, values, positions, pattern), fromTensor(runs), ownOf(ownKeys, ownValues)};
}

std::tuple<Tensor, Tensor> forwardOp(const Tensor& queries, const Tensor& keys, const Tensor& values,
                                     const Tensor& positions, const Tensor& runs, const OptionalTensor& ownKeys,
                                     const OptionalTensor& ownValues, Pattern pattern) {
    const c10::OptionalDeviceGuard guard(queries.device());
    const AttentionTensors call = tensorsOf(queries, keys, values, positions, runs, ownKeys, ownValues, pattern);
    std::optional<AttentionResult> result;
    if (cpuKernelsTake(queries.scalar_type(), queries.device()))
        result = forwardOnCpu(call);
    else if (const auto card = cardFor(queries))
        result = attentionForwardOnCard(*card, call);
    if (!result) result = sparseAttentionDefinition(call.queries, call.rows(), call.runs, call.own());
    return {result->output, result->logSumExp};
}

// The definition's own gradients, for types without a kernel.
AttentionGradientTensors definitionGradients(const AttentionTensors& call, const Tensor& gradient) {
    const at::AutoGradMode enabled(true);
    const auto leaf = [](const Tensor& x) { return x.defined() ? x.detach().requires_grad_() : x; };
    const Tensor q = leaf(call.queries);
    AttentionRows rows = call.rows();
    rows.keys = leaf(rows.keys);
    rows.values = leaf(rows.values);
    const AttentionOwn own{leaf(call.ownKeys), leaf(call.ownValues)};
    std::vector<Tensor> inputs{q, rows.keys, rows.values};
    if (own.keys.defined()) inputs.insert(inputs.end(), {own.keys, own.values});
    const Tensor output = sparseAttentionDefinition(q, rows, call.runs, own).output;
    auto grads = torch::autograd::grad({output}, inputs, {gradient}, false, false, true);
    for (std::size_t i = 0; i < grads.size(); ++i)
        if (!grads[i].defined()) grads[i] = torch::zeros_like(inputs[i]);
    grads.resize(5);
    return {grads[0], grads[1], grads[2], grads[3], grads[4]};
}

AttentionGradientTensors backwardOp(const Tensor& gradient, const Tensor& output, const Tensor& lse,
                                    const Tensor& queries, const Tensor& keys, const Tensor& values,
                                    const Tensor& positions, const Tensor& runs, const OptionalTensor& ownKeys,
                                    const OptionalTensor& ownValues, Pattern pattern, bool rowsWanted) {
    const c10::OptionalDeviceGuard guard(queries.device());
    const AttentionTensors call = tensorsOf(queries, keys, values, positions, runs, ownKeys, ownValues, pattern);
    const AttentionSaved saved{gradient.contiguous(), output, lse};
    if (cpuKernelsTake(queries.scalar_type(), queries.device())) {
        const AttentionGradientTensors wanted = zeroGradients(call, rowsWanted);
        queries.scalar_type() == torch::kFloat32 ? runBackward<float>(call, saved, wanted)
                                                 : runBackward<Bf16>(call, saved, wanted);
        return wanted;
    }
    if (const auto card = cardFor(queries))
        if (auto wanted = attentionBackwardOnCard(*card, call, saved, rowsWanted)) return *wanted;
    return definitionGradients(call, gradient);
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

Tensor treeAttention(const Tensor& queries, const AttentionRows& rows, std::int64_t first,
                     std::span<const TreeSlot> tree, const AttentionOwn& own) {
    if (!cpuKernelsTake(queries.scalar_type(), queries.device()))
        return treeAttentionComposed(queries, rows, first, tree, own);
    AttentionRun run{first, std::int64_t(tree.size())};
    run.own = true;
    const AttentionTensors call(queries, rows, {run}, own);
    const Tensor output = call.emptyOutput();
    const auto attend = [&]<class T>(T* out) {
        AttentionInput<T> in = inputOf<T>(call);
        in.tree = tree;
        sparseAttentionForward(in, out, nullptr, parallelFor);
    };
    if (queries.scalar_type() == torch::kFloat32)
        attend(output.data_ptr<float>());
    else
        attend(static_cast<Bf16*>(output.data_ptr()));
    return output;
}

const char* sparseAttentionKernelInUse(torch::ScalarType dtype) {
    return cpuKernelsTake(dtype, torch::kCPU) ? sparseAttentionKernel(dtype == torch::kBFloat16) : "reference";
}

} // namespace palimpsest

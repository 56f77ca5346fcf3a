#include "tests/kernels/cuda/attention_run.h"

namespace palimpsest::cuda {
namespace {

// Rows of `width` numbers with a gap of NaN after each, in the format.
std::vector<std::uint16_t> withGaps(const std::vector<float>& values, std::int64_t width, const RunOptions& options,
                                    Format format) {
    std::vector<std::uint16_t> rows;
    for (std::size_t i = 0; i < values.size(); ++i) {
        rows.push_back(encode(values[i], format));
        if ((std::int64_t(i) + 1) % width == 0) rows.insert(rows.end(), std::size_t(options.gap), 0xffff);
    }
    return rows;
}

// Everything of one problem in the subject's memory.
struct Uploaded {
    const AttentionProblem16& p;
    std::int64_t queryWidth, keyWidth;
    CardMemory plan, queries, keys, values, ownKeys, ownValues, output, logSumExp;

    Uploaded(const AttentionProblem16& problem, const AttentionPlan& made, const RunOptions& o)
        : p(problem),
          queryWidth(p.shape.heads * p.headSize),
          keyWidth(p.shape.keyHeads * p.headSize),
          plan(made.words),
          queries(withGaps(p.queries, queryWidth, o, p.format)),
          keys(withGaps(p.keys, keyWidth, o, p.format)),
          values(withGaps(p.values, keyWidth, o, p.format)),
          ownKeys(withGaps(p.ownKeys, keyWidth, o, p.format)),
          ownValues(withGaps(p.ownValues, keyWidth, o, p.format)),
          output(p.queries.size() * 2),
          logSumExp(p.queries.size() / std::size_t(p.headSize) * 4) {}

    AttentionCall call(const AttentionPlan& made, const RunOptions& o) const {
        AttentionCall c;
        c.format = p.format;
        c.headSize = std::int32_t(p.headSize);
        c.heads = std::int32_t(p.shape.heads);
        c.keyHeads = std::int32_t(p.shape.keyHeads);
        c.scale = p.scale();
        c.sizes = made.sizes;
        c.plan = plan.as<std::int32_t>();
        c.queries = queries.as<void>();
        c.queryStride = queryWidth + o.gap;
        c.keys = keys.as<void>();
        c.values = values.as<void>();
        c.rowStride = c.ownStride = keyWidth + o.gap;
        c.ownKeys = ownKeys.as<void>();
        c.ownValues = ownValues.as<void>();
        c.output = output.as<void>();
        c.logSumExp = logSumExp.as<float>();
        return c;
    }
};

// Runs the backward pass after a forward one; fills the gradients of `result`.
void runBackward(const AttentionCall& forward, const AttentionProblem16& p, const RunOptions& options,
                 AttentionResult& result) {
    const CudaKernels& kernels = *subject().kernels;
    const CardMemory outputGradient(encode(p.outputGradient, p.format)), queries(p.queries.size() * 2),
        keys(p.keys.size() * 2), values(p.keys.size() * 2), ownKeys(p.ownKeys.size() * 2),
        ownValues(p.ownKeys.size() * 2), workspace(std::size_t(attentionWorkspace(forward)) * 4);
    AttentionGradientCall call;
    call.forward = forward;
    call.outputGradient = outputGradient.as<void>();
    call.queries = queries.as<void>();
    call.keys = options.rowGradients ? keys.as<void>() : nullptr;
    call.values = options.rowGradients ? values.as<void>() : nullptr;
    call.ownKeys = options.ownGradients ? ownKeys.as<void>() : nullptr;
    call.ownValues = options.ownGradients ? ownValues.as<void>() : nullptr;
    call.workspace = workspace.as<float>();
    result.status = kernels.attentionBackward(&call, nullptr);
    if (result.status == Status::Ok) result.status = kernels.wait(nullptr);
    const auto read = [&](const CardMemory& memory) { return decode(memory.read<std::uint16_t>(), p.format); };
    result.queries = read(queries);
    result.keys = read(keys);
    result.values = read(values);
    result.ownKeys = read(ownKeys);
    result.ownValues = read(ownValues);
}

} // namespace

AttentionResult runAttention(const AttentionProblem16& p, const RunOptions& options) {
    const CudaKernels& kernels = *subject().kernels;
    AttentionResult result;
    const auto plan = planAttention(p.shape, p.positions, p.globals, p.runs);
    if (!plan) {
        result.status = Status::BadSize;
        return result;
    }
    const Uploaded memory(p, *plan, options);
    const AttentionCall call = memory.call(*plan, options);
    result.status = kernels.attentionForward(&call, nullptr);
    if (result.status == Status::Ok) result.status = kernels.wait(nullptr);
    result.output = decode(memory.output.read<std::uint16_t>(), p.format);
    result.logSumExp = memory.logSumExp.read<float>();
    if (options.backward && result.status == Status::Ok) runBackward(call, p, options, result);
    return result;
}

} // namespace palimpsest::cuda

#include "kernels/torch/sparse_attention_card.h"

#include "kernels/cuda/attention_plan.h"

#include <deque>
#include <mutex>

namespace palimpsest {
namespace {

using torch::Tensor;

struct CardPlan {
    Tensor words; // int32, on the device
    cuda::AttentionPlanSizes sizes;
};

// Plans already laid out. Every layer of a phase asks for the same one in every pass over a text, and laying out and
// uploading takes longer than attending.
class KnownPlans {
public:
    // Nothing when planAttention() gives nothing.
    std::optional<CardPlan> planFor(const AttentionTensors& call) {
        Question question{{call.queries.size(1), call.keys.size(1), call.pattern, call.pattern.phase(call.layer)},
                          call.queries.device(),
                          call.runs,
                          {call.positions.const_data_ptr<std::int64_t>(),
                           call.positions.const_data_ptr<std::int64_t>() + call.positions.size(0)}};
        const std::scoped_lock lock(m_mutex);
        for (const auto& [known, plan] : m_known)
            if (known == question) return plan;
        const auto planned = cuda::planAttention(question.shape, question.positions, {}, question.runs);
        if (!planned) return {};
        const Tensor words = torch::from_blob(const_cast<std::int32_t*>(planned->words.data()),
                                              {std::int64_t(planned->words.size())}, torch::kInt32);
        const CardPlan plan{words.to(question.device, torch::kInt32, false, true), planned->sizes};
        if (m_known.size() == kMost) m_known.pop_front();
        m_known.emplace_back(std::move(question), plan);
        return plan;
    }

private:
    // Sixteen phases, for a clean and a noised stream.
    static constexpr std::size_t kMost = 32;
    struct Question {
        cuda::AttentionShape shape;
        torch::Device device;
        std::vector<AttentionRun> runs;
        std::vector<std::int64_t> positions;
        bool operator==(const Question&) const = default;
    };
    std::mutex m_mutex;
    std::deque<std::pair<Question, CardPlan>> m_known;
};

KnownPlans& knownPlans() {
    static KnownPlans plans;
    return plans;
}

void* pointer(const Tensor& x) {
    return x.defined() ? x.data_ptr() : nullptr;
}

// A call, and the tensors it points into.
struct CardCall {
    Tensor queries, keys, values, ownKeys, ownValues;
    CardPlan plan;
    cuda::AttentionCall call;

    CardCall(const AttentionTensors& in, CardPlan made, const Tensor& output, const Tensor& logSumExp)
        : queries(alignedRows(in.queries)),
          keys(alignedRows(in.keys)),
          values(alignedRows(in.values)),
          ownKeys(alignedRows(in.ownKeys)),
          ownValues(alignedRows(in.ownValues)),
          plan(std::move(made)) {
        makeStridesEqual(keys, values);
        makeStridesEqual(ownKeys, ownValues);
        call.format = cardFormat(queries);
        call.headSize = std::int32_t(queries.size(2));
        call.heads = std::int32_t(queries.size(1));
        call.keyHeads = std::int32_t(keys.size(1));
        call.scale = in.scale();
        call.sizes = plan.sizes;
        call.plan = plan.words.const_data_ptr<std::int32_t>();
        call.queries = pointer(queries);
        call.queryStride = queries.stride(0);
        call.keys = pointer(keys);
        call.values = pointer(values);
        call.rowStride = keys.stride(0);
        call.ownKeys = pointer(ownKeys);
        call.ownValues = pointer(ownValues);
        call.ownStride = ownKeys.defined() ? ownKeys.stride(0) : 0;
        call.output = pointer(output);
        call.logSumExp = logSumExp.data_ptr<float>();
    }

private:
    // One of a pair was copied for its alignment.
    static void makeStridesEqual(Tensor& a, Tensor& b) {
        if (!a.defined() || a.stride(0) == b.stride(0)) return;
        a = a.contiguous();
        b = b.contiguous();
    }
};

} // namespace

std::optional<AttentionResult> attentionForwardOnCard(const Card& card, const AttentionTensors& in) {
    const AttentionResult result{in.emptyOutput(), in.emptyLogSumExp()};
    if (in.queries.numel() == 0) return result;
    const auto plan = knownPlans().planFor(in);
    if (!plan) return {};
    const CardCall call(in, *plan, result.output, result.logSumExp);
    const cuda::Status status = card.kernels->attentionForward(&call.call, card.stream);
    return launched(card, status, "sparse_attention") ? std::optional(result) : std::nullopt;
}

std::optional<AttentionGradientTensors> attentionBackwardOnCard(const Card& card, const AttentionTensors& in,
                                                                const AttentionSaved& saved, bool rowsWanted) {
    const AttentionGradientTensors wanted = zeroGradients(in, rowsWanted);
    if (in.queries.numel() == 0) return wanted;
    const auto plan = knownPlans().planFor(in);
    if (!plan) return {};
    const CardCall forward(in, *plan, saved.output, saved.logSumExp);
    const Tensor gradient = alignedRows(saved.gradient.contiguous());
    const Tensor workspace =
        torch::empty({cuda::attentionWorkspace(forward.call)}, saved.logSumExp.options().dtype(torch::kFloat32));
    const auto& [queries, keys, values, ownKeys, ownValues] = wanted;
    const cuda::AttentionGradientCall call{
        forward.call,    pointer(gradient), pointer(queries),   pointer(keys),
        pointer(values), pointer(ownKeys),  pointer(ownValues), workspace.data_ptr<float>()};
    const cuda::Status status = card.kernels->attentionBackward(&call, card.stream);
    return launched(card, status, "sparse_attention_backward") ? std::optional(wanted) : std::nullopt;
}

} // namespace palimpsest

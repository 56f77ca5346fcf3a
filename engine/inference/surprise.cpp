#include "engine/inference/surprise.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr std::size_t kPiece = 256; // tokens of a pass: bounds the logits

} // namespace

std::vector<float> surprisesOf(const Model& model, CleanContext context, const torch::Tensor& lastHidden,
                               std::span<const std::int64_t> ids, const std::stop_token& stop) {
    std::vector<float> all;
    all.reserve(ids.size());
    torch::Tensor before = lastHidden.unsqueeze(0); // (1, D): predicts the next token
    for (std::size_t at = 0; at < ids.size() && !stop.stop_requested(); at += kPiece) {
        const auto piece = ids.subspan(at, std::min(kPiece, ids.size() - at));
        const std::int64_t count = std::int64_t(piece.size()), position = context.length();
        const CleanInput input{&context, {piece.begin(), piece.end()}, position};
        const torch::Tensor hidden = model.clean(std::span(&input, 1)).front(); // (L, D)
        context.trim(position + count);
        const torch::Tensor predicting = torch::cat({before, hidden.slice(0, 0, count - 1)});
        const torch::Tensor targets =
            torch::tensor(std::vector<std::int64_t>(piece.begin(), piece.end()), torch::kInt64).to(hidden.device());
        const torch::Tensor nats = -at::log_softmax(model.logits(predicting), -1) // (L, V) -> (L, 1)
                                        .gather(1, targets.unsqueeze(1));
        const torch::Tensor values = nats.to(torch::kCPU, torch::kFloat32).contiguous();
        const float* first = values.data_ptr<float>();
        for (std::int64_t i = 0; i < count; ++i) all.push_back(std::max(0.0f, first[i]));
        before = hidden.slice(0, count - 1);
    }
    return all;
}

} // namespace palimpsest

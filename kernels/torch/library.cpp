#include "kernels/torch/library.h"

#include <string>
#include <torch/library.h>

// pattern: window, dilation, count, globals, layer. runs (R, 7) int64: the members of AttentionRun in their order.
TORCH_LIBRARY(palimpsest, library) {
    library.def("sparse_attention(Tensor queries, Tensor keys, Tensor values, Tensor positions, Tensor runs, "
                "Tensor? own_keys, Tensor? own_values, int[5] pattern) -> (Tensor, Tensor)");
    library.def("sparse_attention_backward(Tensor gradient, Tensor output, Tensor log_sum_exp, Tensor queries, "
                "Tensor keys, Tensor values, Tensor positions, Tensor runs, Tensor? own_keys, Tensor? own_values, "
                "int[5] pattern, bool rows_wanted) -> (Tensor, Tensor, Tensor, Tensor, Tensor)");
    // -> the sum, and what the backward pass wants of the forward one when `keep` (routed_experts_card.h).
    library.def("routed_experts(Tensor x, Tensor chosen, Tensor shares, Tensor inward, Tensor outward, int experts, "
                "bool keep) -> (Tensor, Tensor, Tensor)");
    library.def("routed_experts_backward(Tensor gradient, Tensor x, Tensor chosen, Tensor shares, Tensor inward, "
                "Tensor outward, Tensor hidden, Tensor dispatch, int experts) -> (Tensor, Tensor, Tensor, Tensor)");
}

namespace palimpsest {

c10::OperatorHandle operation(const char* name) {
    return c10::Dispatcher::singleton().findSchemaOrThrow((std::string("palimpsest::") + name).c_str(), "");
}

} // namespace palimpsest

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
}

namespace palimpsest {

c10::OperatorHandle operation(const char* name) {
    return c10::Dispatcher::singleton().findSchemaOrThrow((std::string("palimpsest::") + name).c_str(), "");
}

} // namespace palimpsest

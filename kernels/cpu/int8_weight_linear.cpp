#include "kernels/cpu/int8_weight_linear.h"

#include "kernels/cpu/int8_weight_linear_rows.h"

namespace palimpsest {

float quantise(const float* values, std::int64_t count, std::int8_t* quantised) {
    const RunScale run = scaleOf(values, count);
    for (std::int64_t i = 0; i < count; ++i)
        quantised[i] = run.inverse == 0 ? std::int8_t(0) : std::int8_t(rounded(values[i], run.inverse));
    return run.scale;
}

} // namespace palimpsest

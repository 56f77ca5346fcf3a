#if defined(__AVX512F__)
#include "kernels/cpu/experts_rows.h"

const palimpsest::detail::ExpertRows palimpsest::detail::kExpertRowsAvx512 = palimpsest::detail::kRows;
#endif

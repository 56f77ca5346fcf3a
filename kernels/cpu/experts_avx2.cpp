#if defined(__AVX2__)
#include "kernels/cpu/experts_rows.h"

const palimpsest::detail::ExpertRows palimpsest::detail::kExpertRowsAvx2 = palimpsest::detail::kRows;
#endif

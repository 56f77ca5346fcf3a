#include "kernels/cpu/experts_rows.h"

const palimpsest::detail::ExpertRows palimpsest::detail::kExpertRowsScalar = palimpsest::detail::kRows;

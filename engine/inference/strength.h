// The writer's strength, a share of words, and the noise level that changes so many. Torch-free.
#pragma once

namespace palimpsest {

// Level t0 at which about `share` (0 … 1) of the open words change; measured, see the table in strength.cpp.
// 0 gives 0 (nothing moves), 1 gives 1 (everything starts absorbed).
double levelOfStrength(double share);

} // namespace palimpsest

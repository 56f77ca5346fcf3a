#include "kernels/cpu/row_operations.h"

#include "kernels/cpu/instruction_set.h"

namespace palimpsest {
namespace {

const RowOperations& chosen() {
    static const RowOperations& operations = instructions().has(InstructionSet::Avx512) ? rowOperationsAvx512()
                                             : instructions().has(InstructionSet::Avx2) ? rowOperationsAvx2()
                                                                                        : rowOperationsScalar();
    return operations;
}

} // namespace

void normalise(const NormCall& call) {
    chosen().normalise(call);
}

void gate(const GateCall& call) {
    chosen().gate(call);
}

void rotate(const RotateCall& call) {
    chosen().rotate(call);
}

float powersOfLargest(const PowersCall& call) {
    return chosen().powersOfLargest(call);
}

} // namespace palimpsest

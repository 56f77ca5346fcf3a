#include "kernels/cpu/row_operations_loops.h"

const palimpsest::RowOperations& palimpsest::rowOperationsAvx512() {
    return kRowOperations;
}

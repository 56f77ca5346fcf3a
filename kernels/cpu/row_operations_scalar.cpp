#include "kernels/cpu/row_operations_loops.h"

const palimpsest::RowOperations& palimpsest::rowOperationsScalar() {
    return kRowOperations;
}

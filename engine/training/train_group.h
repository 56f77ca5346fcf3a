// The processes that train one model together: torchrun's environment, c10d's Gloo. No transport of our own.
#pragma once

#include "engine/base/result.h"

#include <memory>
#include <torch/torch.h>

namespace palimpsest {

// Every process calls the same operations in the same order; each blocks until all have. Used by one thread.
// Throws c10::Error when another process is gone or does not answer within ten minutes.
class TrainGroup {
public:
    // From RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them; without WORLD_SIZE a group of one.
    // Blocks until all processes are there. InvalidArgument names the variable that is wrong; Io: no meeting.
    static Result<std::unique_ptr<TrainGroup>> fromEnvironment();
    virtual ~TrainGroup() = default;

    virtual int rank() const = 0; // 0 … size() - 1; 0 writes the files
    virtual int size() const = 0;
    virtual void sum(torch::Tensor& tensor) = 0;       // in place, over all processes; on the CPU
    virtual void broadcast(torch::Tensor& tensor) = 0; // in place, from rank 0
};

} // namespace palimpsest

// Checks a call and launches the attention kernels it needs.
#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/sparse_attention.cuh"
#include "kernels/cuda/sparse_attention_backward.cuh"

namespace palimpsest::cuda {

inline Status checkAttention(const AttentionCall& call) {
    const bool sizes = (call.headSize == 32 || call.headSize == 64 || call.headSize == 128) && call.keyHeads > 0 &&
                       call.heads >= call.keyHeads && call.heads % call.keyHeads == 0 &&
                       call.keyHeads <= std::int32_t(kMostGridY) && call.sizes.queries >= 0 && call.sizes.rows >= 0;
    const bool strides = call.queryStride % 8 == 0 && call.rowStride % 8 == 0 && call.ownStride % 8 == 0;
    const bool pointers = aligned16(call.queries) && aligned16(call.keys) && aligned16(call.values) &&
                          aligned16(call.ownKeys) && aligned16(call.ownValues) && aligned16(call.output);
    const bool format = call.format == Format::Bf16 || call.format == Format::F16;
    if (!sizes || !strides || !pointers || !format || !call.plan) return Status::BadSize;
    if (call.sizes.ownKeyTiles > 0 && (!call.ownKeys || !call.ownValues)) return Status::BadSize;
    return refuseOldCard(call.format);
}

// Calls body.operator()<Numbers, kHeadSize>() for the call's format and head size.
template<class Body>
Status forFormatAndHeadSize(const AttentionCall& call, const Body& body) {
    const bool bf16 = call.format == Format::Bf16;
    switch (call.headSize) {
    case 32: return bf16 ? body.template operator()<Bf16Numbers, 32>() : body.template operator()<F16Numbers, 32>();
    case 64: return bf16 ? body.template operator()<Bf16Numbers, 64>() : body.template operator()<F16Numbers, 64>();
    default: return bf16 ? body.template operator()<Bf16Numbers, 128>() : body.template operator()<F16Numbers, 128>();
    }
}

inline Status launchAttentionForward(const AttentionCall& call, void* stream) {
    if (const Status status = checkAttention(call); status != Status::Ok) return status;
    return forFormatAndHeadSize(call, [&]<class Numbers, int kHeadSize>() {
        return launchKernel(attentionForward<Numbers, kHeadSize>,
                            {unsigned(call.sizes.queryTiles), unsigned(call.keyHeads), 1}, kThreads,
                            forwardSharedBytes<kHeadSize>(stagesOnCard()), call, stream);
    });
}

inline Status checkAttentionGradients(const AttentionGradientCall& call) {
    if (const Status status = checkAttention(call.forward); status != Status::Ok) return status;
    const bool needed = call.forward.output && call.forward.logSumExp && call.outputGradient && call.queries &&
                        call.workspace && !call.keys == !call.values && !call.ownKeys == !call.ownValues;
    const bool pointers = aligned16(call.outputGradient) && aligned16(call.queries) && aligned16(call.keys) &&
                          aligned16(call.values) && aligned16(call.ownKeys) && aligned16(call.ownValues);
    return needed && pointers ? Status::Ok : Status::BadSize;
}

template<class Numbers, int kHeadSize>
Status launchKeyGradients(const AttentionGradientCall& call, void* stream) {
    const AttentionPlanSizes& sizes = call.forward.sizes;
    const unsigned keyHeads = unsigned(call.forward.keyHeads);
    const std::int32_t first = call.keys ? 0 : sizes.rowKeyTiles;
    const std::int32_t last = sizes.rowKeyTiles + (call.ownKeys ? sizes.ownKeyTiles : 0);
    if (first >= last) return Status::Ok;
    const Status status =
        launchKernel(attentionGradKeys<Numbers, kHeadSize>, {unsigned(last - first), keyHeads, 1}, kThreads,
                     gradKeysSharedBytes<kHeadSize>(stagesOnCard()), KeyGradientCall{call, first}, stream);
    if (status != Status::Ok || !call.keys) return status;
    return launchKernel(attentionAddParts<Numbers>, {unsigned(sizes.splitTiles), keyHeads, 2}, kThreads, 0, call,
                        stream);
}

inline Status launchAttentionBackward(const AttentionGradientCall& call, void* stream) {
    if (const Status status = checkAttentionGradients(call); status != Status::Ok) return status;
    const AttentionPlanSizes& sizes = call.forward.sizes;
    return forFormatAndHeadSize(call.forward, [&]<class Numbers, int kHeadSize>() {
        const auto warps = unsigned((sizes.queries * call.forward.heads + kThreads / 32 - 1) / (kThreads / 32));
        Status status = launchKernel(attentionDeltas<Numbers>, {warps, 1, 1}, kThreads, 0, call, stream);
        if (status == Status::Ok)
            status = launchKernel(attentionGradQueries<Numbers, kHeadSize>,
                                  {unsigned(sizes.queryTiles), unsigned(call.forward.keyHeads), 1}, kThreads,
                                  gradQueriesSharedBytes<kHeadSize>(stagesOnCard()), call, stream);
        return status == Status::Ok ? launchKeyGradients<Numbers, kHeadSize>(call, stream) : status;
    });
}

} // namespace palimpsest::cuda

// Checks a call and launches the kernels of the experts.
#pragma once

#include "kernels/cuda/experts_backward.cuh"
#include "kernels/cuda/launch.cuh"

namespace palimpsest::cuda {

inline Status checkExperts(const ExpertsCall& call) {
    const bool sizes = call.rows >= 0 && call.width > 0 && call.width % 8 == 0 && call.inner > 0 &&
                       call.inner % 8 == 0 && call.experts > 0 && call.experts <= kMostExperts && call.perToken > 0 &&
                       std::int64_t(call.rows) * call.perToken < kFar && call.outwardExpert % 8 == 0 &&
                       call.outwardRow % 8 == 0 && call.outwardRow >= call.inner;
    const bool pointers = aligned16(call.x) && aligned16(call.inward) && aligned16(call.outward) &&
                          aligned16(call.output) && aligned16(call.hidden) && aligned16(call.workspace);
    // Without rows the backward pass still writes zeros to the weights' gradients.
    const bool needed = call.dispatch && call.inward && call.outward &&
                        (call.rows == 0 || (call.hidden && call.workspace && call.chosen && call.weights && call.x));
    const bool format = call.format == Format::Bf16 || call.format == Format::F16;
    if (!sizes || !pointers || !format || !needed) return Status::BadSize;
    return refuseOldCard(call.format);
}

inline unsigned squares(std::int64_t size) {
    return unsigned((size + kSide - 1) / kSide);
}
// As many tiles of pairs as there can be; the kernels find out how many there are.
inline unsigned pairTiles(const ExpertsCall& call) {
    return squares(std::int64_t(call.rows) * call.perToken) + unsigned(call.experts);
}

template<class Numbers, class Product>
Status launchProduct(const typename Product::Call& call, Grid grid, void* stream) {
    return launchKernel(expertProduct<Numbers, Product>, grid, kThreads, productSharedBytes(stagesOnCard()), call,
                        stream);
}

template<class Numbers>
Status launchCombine(const ExpertsCall& call, void* to, bool add, void* stream) {
    const std::int64_t pairs = std::int64_t(call.rows) * call.width / 2;
    return launchKernel(combinePairs<Numbers>, {unsigned((pairs + kThreads - 1) / kThreads), 1, 1}, kThreads, 0,
                        CombineCall{call, to, add}, stream);
}

template<class Numbers>
Status expertsForwardIn(const ExpertsCall& call, void* stream) {
    Status status = launchKernel(dispatchExperts, {1, 1, 1}, kThreads, dispatchSharedBytes(call.experts), call, stream);
    if (status == Status::Ok)
        status = launchProduct<Numbers, HiddenProduct>(call, {pairTiles(call), squares(2 * call.inner), 1}, stream);
    if (status == Status::Ok)
        status = launchProduct<Numbers, OutputProduct>(call, {pairTiles(call), squares(call.width), 1}, stream);
    return status == Status::Ok ? launchCombine<Numbers>(call, call.output, true, stream) : status;
}

inline Status launchExpertsForward(const ExpertsCall& call, void* stream) {
    if (const Status status = checkExperts(call); status != Status::Ok) return status;
    if (!call.output && call.rows > 0) return Status::BadSize;
    return call.format == Format::Bf16 ? expertsForwardIn<Bf16Numbers>(call, stream)
                                       : expertsForwardIn<F16Numbers>(call, stream);
}

template<class Numbers>
Status expertsBackwardIn(const ExpertsGradientCall& gradients, void* stream) {
    const ExpertsCall& call = gradients.forward;
    const unsigned pairs = unsigned(call.rows) * unsigned(call.perToken), experts = unsigned(call.experts);
    const unsigned inner = squares(call.inner), width = squares(call.width);
    Status status = launchProduct<Numbers, ActiveGradientProduct>(gradients, {pairTiles(call), inner, 1}, stream);
    if (status == Status::Ok)
        status = launchKernel(hiddenGradient<Numbers>, {(pairs + 3) / 4, 1, 1}, kThreads, 0, gradients, stream);
    if (status == Status::Ok)
        status = launchProduct<Numbers, InputGradientProduct>(gradients, {pairTiles(call), width, 1}, stream);
    if (status == Status::Ok) status = launchCombine<Numbers>(call, gradients.x, false, stream);
    if (status == Status::Ok && gradients.inward)
        status =
            launchProduct<Numbers, InwardGradientProduct>(gradients, {squares(2 * call.inner), width, experts}, stream);
    if (status == Status::Ok && gradients.outward)
        status = launchProduct<Numbers, OutwardGradientProduct>(gradients, {width, inner, experts}, stream);
    return status;
}

inline Status launchExpertsBackward(const ExpertsGradientCall& gradients, void* stream) {
    const ExpertsCall& call = gradients.forward;
    if (const Status status = checkExperts(call); status != Status::Ok) return status;
    const bool pointers = aligned16(gradients.outputGradient) && aligned16(gradients.x) &&
                          aligned16(gradients.inward) && aligned16(gradients.outward);
    const bool needed = call.rows == 0 || (gradients.outputGradient && gradients.x && gradients.weights);
    if (!pointers || !needed) return Status::BadSize;
    return call.format == Format::Bf16 ? expertsBackwardIn<Bf16Numbers>(gradients, stream)
                                       : expertsBackwardIn<F16Numbers>(gradients, stream);
}

} // namespace palimpsest::cuda

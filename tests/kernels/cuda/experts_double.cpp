#include "tests/kernels/cuda/experts_double.h"

#include <cmath>
#include <limits>

namespace palimpsest::cuda {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

// A number and how far a kernel's may be from it.
struct Near {
    double value = 0, bound = 0;
};

// Sum of products of 16-bit numbers (or of ones that are off already), as f32 sums them.
struct Sum {
    double value = 0, magnitude = 0, bound = 0;
    std::size_t terms = 0;

    void add(Near a, double b) {
        value += a.value * b;
        magnitude += std::abs(a.value * b);
        bound += a.bound * std::abs(b);
        ++terms;
    }
    Near result() const { return {value, bound + kEpsilon * double(terms + 2) * magnitude}; }
};

struct Unit {
    Near gate, up; // as summed, before they are rounded
};

struct Worker {
    const ExpertsProblem16& p;
    ExpertsDouble r;
    double u, smallest;

    explicit Worker(const ExpertsProblem16& problem)
        : p(problem), u(unitRoundoff(p.format)), smallest(p.format == Format::F16 ? std::ldexp(1.0, -25) : 0) {
        r.output = r.x = Bounded(p.x.size());
        r.weights = Bounded(p.weights.size());
        r.inward = Bounded(p.inward.size());
        r.outward = Bounded(p.outward.size());
    }

    Near rounded(Near n) const { return {n.value, n.bound * (1 + u) + u * std::abs(n.value) + smallest}; }

    const float* inwardRow(std::size_t expert, std::size_t row) const {
        return p.inward.data() + (expert * 2 * p.inner + row) * p.width;
    }
    Near dotX(std::size_t row, const float* weights) const {
        Sum sum;
        for (std::size_t d = 0; d < p.width; ++d) sum.add({p.x[row * p.width + d], 0}, weights[d]);
        return sum.result();
    }
    Unit unit(std::size_t row, std::size_t expert, std::size_t w) const {
        return {dotX(row, inwardRow(expert, w)), dotX(row, inwardRow(expert, p.inner + w))};
    }
    // silu has slopes up to 1.1 and is computed within a few units of f32.
    static Near active(const Unit& n) {
        const double silu = n.gate.value / (1 + std::exp(-n.gate.value));
        const double value = silu * n.up.value;
        const double off = 1.1 * n.gate.bound * (std::abs(n.up.value) + n.up.bound) + std::abs(silu) * n.up.bound;
        return {value, off + 16 * kEpsilon * std::abs(value)};
    }

    void forward(std::size_t row) {
        for (std::size_t d = 0; d < p.width; ++d) {
            const std::size_t at = row * p.width + d;
            r.output.value[at] = p.output[at];
        }
        for (std::size_t choice = 0; choice < p.perToken; ++choice) {
            const auto e = std::size_t(p.chosen[row * p.perToken + choice]);
            const double weight = p.weights[row * p.perToken + choice];
            std::vector<Near> units;
            for (std::size_t w = 0; w < p.inner; ++w) units.push_back(rounded(active(unit(row, e, w))));
            for (std::size_t d = 0; d < p.width; ++d) {
                Sum sum;
                for (std::size_t w = 0; w < p.inner; ++w) sum.add(units[w], p.outward[(e * p.width + d) * p.inner + w]);
                const Near result = sum.result();
                const std::size_t at = row * p.width + d;
                r.output.value[at] += weight * result.value;
                r.output.bound[at] += weight * result.bound + 4 * kEpsilon * std::abs(weight * result.value);
            }
        }
        roundOff(r.output, row * p.width, p.width);
    }

    // The result is rounded to 16 bits; f32 sums of results cost little beside it.
    void roundOff(Bounded& results, std::size_t begin, std::size_t count) const {
        for (std::size_t i = begin; i < begin + count; ++i) {
            const Near n = rounded({results.value[i], results.bound[i] + 8 * kEpsilon * std::abs(results.value[i])});
            results.bound[i] = n.bound;
        }
    }

    // Gradients of gate and up, through a unit of the pair whose own gradient, unweighted, is `above`.
    std::pair<Near, Near> throughUnit(const Unit& n, Near above, double weight) const {
        const double g = n.gate.value, up = n.up.value, sigmoid = 1 / (1 + std::exp(-g));
        const double slope = sigmoid * (1 + g * (1 - sigmoid)), silu = g * sigmoid, a = std::abs(above.value);
        const Near gate{weight * above.value * up * slope,
                        weight * (above.bound * std::abs(up * slope) + 1.1 * a * n.up.bound +
                                  0.5 * a * std::abs(up) * n.gate.bound + 16 * kEpsilon * a * std::abs(up))};
        const Near upward{weight * above.value * silu, weight * (above.bound * std::abs(silu) + 1.1 * a * n.gate.bound +
                                                                 16 * kEpsilon * a * std::abs(silu))};
        // Products of two deviations are left out above; they are a small part of any.
        return {rounded({gate.value, 1.05 * gate.bound}), rounded({upward.value, 1.05 * upward.bound})};
    }

    void addOutwardGradient(std::size_t row, std::size_t e, std::size_t w, Near unitTimesWeight) {
        for (std::size_t d = 0; d < p.width; ++d) {
            const double gradient = p.outputGradient[row * p.width + d];
            const std::size_t at = (e * p.width + d) * p.inner + w;
            r.outward.value[at] += unitTimesWeight.value * gradient;
            r.outward.bound[at] +=
                (unitTimesWeight.bound + kEpsilon * double(p.rows) * std::abs(unitTimesWeight.value)) *
                std::abs(gradient);
        }
    }

    void addHiddenGradient(std::size_t row, std::size_t e, std::size_t hiddenRow, Near gradient) {
        const double off = gradient.bound + kEpsilon * double(p.rows + 2 * p.inner) * std::abs(gradient.value);
        for (std::size_t d = 0; d < p.width; ++d) {
            const double weight = inwardRow(e, hiddenRow)[d], x = p.x[row * p.width + d];
            const std::size_t at = (e * 2 * p.inner + hiddenRow) * p.width + d;
            r.inward.value[at] += gradient.value * x;
            r.inward.bound[at] += off * std::abs(x);
            r.x.value[row * p.width + d] += gradient.value * weight;
            r.x.bound[row * p.width + d] += off * std::abs(weight);
        }
    }

    void backward(std::size_t row, std::size_t choice) {
        const std::size_t pair = row * p.perToken + choice;
        const auto e = std::size_t(p.chosen[pair]);
        const double weight = p.weights[pair];
        Sum ofWeight;
        for (std::size_t w = 0; w < p.inner; ++w) {
            Unit n = unit(row, e, w);
            n = {rounded(n.gate), rounded(n.up)};
            Sum sum;
            for (std::size_t d = 0; d < p.width; ++d)
                sum.add({p.outputGradient[row * p.width + d], 0}, p.outward[(e * p.width + d) * p.inner + w]);
            const Near above = sum.result(), unitValue = active(n);
            ofWeight.add(above, unitValue.value);
            ofWeight.bound += unitValue.bound * (std::abs(above.value) + above.bound);
            addOutwardGradient(row, e, w, rounded({unitValue.value * weight, unitValue.bound * weight}));
            const auto [gate, up] = throughUnit(n, above, weight);
            addHiddenGradient(row, e, w, gate);
            addHiddenGradient(row, e, p.inner + w, up);
        }
        r.weights.value[pair] = ofWeight.result().value;
        r.weights.bound[pair] = ofWeight.result().bound;
    }
};

} // namespace

ExpertsDouble expertsInDouble(const ExpertsProblem16& p) {
    Worker worker(p);
    for (std::size_t row = 0; row < p.rows; ++row) {
        worker.forward(row);
        for (std::size_t choice = 0; choice < p.perToken; ++choice) worker.backward(row, choice);
    }
    for (Bounded* gradient : {&worker.r.x, &worker.r.inward, &worker.r.outward})
        worker.roundOff(*gradient, 0, gradient->value.size());
    return std::move(worker.r);
}

} // namespace palimpsest::cuda

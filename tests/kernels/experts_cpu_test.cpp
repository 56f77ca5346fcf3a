// The experts on raw pointers against loops in double: every kind of weights, few and many rows, forward and backward.
#include "kernels/cpu/experts.h"
#include "kernels/reference/experts_pairs_reference.h"
#include "tests/support/cases.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace palimpsest {
namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

enum class Routing { Random, AllOnOne, FirstOnes };

struct Size {
    std::int64_t rows, width, experts, inner, perToken;
};

std::vector<std::int64_t> routes(const Size& s, Routing routing, std::mt19937& random) {
    std::vector<std::int64_t> chosen, experts;
    for (std::int64_t e = 0; e < s.experts; ++e) experts.push_back(e);
    for (std::int64_t row = 0; row < s.rows; ++row) {
        if (routing == Routing::Random) std::shuffle(experts.begin(), experts.end(), random);
        if (routing == Routing::AllOnOne) std::rotate(experts.begin(), experts.end() - 1, experts.end());
        if (routing == Routing::AllOnOne) // the last expert is every row's first choice
            std::iter_swap(experts.begin(), std::ranges::find(experts, s.experts - 1));
        chosen.insert(chosen.end(), experts.begin(), experts.begin() + s.perToken);
    }
    return chosen;
}

// Values are floats, so that the kernels and the reference see the same ones.
ExpertsPairsProblem problem(const Size& s, Routing routing) {
    std::mt19937 random(unsigned(s.rows * 7 + s.width + s.experts * 31 + s.inner));
    std::normal_distribution<float> normal;
    const auto numbers = [&](std::int64_t count, double scale) {
        Doubles values;
        for (std::int64_t i = 0; i < count; ++i) values.push_back(float(scale * double(normal(random))));
        return values;
    };
    ExpertsPairsProblem p{s.rows, s.width, s.experts, s.inner, s.perToken, routes(s, routing, random), {}, {}, {}, {}};
    for (std::int64_t i = 0; i < s.rows * s.perToken; ++i)
        p.shares.push_back(float(0.1 + 0.8 * std::abs(double(normal(random)))));
    p.x = numbers(s.rows * s.width, 1);
    p.inward = numbers(s.experts * 2 * s.inner * s.width, 1 / std::sqrt(double(s.width)));
    p.outward = numbers(s.width * s.experts * s.inner, 1 / std::sqrt(double(s.inner)));
    return p;
}

Floats floats(const Doubles& values) {
    return {values.begin(), values.end()};
}

// Cuts the work in pieces of one, three and the rest, the last first: as unlike one thread as can be.
void inPieces(std::int64_t items, const std::function<void(std::int64_t, std::int64_t)>& body) {
    const std::int64_t a = std::min<std::int64_t>(1, items), b = std::min<std::int64_t>(4, items);
    if (b < items) body(b, items);
    if (a < b) body(a, b);
    if (a > 0) body(0, a);
}

void atOnce(std::int64_t items, const std::function<void(std::int64_t, std::int64_t)>& body) {
    body(0, items);
}

struct Run {
    Floats sum, hidden;
};

Run forward(const ExpertsPairsProblem& p, WeightType type, const ParallelFor& parallel, float before = 0) {
    const ExpertsShape shape{p.width, p.experts, p.inner, p.perToken};
    const Floats x = floats(p.x), shares = floats(p.shares), in = floats(p.inward), out = floats(p.outward);
    std::vector<std::byte> inward(packedInwardBytes(type, shape)), outward(packedOutwardBytes(type, shape));
    packExperts(type, shape, in.data(), out.data(), inward.data(), outward.data());
    Run run{Floats(p.x.size(), before), Floats(p.chosen.size() * std::size_t(2 * p.inner))};
    expertsForward<float>({shape,
                           {type, inward.data(), outward.data()},
                           {p.chosen.data(), shares.data()},
                           x.data(),
                           p.width,
                           p.rows,
                           run.sum.data(),
                           p.width,
                           run.hidden.data()},
                          parallel);
    return run;
}

double norm(const Doubles& values) {
    double sum = 0;
    for (double value : values) sum += value * value;
    return std::sqrt(sum);
}

// |a - b| / |b|; infinite where a holds a NaN or has another size.
double distance(const Floats& a, const Doubles& b) {
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
    const double relative = std::sqrt(sum) / std::max(norm(b), 1e-30);
    return relative >= 0 ? relative : std::numeric_limits<double>::infinity();
}

// Roundings of three factors (x, both matrices, with active between) add up as independent errors do; twice that.
double tolerance(WeightType type) {
    const double perFactor = type == WeightType::F32 ? 0x1p-22 : type == WeightType::Bf16 ? 0x1p-8 : 1.0 / 100;
    return 2 * std::sqrt(5.0) * perFactor;
}

constexpr WeightType kTypes[] = {WeightType::F32, WeightType::Bf16, WeightType::Int8};
const Size kSizes[] = {{1, 32, 8, 64, 2}, {9, 48, 8, 16, 2},   {33, 64, 8, 64, 2},  {17, 33, 5, 7, 3},
                       {7, 16, 1, 32, 1}, {300, 40, 3, 16, 1}, {520, 64, 4, 20, 4}, {2, 576, 8, 64, 2}};

CASE(forwardAgreesWithTheLoopInDouble) {
    for (const Size& size : kSizes)
        for (Routing routing : {Routing::Random, Routing::AllOnOne, Routing::FirstOnes}) {
            const auto p = problem(size, routing);
            const Doubles wanted = referenceExpertsForward(p);
            for (WeightType type : kTypes) {
                const double off = distance(forward(p, type, atOnce).sum, wanted);
                CHECK(off <= tolerance(type)) << int(type) << size.rows << size.experts << int(routing) << off;
            }
        }
}

CASE(outputsAreAddedToWhatIsThere) {
    const auto p = problem({33, 64, 8, 64, 2}, Routing::Random);
    Doubles wanted = referenceExpertsForward(p);
    for (double& value : wanted) value += 3;
    CHECK(distance(forward(p, WeightType::F32, atOnce, 3).sum, wanted) <= tolerance(WeightType::F32));
}

CASE(resultsDependNeitherOnThreadsNorOnOtherRows) {
    const auto p = problem({300, 48, 8, 32, 2}, Routing::Random);
    for (WeightType type : kTypes) {
        const Run whole = forward(p, type, atOnce);
        CHECK(whole.sum == forward(p, type, inPieces).sum) << int(type);
        for (std::int64_t row : {0, 77, 299}) {
            ExpertsPairsProblem one = p;
            one.rows = 1;
            one.x.assign(p.x.begin() + row * 48, p.x.begin() + (row + 1) * 48);
            one.chosen.assign(p.chosen.begin() + row * 2, p.chosen.begin() + (row + 1) * 2);
            one.shares.assign(p.shares.begin() + row * 2, p.shares.begin() + (row + 1) * 2);
            const Floats alone = forward(one, type, atOnce).sum;
            CHECK(std::equal(alone.begin(), alone.end(), whole.sum.begin() + row * 48)) << int(type) << row;
        }
    }
}

CASE(bf16RowsGiveWhatTheirF32ValuesGive) {
    auto p = problem({20, 64, 8, 32, 2}, Routing::Random);
    std::vector<Bf16> x(p.x.size()), sum(p.x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float value = float(p.x[i]);
        std::uint32_t bits;
        std::memcpy(&bits, &value, 4);
        x[i].bits = std::uint16_t(bits >> 16);
        bits &= 0xffff0000u;
        float cut;
        std::memcpy(&cut, &bits, 4);
        p.x[i] = cut;
    }
    const Doubles wanted = referenceExpertsForward(p);
    const ExpertsShape shape{64, 8, 32, 2};
    const Floats shares = floats(p.shares), in = floats(p.inward), out = floats(p.outward);
    for (WeightType type : kTypes) {
        std::vector<std::byte> inward(packedInwardBytes(type, shape)), outward(packedOutwardBytes(type, shape));
        packExperts(type, shape, in.data(), out.data(), inward.data(), outward.data());
        std::ranges::fill(sum, Bf16{});
        expertsForward<Bf16>({shape,
                              {type, inward.data(), outward.data()},
                              {p.chosen.data(), shares.data()},
                              x.data(),
                              64,
                              20,
                              sum.data(),
                              64},
                             atOnce);
        Floats got;
        for (const Bf16 value : sum) {
            const std::uint32_t bits = std::uint32_t(value.bits) << 16;
            float wide;
            std::memcpy(&wide, &bits, 4);
            got.push_back(wide);
        }
        CHECK(distance(got, wanted) <= tolerance(type) + 0x1p-8) << int(type);
    }
}

CASE(routesAreTheLargestSharesAndTiesGoToTheFirst) {
    const ExpertsShape shape{2, 4, 1, 2};
    const Floats router = {1, 0, 0, 1, 1, 0, -1, 0}; // experts 0 and 2 are equal
    const Floats x = {std::log(2.0f), 0, 0, std::log(3.0f)};
    std::vector<std::int64_t> chosen(4);
    Floats shares(4);
    routeExperts(shape, x.data(), 2, 2, router.data(), chosen.data(), shares.data());
    CHECK((chosen == std::vector<std::int64_t>{0, 2, 1, 0})) << chosen[0] << chosen[1] << chosen[2] << chosen[3];
    const Floats wanted = {2 / 5.5f, 2 / 5.5f, 3 / 6.0f, 1 / 6.0f};
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(shares[i] - wanted[i]) <= 4 * 0x1p-24f) << i << shares[i];
}

CASE(noRowsAreNoWork) {
    auto p = problem({0, 32, 8, 64, 2}, Routing::Random);
    CHECK(forward(p, WeightType::Int8, atOnce).sum.empty());
}

struct Gradients {
    Floats x, shares, inward, outward;
    bool operator==(const Gradients&) const = default;
};

Doubles outputGradient(const ExpertsPairsProblem& p) {
    Doubles g;
    for (std::int64_t i = 0; i < p.rows * p.width; ++i) g.push_back(float(std::sin(double(i) * 1.7)));
    return g;
}

Gradients backward(const ExpertsPairsProblem& p, const ParallelFor& parallel) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    Gradients g{Floats(p.x.size(), nan), Floats(p.shares.size(), nan), Floats(p.inward.size(), nan),
                Floats(p.outward.size(), nan)};
    const Floats x = floats(p.x), shares = floats(p.shares), in = floats(p.inward), out = floats(p.outward),
                 output = floats(outputGradient(p)), hidden = forward(p, WeightType::F32, parallel).hidden;
    expertsBackward({{p.width, p.experts, p.inner, p.perToken},
                     {p.chosen.data(), shares.data()},
                     in.data(),
                     out.data(),
                     x.data(),
                     p.rows,
                     hidden.data(),
                     output.data(),
                     g.x.data(),
                     g.shares.data(),
                     g.inward.data(),
                     g.outward.data()},
                    parallel);
    return g;
}

CASE(backwardAgreesWithTheLoopInDouble) {
    for (const Size& size : kSizes)
        for (Routing routing : {Routing::Random, Routing::AllOnOne, Routing::FirstOnes}) {
            const auto p = problem(size, routing);
            const Gradients got = backward(p, atOnce);
            const auto wanted = referenceExpertsBackward(p, outputGradient(p));
            const double limit = 2 * tolerance(WeightType::F32) * std::sqrt(double(size.rows)); // sums over the rows
            CHECK(distance(got.x, wanted.x) <= limit) << size.rows << int(routing);
            CHECK(distance(got.shares, wanted.shares) <= limit) << size.rows << int(routing);
            CHECK(distance(got.inward, wanted.inward) <= limit) << size.rows << int(routing);
            CHECK(distance(got.outward, wanted.outward) <= limit) << size.rows << int(routing);
        }
}

CASE(gradientsDoNotDependOnThreads) {
    const auto p = problem({700, 48, 3, 24, 2}, Routing::AllOnOne);
    CHECK(backward(p, atOnce) == backward(p, inPieces));
}

// The reference's own gradients, by central differences in double.
CASE(referenceGradientsAreSlopesOfTheReference) {
    auto p = problem({3, 5, 3, 4, 2}, Routing::Random);
    const Doubles g = outputGradient(p);
    const auto gradients = referenceExpertsBackward(p, g);
    const auto check = [&](Doubles& values, const Doubles& wanted, const char* what) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double kept = values[i], step = 1e-5;
            double slope = 0;
            for (double sign : {1.0, -1.0}) {
                values[i] = kept + sign * step;
                const Doubles y = referenceExpertsForward(p);
                for (std::size_t j = 0; j < y.size(); ++j) slope += sign * y[j] * g[j] / (2 * step);
            }
            values[i] = kept;
            CHECK(std::abs(slope - wanted[i]) <= 1e-8) << what << i << slope << wanted[i];
        }
    };
    check(p.x, gradients.x, "x");
    check(p.shares, gradients.shares, "shares");
    check(p.inward, gradients.inward, "inward");
    check(p.outward, gradients.outward, "outward");
}

} // namespace
} // namespace palimpsest

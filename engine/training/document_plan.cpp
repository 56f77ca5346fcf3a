#include "engine/training/document_plan.h"

#include "engine/data/document_order.h"

#include <algorithm>
#include <numeric>

namespace palimpsest {
namespace {

constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15; // of 2^64

// Numbers of one document.
class Draws {
public:
    Draws(std::uint64_t seed, std::uint64_t index) : m_key(mixed(seed, index)) {}

    double uniform() { return double(mixed(m_key, m_counter++) >> 11) * 0x1p-53; } // [0, 1)
    std::int64_t below(std::int64_t count) { return std::min(std::int64_t(uniform() * double(count)), count - 1); }
    bool chance(double share) { return uniform() < share; }
    std::uint64_t bits() { return mixed(m_key, m_counter++); }

private:
    std::uint64_t m_key, m_counter = 0;
};

std::int64_t drawSize(const TrainConfig& config, Draws& draws) {
    const double sum = std::accumulate(config.blockShares.begin(), config.blockShares.end(), 0.0);
    double at = draws.uniform() * sum;
    for (std::size_t i = 0; i + 1 < config.blockShares.size(); ++i) {
        if (at < config.blockShares[i]) return config.blockSizes[i];
        at -= config.blockShares[i];
    }
    return config.blockSizes.back();
}

std::vector<float> drawLevels(const TrainConfig& config, std::int64_t size, double t, Draws& draws) {
    std::vector<float> levels;
    const auto open = [&] { return draws.chance(config.gamma * t) ? 1.0f : float(t); };
    if (draws.chance(config.frontierShare)) {
        const std::int64_t locked = draws.below(size);
        const bool absorbed = draws.chance(config.frontierAbsorbed);
        for (std::int64_t k = 0; k < size; ++k) levels.push_back(k < locked ? 0.0f : absorbed ? 1.0f : open());
    } else {
        for (std::int64_t k = 0; k < size; ++k)
            levels.push_back(draws.chance(config.lockShare * (1 - t)) ? 0.0f : open());
    }
    return levels;
}

// One level per block, one in each of as many equal parts of (0, 1), in random order.
std::vector<double> drawBlockLevels(std::size_t blocks, std::uint64_t seed, std::uint64_t index, Draws& draws) {
    const double offset = double((mixed(seed, 1) + index * kGoldenRatio) >> 11) * 0x1p-53;
    std::vector<double> levels;
    for (std::size_t b = 0; b < blocks; ++b)
        levels.push_back(std::clamp((double(b) + offset) / double(blocks), 1e-3, 1.0));
    for (std::size_t b = blocks; b > 1; --b)
        std::swap(levels[b - 1], levels[std::size_t(draws.below(std::int64_t(b)))]);
    return levels;
}

// Gaps in equal stretches of what follows the first context, each at most half of its stretch and followed by a quarter
// of it in clean text.
std::vector<TrainingGap> drawGaps(const TrainConfig& config, std::int64_t length, std::int64_t first, Draws& draws) {
    const std::int64_t count = std::clamp<std::int64_t>((length - first) / 16, 1, config.gapsPerDocument);
    const std::int64_t stretch = (length - first) / count;
    std::vector<TrainingGap> gaps;
    for (std::int64_t g = 0; g < count; ++g) {
        const std::int64_t size =
            std::clamp<std::int64_t>(drawSize(config, draws), 1, std::max<std::int64_t>(1, stretch / 2));
        const std::int64_t room = std::max<std::int64_t>(0, stretch - size - std::max<std::int64_t>(1, stretch / 4));
        const std::int64_t begin = first + g * stretch + draws.below(room + 1);
        gaps.push_back({begin, begin + size});
    }
    return gaps;
}

} // namespace

TrainingDocument planDocument(const TrainConfig& config, std::span<const std::uint32_t> tokens, std::uint64_t index) {
    TrainingDocument document;
    document.ids.assign(tokens.begin(), tokens.end());
    const auto length = std::int64_t(tokens.size());
    if (length < 4) return document;
    Draws draws(mixed(config.seed, 2), index);
    document.noiseSeed = draws.bits();
    const std::int64_t first = std::clamp<std::int64_t>(config.leastContext, 1, length / 2);
    if (draws.chance(config.infillShare)) document.gaps = drawGaps(config, length, first, draws);
    const auto levels = drawBlockLevels(std::size_t(config.blocksPerDocument), config.seed, index, draws);
    for (std::size_t b = 0; b < levels.size(); ++b) {
        TrainingBlock block;
        std::int64_t size = 0;
        if (document.gaps.empty()) {
            size = std::min(drawSize(config, draws), length - first);
            block.start = first + draws.below(length - first - size + 1);
        } else {
            const TrainingGap& gap = document.gaps[b % document.gaps.size()];
            size = gap.end - gap.begin;
            block.start = gap.begin;
        }
        block.levels = drawLevels(config, size, levels[b], draws);
        document.blocks.push_back(std::move(block));
    }
    return document;
}

TrainingDocument planEvaluation(std::span<const std::uint32_t> tokens, bool infill, std::uint64_t index) {
    TrainingDocument document;
    document.ids.assign(tokens.begin(), tokens.end());
    document.noiseSeed = mixed(0, index);
    const auto length = std::int64_t(tokens.size());
    if (length < 6 * kEvaluationBlock) return document;
    std::vector<std::int64_t> starts{length - 3 * kEvaluationBlock};
    if (infill)
        document.gaps = {{starts[0], starts[0] + kEvaluationBlock}};
    else
        starts = {length - 4 * kEvaluationBlock, length - 3 * kEvaluationBlock, length - 2 * kEvaluationBlock,
                  length - kEvaluationBlock};
    for (const float level : kEvaluationLevels)
        for (const std::int64_t start : starts)
            document.blocks.push_back({start, std::vector<float>(kEvaluationBlock, level)});
    return document;
}

TrainingDocument planPair(const TrainConfig& config, const TokenPair& pair, std::uint64_t index, bool heldOut) {
    TrainingDocument document;
    document.ids = pair.source;
    document.ids.insert(document.ids.end(), pair.target.begin(), pair.target.end());
    const auto start = std::int64_t(pair.source.size()), size = std::int64_t(pair.target.size());
    document.gaps = {{start, start + size}};
    Draws draws(mixed(heldOut ? 0 : config.seed, 2), index);
    document.noiseSeed = draws.bits();
    if (heldOut) {
        for (const float level : kEvaluationLevels)
            document.blocks.push_back({start, std::vector<float>(std::size_t(size), level)});
        return document;
    }
    for (const double t : drawBlockLevels(std::size_t(config.blocksPerDocument), config.seed, index, draws))
        document.blocks.push_back({start, drawLevels(config, size, t, draws)});
    return document;
}

} // namespace palimpsest

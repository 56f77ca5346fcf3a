// What a run from scratch begins with: a tokenizer, random weights, and pairs where it learns pairs. Torch-free.
#pragma once

#include "engine/training/document_plan.h"
#include "engine/training/trainer.h"

namespace palimpsest {

// Makes `initial` in the folder of the run, with a tokenizer learnt from what is trained on where the config gives
// none; one that is there already stays. -> its path. Blocks. As makeScratchModel() and learnTokenizer().
Result<std::filesystem::path> startScratch(const TrainJob& job);

// Immutable; any thread.
class PairTexts {
public:
    // With the tokenizer of the config's base. InvalidArgument when no pair fits.
    static Result<PairTexts> open(const TrainJob& job);

    // Pair `index` of the run: any stretch of them covers all evenly, as DocumentOrder's.
    const TokenPair& pair(std::uint64_t index) const;
    std::size_t heldOut() const { return m_heldOut.size(); }
    const TokenPair& heldOutPair(std::size_t index) const { return m_heldOut[index]; } // below heldOut()
    const std::string& digest() const { return m_digest; }

private:
    std::vector<TokenPair> m_pairs, m_heldOut;
    std::uint64_t m_offset = 0;
    std::string m_digest;
};

} // namespace palimpsest

#include "engine/data/learnt_tokenizer.h"

#include "engine/data/durable_file.h"

#include <sentencepiece_trainer.h>

namespace palimpsest {
namespace {

class Texts : public sentencepiece::SentenceIterator {
public:
    explicit Texts(const std::vector<std::string>& texts) : m_texts(texts) {}
    bool done() const override { return m_at >= m_texts.size(); }
    void Next() override { ++m_at; }
    const std::string& value() const override { return m_texts[m_at]; }
    sentencepiece::util::Status status() const override { return {}; }

private:
    const std::vector<std::string>& m_texts;
    std::size_t m_at = 0;
};

} // namespace

Result<void> learnTokenizer(const std::filesystem::path& file, const std::vector<std::string>& texts, int pieces) {
    std::error_code error;
    if (std::filesystem::exists(file, error)) return {};
    Texts iterator(texts);
    std::string model;
    const auto status = sentencepiece::SentencePieceTrainer::Train({{"model_type", "bpe"},
                                                                    {"vocab_size", std::to_string(pieces)},
                                                                    {"normalization_rule_name", "identity"},
                                                                    {"byte_fallback", "true"},
                                                                    {"add_dummy_prefix", "false"},
                                                                    {"remove_extra_whitespaces", "false"},
                                                                    {"character_coverage", "0.9995"},
                                                                    {"num_threads", "1"},
                                                                    // Longer lines are left out; paragraphs are not.
                                                                    {"max_sentence_length", "1000000"},
                                                                    {"minloglevel", "2"}},
                                                                   &iterator, &model);
    if (!status.ok())
        return Error{ErrorCode::InvalidArgument, "no tokenizer of " + std::to_string(pieces) +
                                                     " pieces can be learnt from these texts: " + status.ToString()};
    return writeDurably(file, model);
}

} // namespace palimpsest

// The base alone as judge of texts: how likely it finds them.
#pragma once

#include "models/model.h"

#include <memory>
#include <span>
#include <stop_token>

namespace palimpsest {

struct Nats {
    double sum = 0;
    std::int64_t tokens = 0;
    double each() const { return tokens > 0 ? sum / double(tokens) : 0; }
};

// Used by one thread. Passes may throw as Model's do.
class Judge {
public:
    // `pattern`: another than the model's own, for comparisons; `personal`: a personal file to stack on it.
    static Result<Judge> open(const std::string& folder, const std::string& device, int threads,
                              std::optional<SparsePattern> pattern = {}, const std::string& personal = {},
                              double strength = 1);

    const Model& model() const { return *m_model; }
    std::vector<std::int64_t> encode(std::string_view text) const { return m_model->tokenizer().encode(text); }

    // Of `ids` from index `from` (>= 1) on, each given all before it that the pattern sees; the first `globals` are
    // global (-1: as many as the pattern says). Throws Cancelled{} once `stop` is requested.
    Nats score(std::span<const std::int64_t> ids, std::size_t from, std::stop_token stop, int globals = -1) const;

    // Of `text` after `before`, both of at least one token.
    Nats scoreText(const std::string& before, const std::string& text, std::stop_token stop) const;

    // Log-probability of each of `tokens` as the one after `ids`.
    std::vector<double> nextAfter(std::span<const std::int64_t> ids, const std::vector<std::int64_t>& tokens,
                                  std::stop_token stop, int globals = -1) const;

    // Of each whole sequence but its first token, in few passes.
    std::vector<Nats> scoreAll(std::span<const std::vector<std::int64_t>> sequences) const;

    struct Cancelled {};

private:
    // Reads `ids` in pieces: body(index of the piece's first token, its hidden states).
    template<class Body>
    void read(std::span<const std::int64_t> ids, int globals, const std::stop_token& stop, const Body& body) const;
    explicit Judge(std::unique_ptr<Model> model) : m_model(std::move(model)) {}
    std::unique_ptr<Model> m_model;
};

} // namespace palimpsest

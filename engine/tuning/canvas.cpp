#include "engine/tuning/canvas.h"

#include "engine/base/utf8.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr std::size_t kPromptBytes = 400;

// The beginning of a text, up to a word's end.
std::string promptOf(const std::string& text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \n\t"), text.size());
    std::string prompt = text.substr(begin, kPromptBytes);
    const std::size_t end = prompt.size() < kPromptBytes ? std::string::npos : prompt.find_last_of(" \n\t");
    if (end != std::string::npos && end > 0) prompt.resize(end);
    while (!prompt.empty() && !isCharacterBoundary(text, begin + prompt.size())) prompt.pop_back();
    while (!prompt.empty() && (prompt.back() == '\n' || prompt.back() == ' ')) prompt.pop_back();
    return prompt;
}

} // namespace

Canvas::Canvas(const TuningRequest& request, const TuningTexts& texts, EngineOptions engine)
    : m_engine(std::move(engine)), m_strength(request.strength), m_seed(request.seed), m_check(texts.learnt) {
    for (const std::string& prompt : request.canvas) m_prompts.push_back({prompt, true});
    if (!m_prompts.empty()) return;
    const auto longest = std::ranges::max_element(texts.learnt, {}, [](const auto& text) { return text.size(); });
    m_prompts = {{promptOf(texts.heldOut.front()), true}, {promptOf(*longest), false}};
}

Result<std::vector<TuningSample>> Canvas::draw(const std::string& personal, std::stop_token stop) const {
    EngineOptions options = m_engine;
    options.personal = personal;
    options.strength = m_strength;
    const auto engine = openEngine(options);
    if (!engine) return engine.error();
    std::vector<TuningSample> samples;
    for (const Prompt& prompt : m_prompts) {
        DraftRequest request;
        request.id = "canvas";
        request.left = prompt.text;
        request.options.tokens = kTokens;
        request.options.seed = m_seed;
        const auto end = (*engine)->draft(request, stop, {});
        if (!end) return end.error();
        if (end->outcome == DraftOutcome::Stopped)
            return Error{ErrorCode::Cancelled, "stopped while samples were drawn"};
        TuningSample sample{
            prompt.text, end->candidates.empty() ? "" : end->candidates.front().text, prompt.heldOut, 0, {}};
        VerbatimRun run = m_check.longest(sample.text);
        sample.verbatimWords = run.words;
        sample.verbatim = std::move(run.text);
        samples.push_back(std::move(sample));
    }
    return samples;
}

int longestVerbatim(const std::vector<TuningSample>& samples) {
    int longest = 0;
    for (const TuningSample& sample : samples) longest = std::max(longest, sample.verbatimWords);
    return longest;
}

} // namespace palimpsest

#include "engine/inference/local_engine.h"

#include "engine/base/utf8.h"
#include "engine/inference/between.h"
#include "engine/inference/continuation.h"
#include "engine/inference/draft_text.h"
#include "engine/inference/ranking.h"
#include "engine/inference/surprise.h"
#include "engine/inference/torch_errors.h"

#include <algorithm>

namespace palimpsest {
namespace {

Result<void> checkOptions(const DraftOptions& options) {
    const auto invalid = [](const char* message) { return Error{ErrorCode::InvalidArgument, message}; };
    const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
    if (!within(options.tokens, 1, DraftLimits::kTokens))
        return invalid("The length must lie within 1 and 1024 tokens.");
    if (!within(options.block, 0, DraftLimits::kBlock)) return invalid("A block must have 1 to 64 positions.");
    if (!within(options.steps, 0, DraftLimits::kSteps)) return invalid("The steps must lie within 1 and 64.");
    if (!within(options.temperature, 0, 2)) return invalid("The temperature must lie within 0 and 2.");
    if (!within(options.topP, 0, 1) || options.topP == 0) return invalid("Top-p must be above 0 and at most 1.");
    if (!within(options.strength, 0, 1)) return invalid("The strength must lie within 0 and 1.");
    if (!within(options.drafts, 1, DraftLimits::kDrafts)) return invalid("Ask for 1 to 8 drafts.");
    return {};
}

template<class Given>
Given givenBy(const BranchPoint* from) {
    Given given;
    if (!from) return given;
    given.tokens = from->tokens;
    given.pinned = from->pinned;
    given.ahead = from->ahead;
    return given;
}

} // namespace

LocalEngine::LocalEngine(std::unique_ptr<Model> model, ModelInfo info, DeviceInfo device)
    : m_model(std::move(model)),
      m_info(std::move(info)),
      m_device(std::move(device)),
      m_vocabulary(m_model->tokenizer(), std::size_t(m_model->config().vocabulary), m_model->config().neverSampled),
      m_cache(*m_model) {}

Result<ContextPreview> LocalEngine::previewContext(const DraftRequest& request) {
    const Result<Prompt> prompt = makePrompt(request, m_model->tokenizer());
    if (!prompt) return prompt.error();
    return prompt->preview;
}

Result<void> LocalEngine::readContext(const Prompt& prompt, std::stop_token stop) {
    const int globals = int(std::max<std::size_t>(prompt.notes, std::size_t(m_model->config().pattern.globals)));
    return m_cache.advance(prompt.left, globals, std::move(stop));
}

Result<void> LocalEngine::prepare(const DraftRequest& request, std::stop_token stop) {
    const Result<Prompt> prompt = makePrompt(request, m_model->tokenizer());
    if (!prompt) return prompt.error();
    try {
        const torch::InferenceMode noGradients;
        return readContext(*prompt, std::move(stop));
    } catch (const std::exception& exception) {
        return errorOf(exception, m_device.device);
    }
}

Result<Surprise> LocalEngine::surprise(const SurpriseRequest& request, std::stop_token stop) {
    DraftRequest before;
    before.kind = DraftKind::Infill; // there may be nothing before it
    before.notes = request.notes;
    before.left = request.left;
    const Tokenizer& tokenizer = m_model->tokenizer();
    const Result<Prompt> prompt = makePrompt(before, tokenizer);
    if (!prompt) return prompt.error();
    if (!isValidUtf8(request.text)) return Error{ErrorCode::InvalidArgument, "The text is not valid UTF-8."};
    const std::size_t shift = prompt->dropFirstSpace ? 1 : 0; // the space goes with the word behind it
    const std::vector<std::int64_t> ids = tokenizer.encode(std::string(shift, ' ') + request.text);
    if (ids.size() > std::size_t(SurpriseLimits::kTokens))
        return Error{ErrorCode::InvalidArgument, "The passage is too long: choose at most about 1,500 words at once."};
    try {
        const torch::InferenceMode noGradients;
        if (Result<void> read = readContext(*prompt, stop); !read) return read.error();
        const std::vector<float> nats =
            surprisesOf(*m_model, m_cache.context().Copy(), m_cache.lastHidden(), ids, stop);
        if (nats.size() < ids.size()) return Error{ErrorCode::Cancelled, "Stopped."};
        Surprise surprise;
        std::size_t end = 0;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            end += tokenizer.piece(ids[i]).size();
            surprise.push_back({std::min(end - std::min(end, shift), request.text.size()), nats[i]});
        }
        return surprise;
    } catch (const std::exception& exception) {
        return errorOf(exception, m_device.device);
    }
}

Result<DraftEnd> LocalEngine::draft(const DraftRequest& request, std::stop_token stop, const StepSink& sink) {
    return guarded(request, nullptr, std::move(stop), sink);
}

Result<DraftEnd> LocalEngine::branch(const DraftBranch& branch, std::stop_token stop, const StepSink& sink) {
    const Result<BranchPoint> point = m_memory.branchPoint(branch);
    if (!point) return point.error();
    return guarded(point->request, &*point, std::move(stop), sink);
}

// What Torch and the standard library throw becomes an error here and in prepare().
Result<DraftEnd> LocalEngine::guarded(const DraftRequest& request, const BranchPoint* from, std::stop_token stop,
                                      const StepSink& sink) {
    try {
        const torch::InferenceMode noGradients;
        return run(request, from, std::move(stop), sink);
    } catch (const std::exception& exception) {
        return errorOf(exception, m_device.device);
    }
}

Result<DraftEnd> LocalEngine::run(const DraftRequest& request, const BranchPoint* from, std::stop_token stop,
                                  const StepSink& sink) {
    if (Result<void> checked = checkOptions(request.options); !checked) return checked.error();
    if (request.kind != DraftKind::Continue && !m_model->hasDenoiser())
        return Error{ErrorCode::Unsupported,
                     "This model has no denoiser: it can continue a text, but not fill a gap or rewrite."};
    m_locks.take(); // of drafts that have ended
    const auto begin = DraftSession::Clock::now();
    Result<Prompt> prompt = makePrompt(request, m_model->tokenizer());
    if (!prompt) return prompt.error();
    DraftSession session({*m_model, m_vocabulary, request, *prompt, sink, m_locks}, stop, begin);
    const Result<void> encoded = readContext(*prompt, stop);
    if (!encoded && encoded.error().code != ErrorCode::Cancelled) return encoded.error();
    Written written;
    written.stopped = !encoded;
    if (encoded) written = write(session, from);
    for (const Lane& lane : written.lanes)
        if (lane.broken)
            return Error{ErrorCode::Corrupt, "The model computed no numbers: import it again, or use another device."};
    return concluded(request, session, std::move(written));
}

LocalEngine::Written LocalEngine::write(DraftSession& session, const BranchPoint* from) {
    Written written;
    if (session.kind() == DraftKind::Continue) {
        Continuation continuation(session, m_cache.context(), m_cache.lastHidden());
        written.stopped = !continuation.run(givenBy<Continuation::Given>(from));
        written.lanes = continuation.takeLanes();
        written.rounds = continuation.rounds();
        return written;
    }
    Between between(session, m_cache.context());
    auto given = givenBy<Between::Given>(from);
    given.length = from ? from->length : 0;
    written.stopped = !between.run(given);
    written.joins = between.joins();
    written.lanes = between.takeLanes();
    written.rounds = between.rounds();
    return written;
}

DraftEnd LocalEngine::concluded(const DraftRequest& request, const DraftSession& session, Written written) {
    DraftEnd end;
    end.draft = request.id;
    end.outcome = written.stopped ? DraftOutcome::Stopped : DraftOutcome::Done;
    std::vector<RememberedLane> remembered;
    for (std::size_t i = 0; i < written.lanes.size(); ++i) {
        end.candidates.push_back(candidate(session, written.lanes[i]));
        if (i < written.joins.size()) end.candidates.back().joinCrossEntropy = written.joins[i];
        remembered.push_back(session.remembered(written.lanes[i]));
    }
    m_memory.remember(request, std::move(remembered));
    rankCandidates(end.candidates);
    DraftStatistics& statistics = end.statistics = session.statistics();
    statistics.rounds = written.rounds;
    statistics.tokens = end.candidates.empty() ? 0 : int(end.candidates.front().tokens.size());
    if (statistics.steps > 0) statistics.tokensPerStep = double(statistics.tokens) / statistics.steps;
    if (statistics.rounds > 0) statistics.tokensPerRound = double(statistics.tokens) / statistics.rounds;
    statistics.device = m_device.device;
    statistics.why = m_device.why;
    statistics.model = m_info.name;
    statistics.modelHash = m_info.hash;
    return end;
}

DraftCandidate LocalEngine::candidate(const DraftSession& session, const Lane& lane) const {
    const Prompt& prompt = session.prompt();
    DraftCandidate candidate;
    candidate.index = lane.index;
    candidate.seed = lane.seed;
    candidate.tokens = stepTokens(lane, lane.cells.size(), m_vocabulary);
    std::string text;
    for (const StepToken& token : candidate.tokens) text += token.text;
    if (prompt.dropFirstSpace && text.starts_with(' ')) {
        text.erase(0, 1);
        candidate.tokens.front().text.erase(0, 1);
    }
    // What surrounds the draft meets the text around it: no space is doubled, none is missing.
    if (session.kind() == DraftKind::Infill && prompt.spaceAtRight)
        while (text.ends_with(' ')) text.pop_back();
    candidate.text = text.empty() ? text : prompt.before + text + prompt.after;
    return candidate;
}

} // namespace palimpsest

#include "engine/training/train_run.h"

#include "engine/training/train_schedule.h"

#include <cmath>

namespace palimpsest {
namespace {

constexpr std::uint64_t kHeldOutSeed = 0; // the same documents in every run
constexpr const char* kStateFile = "state.safetensors";
constexpr const char* kDenoiserFile = "denoiser.safetensors";
constexpr const char* kModelFolder = "model"; // of the scratch way

TrainingOptions optionsOf(const TrainJob& job) {
    const TrainConfig& c = job.config;
    TrainingOptions o;
    if (job.cudaIndex >= 0) o.device = torch::Device(torch::kCUDA, torch::DeviceIndex(job.cudaIndex));
    o.dtype = c.dtype == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;
    o.pattern = c.pattern;
    o.gamma = c.gamma;
    o.layers = c.layers;
    o.rank = c.rank;
    o.experts = c.experts;
    o.expertWidth = c.expertWidth;
    o.expertsPerToken = c.expertsPerToken;
    o.levelWidth = c.levelWidth;
    o.sequentialWidth = c.sequentialWidth;
    o.onlySequential = c.onlySequential;
    o.initial = c.initial;
    o.seed = c.seed;
    o.checkpointActivations = c.checkpointActivations;
    if (!c.fromScratch()) return o;
    o.trainBase = true;
    o.layers.clear();
    o.rank = 0;
    o.sequentialWidth = 0;
    o.initial.clear();
    o.objective = c.objective == "squared_error" ? Objective::SquaredError : Objective::CrossEntropy;
    o.absorbing = c.absorbing;
    o.evidence = c.evidence && o.objective == Objective::CrossEntropy;
    o.bothWays = c.pairs;
    o.targetTokens = c.pairs ? c.targetTokens : 0;
    return o;
}

TrainingWeights weightsOf(const TrainConfig& c) {
    return {c.distillation, c.crossEntropy, c.balance, c.positionDecay};
}

// Adds up rows of numbers over the processes.
void sumOver(TrainGroup& group, std::vector<double>& values) {
    if (group.size() == 1) return;
    auto tensor = torch::tensor(values, torch::kFloat64);
    group.sum(tensor);
    std::copy_n(tensor.const_data_ptr<double>(), values.size(), values.begin());
}

} // namespace

TrainRun::TrainRun(TrainJob job, std::unique_ptr<TrainGroup> group, std::unique_ptr<TrainingDenoiser> denoiser)
    : m_job(std::move(job)),
      m_group(std::move(group)),
      m_denoiser(std::move(denoiser)),
      m_optimiser(m_denoiser->parameters()) {
    m_state.config = m_job.config;
    m_state.base = m_denoiser->config().baseDigest;
    if (m_job.config.ema > 0) m_mean = m_denoiser->parameters().values().clone();
}

Result<std::unique_ptr<TrainRun>> TrainRun::open(const TrainJob& given, const std::stop_token& stop,
                                                 const std::function<void(const std::string&)>& note) {
    TrainJob job = given;
    at::set_num_threads(job.threads);
    auto group = TrainGroup::fromEnvironment();
    if (!group) return group.error();
    if (job.config.fromScratch()) {
        if ((*group)->size() > 1)
            return Error{ErrorCode::Unsupported, "a model is trained from scratch by one process"};
        auto made = startScratch(job);
        if (!made) return made.error();
        job.config.base = made->string();
    }
    auto denoiser = TrainingDenoiser::open(job.config.base, optionsOf(job));
    if (!denoiser) return denoiser.error();
    if (const int longest = (*denoiser)->config().trainedContext; job.config.lastDocumentTokens > longest)
        return Error{ErrorCode::InvalidArgument, "\"last_document_tokens\" must be at most " + std::to_string(longest) +
                                                     ", what the base was trained on"};
    std::unique_ptr<TrainRun> run(new TrainRun(job, *std::move(group), *std::move(denoiser)));
    const auto opened = job.config.pairs ? run->openPairs() : run->openTexts(stop, note);
    if (!opened) return opened.error();
    return run;
}

Result<void> TrainRun::openPairs() {
    auto lock = FolderLock::take(m_job.out, "trains");
    if (!lock) return lock.error();
    m_lock.emplace(*std::move(lock));
    auto pairs = PairTexts::open(m_job);
    if (!pairs) return pairs.error();
    m_pairs = *std::move(pairs);
    m_state.corpus = m_pairs->digest();
    return {};
}

Result<void> TrainRun::openTexts(const std::stop_token& stop, const std::function<void(const std::string&)>& note) {
    auto corpus = findCorpus(m_job.corpus);
    if (!corpus) return corpus.error();
    auto tokenizer =
        Tokenizer::load(std::filesystem::path(m_job.config.base) / "tokenizer.model", m_denoiser->config().vocabulary);
    if (!tokenizer) return tokenizer.error();
    const auto progress = [&](double done) {
        if (note) note("encoding the corpus: " + std::to_string(int(done * 100)) + " %");
    };
    const auto lock = [&]() -> Result<void> {
        auto taken = FolderLock::take(m_job.out, "trains");
        if (!taken) return taken.error();
        m_lock.emplace(*std::move(taken));
        return {};
    };
    const auto take = [&]() -> Result<void> {
        auto cache = TokenCache::open(m_job.out / "tokens.bin", *corpus, *tokenizer, progress, stop);
        if (!cache) return cache.error();
        m_cache = *std::move(cache);
        return {};
    };
    // Rank 0 builds the cache, the others find it there, or build their own on another machine's disk.
    Result<void> taken = isFirst() ? lock() : Result<void>();
    if (isFirst() && taken) taken = take();
    auto ready = torch::full({}, taken.ok() ? 1.0 : 0.0);
    m_group->broadcast(ready);
    if (!taken) return taken;
    if (ready.item<float>() == 0) return Error{ErrorCode::Io, "the first training process cannot read the corpus"};
    if (!isFirst()) taken = take();
    if (!taken) return taken;
    m_texts.emplace(*m_cache, false, m_job.config.seed);
    m_heldOut.emplace(*m_cache, true, kHeldOutSeed);
    m_state.corpus = m_cache->digest();
    if (m_texts->longest() < 4)
        return Error{ErrorCode::InvalidArgument,
                     "there is no text to train on in " + m_job.corpus.string() + " that is not held out"};
    return {};
}

TrainBuffers TrainRun::buffers() {
    return {m_denoiser->parameters().values(), m_optimiser.first(), m_optimiser.second(), m_mean};
}

std::size_t TrainRun::loads() const {
    return m_job.config.experts > 0 ? std::size_t(m_denoiser->adaptedLayers()) * std::size_t(m_job.config.experts) : 0;
}

Result<void> TrainRun::resume() {
    const auto file = m_job.out / kStateFile;
    Result<void> outcome;
    if (isFirst() && std::filesystem::exists(file)) {
        auto state = readTrainState(file, buffers());
        if (!state)
            outcome = state.error();
        else if (state->base != m_state.base)
            outcome = Error{ErrorCode::InvalidArgument, "the run in " + m_job.out.string() + " trains another base"};
        else if (state->corpus != m_state.corpus)
            outcome = Error{ErrorCode::InvalidArgument,
                            "the corpus is not the one that the run in " + m_job.out.string() + " was begun with"};
        else
            m_state.step = state->step, m_state.documents = state->documents;
    }
    auto place = torch::tensor({outcome.ok() ? m_state.step : -1, m_state.documents}, torch::kInt64);
    m_group->broadcast(place);
    if (!outcome) return outcome;
    if (place[0].item<std::int64_t>() < 0) return Error{ErrorCode::Io, "the first training process cannot resume"};
    m_state.step = place[0].item<std::int64_t>();
    m_state.documents = place[1].item<std::int64_t>();
    const TrainBuffers all = buffers();
    for (torch::Tensor buffer : {all.values, all.first, all.second, all.mean})
        if (buffer.defined() && m_group->size() > 1) {
            auto host = buffer.detach().to(torch::kCPU);
            m_group->broadcast(host);
            const at::NoGradGuard guard;
            buffer.copy_(host);
        }
    return {};
}

LossSums TrainRun::accumulate(std::int64_t step) {
    const TrainConfig& c = m_job.config;
    const std::int64_t own = c.documentsPerStep, all = own * m_group->size();
    const auto length = std::size_t(documentTokensAt(c, step));
    m_denoiser->parameters().gradients().zero_();
    LossSums sums(loads());
    for (std::int64_t d = 0; d < own; ++d) {
        const auto index = std::uint64_t(m_state.documents + m_group->rank() * own + d);
        sums.add(m_denoiser->learn(document(index, length), weightsOf(c), 1.0 / double(all)));
    }
    return sums;
}

TrainingDocument TrainRun::document(std::uint64_t index, std::size_t length) const {
    const TrainConfig& c = m_job.config;
    return m_pairs ? planPair(c, m_pairs->pair(index), index, false)
                   : planDocument(c, m_texts->document(index, length), index);
}

TrainRun::Step TrainRun::step(bool wantsStop) {
    const TrainConfig& c = m_job.config;
    Step done{accumulate(m_state.step), 0, 0, 0, true, false};
    auto gradients = m_denoiser->parameters().gradients();
    if (m_group->size() > 1) {
        auto host = gradients.to(torch::kCPU);
        m_group->sum(host);
        if (!host.is_same(gradients)) gradients.copy_(host);
    }
    auto values = done.sums.values();
    values.push_back(wantsStop ? 1 : 0);
    sumOver(*m_group, values);
    done.stop = values.back() > 0;
    values.pop_back();
    done.sums.setValues(values);

    done.documentTokens = documentTokensAt(c, m_state.step);
    done.rate = learningRateAt(c, m_state.step);
    done.gradientNorm = gradients.norm().item<double>();
    done.updated = std::isfinite(done.gradientNorm);
    if (done.updated) {
        if (c.clip > 0 && done.gradientNorm > c.clip) gradients.mul_(c.clip / done.gradientNorm);
        m_optimiser.update(c, done.rate, m_state.step);
        if (m_mean.defined()) {
            // Early on the mean follows closely, or it would remember the beginning for long.
            const double step = double(m_state.step), decay = std::min(c.ema, (1 + step) / (10 + step));
            const at::NoGradGuard guard;
            m_mean.lerp_(m_denoiser->parameters().values(), 1 - decay);
        }
    }
    ++m_state.step;
    m_state.documents += c.documentsPerStep * m_group->size();
    return done;
}

void TrainRun::measureStep(std::int64_t step) {
    accumulate(step);
    m_state.documents += m_job.config.documentsPerStep; // others the next time
    m_optimiser.update(m_job.config, 0, m_state.step);
}

EvaluationTable TrainRun::evaluateDocuments(int documents) {
    EvaluationTable table;
    for (int d = m_group->rank(); d < documents; d += m_group->size()) {
        if (m_pairs) {
            const TokenPair& pair = m_pairs->heldOutPair(std::size_t(d) * m_pairs->heldOut() / std::size_t(documents));
            const auto plan = planPair(m_job.config, pair, std::uint64_t(d), true);
            table.add(m_denoiser->evaluate(plan, weightsOf(m_job.config)), true);
            continue;
        }
        const auto tokens = m_heldOut->document(std::uint64_t(d), kEvaluationTokens);
        for (const bool infill : {false, true})
            table.add(m_denoiser->evaluate(planEvaluation(tokens, infill, std::uint64_t(d)), weightsOf(m_job.config)),
                      infill);
    }
    return table;
}

EvaluationTable TrainRun::evaluate() {
    const at::NoGradGuard guard;
    auto values = m_denoiser->parameters().values();
    torch::Tensor trained;
    if (m_mean.defined()) {
        trained = values.clone();
        values.copy_(m_mean);
    }
    EvaluationTable table = evaluateDocuments(m_job.config.evaluationDocuments);
    if (trained.defined()) values.copy_(trained);
    auto sums = table.values();
    sumOver(*m_group, sums);
    table.setValues(sums);
    return table;
}

Result<void> TrainRun::checkpoint() {
    if (!isFirst()) return {};
    if (auto done = writeTrainState(m_job.out / kStateFile, m_state, buffers()); !done) return done;
    if (m_job.config.fromScratch())
        return m_denoiser->writeModel(m_job.out / kModelFolder, written(), m_state.step,
                                      std::filesystem::path(m_job.config.base) / "tokenizer.model");
    return m_denoiser->write(m_job.out / kDenoiserFile, written(), m_state.step, StoredType::BF16);
}

} // namespace palimpsest

#include "engine/tuning/tuning_run.h"

#include "engine/data/document_order.h"
#include "engine/training/train_schedule.h"

#include <cmath>

namespace palimpsest {
namespace {

constexpr const char* kFormat = "palimpsest-tuning";
constexpr double kGoldenRatio = 0.6180339887498949;

Json toJson(const TuningJournal& j) {
    return {{"job", j.job},
            {"step", j.step},
            {"steps", j.steps},
            {"checkpoint_steps", j.checkpointSteps},
            {"before", j.heldOut.before},
            {"now", j.heldOut.now},
            {"best", j.heldOut.best},
            {"best_step", j.heldOut.bestStep},
            {"verbatim_before", j.verbatimBefore},
            {"seconds", j.seconds},
            {"step_seconds", j.stepSeconds},
            {"evaluation_seconds", j.evaluationSeconds},
            {"sample_seconds", j.sampleSeconds}};
}

TuningJournal journalFrom(const Json& json) { // throws for what toJson() did not write
    TuningJournal j;
    j.job = json.at("job");
    j.step = json.at("step");
    j.steps = json.at("steps");
    j.checkpointSteps = json.at("checkpoint_steps");
    j.heldOut = {json.at("before"), json.at("now"), json.at("best"), json.at("best_step")};
    j.verbatimBefore = json.at("verbatim_before");
    j.seconds = json.at("seconds");
    j.stepSeconds = json.at("step_seconds");
    j.evaluationSeconds = json.at("evaluation_seconds");
    j.sampleSeconds = json.at("sample_seconds");
    return j;
}

} // namespace

TuningRun::TuningRun(std::unique_ptr<TuningModel> model, std::uint64_t seed)
    : m_model(std::move(model)), m_optimiser(m_model->parameters()), m_seed(seed) {
    m_config.learningRate = 1e-3;
    m_documentTokens = std::size_t(std::min(kDocumentTokens, m_model->config().trainedContext));
}

Result<std::unique_ptr<TuningRun>> TuningRun::open(const std::filesystem::path& folder, const TuningTexts& texts,
                                                   std::uint64_t seed, int threads) {
    at::set_num_threads(threads);
    TuningOptions options;
    options.dtype = torch::kBFloat16; // a third of f32's time; masters and losses stay f32
    options.seed = seed;
    auto model = TuningModel::open(folder, options);
    if (!model) return model.error();
    auto tokenizer = Tokenizer::load(folder / "tokenizer.model", (*model)->config().vocabulary);
    if (!tokenizer) return tokenizer.error();
    std::unique_ptr<TuningRun> run(new TuningRun(*std::move(model), seed));
    for (const std::string& text : texts.learnt) {
        auto ids = tokenizer->encode(text);
        if (ids.size() < 2) continue;
        run->m_tokens += std::int64_t(ids.size());
        run->m_learnt.push_back(std::move(ids));
    }
    std::int64_t heldOut = 0;
    for (const std::string& text : texts.heldOut) {
        auto ids = tokenizer->encode(text);
        ids.resize(std::min({ids.size(), run->m_documentTokens, std::size_t(kEvaluationTokens - heldOut)}));
        if (ids.size() < 2) continue;
        heldOut += std::int64_t(ids.size());
        run->m_heldOut.push_back(std::move(ids));
    }
    if (run->m_learnt.empty() || run->m_heldOut.empty())
        return Error{ErrorCode::InvalidArgument, "There is no text to learn from: give more of it."};
    return run;
}

std::int64_t TuningRun::tokensPerStep() const {
    return std::min<std::int64_t>(std::int64_t(m_documentTokens) * kDocumentsPerStep, m_tokens);
}

// As DocumentOrder: places at multiples of the golden ratio, so that any stretch of steps covers all texts evenly.
std::span<const std::int64_t> TuningRun::document(std::uint64_t index) const {
    const double offset = double(mixed(m_seed, 7) >> 11) * 0x1p-53;
    double at = std::fmod(offset + double(index) * kGoldenRatio, 1.0) * double(m_tokens);
    std::size_t text = 0;
    while (text + 1 < m_learnt.size() && at >= double(m_learnt[text].size())) at -= double(m_learnt[text++].size());
    const std::span<const std::int64_t> ids = m_learnt[text];
    const std::size_t length = std::min(ids.size(), m_documentTokens);
    return ids.subspan(std::min(std::size_t(std::max(0.0, at)), ids.size() - length), length);
}

double TuningRun::step(std::int64_t step, std::int64_t steps, bool update) {
    m_config.steps = int(steps);
    m_config.warmupSteps = int(std::min<std::int64_t>(20, steps / 10));
    auto gradients = m_model->parameters().gradients();
    gradients.zero_();
    double loss = 0;
    for (int d = 0; d < kDocumentsPerStep; ++d)
        loss += m_model->learn(document(std::uint64_t(step) * kDocumentsPerStep + std::uint64_t(d)),
                               1.0 / kDocumentsPerStep) /
                kDocumentsPerStep;
    const double norm = gradients.norm().item<double>();
    if (!update || !std::isfinite(norm)) return loss;
    if (norm > m_config.clip) gradients.mul_(m_config.clip / norm);
    m_optimiser.update(m_config, learningRateAt(m_config, step), step);
    return loss;
}

double TuningRun::evaluate() const {
    double sum = 0, targets = 0;
    for (const auto& ids : m_heldOut) {
        sum += m_model->evaluate(ids);
        targets += double(ids.size() - 1);
    }
    return sum / targets;
}

TrainBuffers TuningRun::buffers() {
    return {m_model->parameters().values(), m_optimiser.first(), m_optimiser.second(), {}};
}

Result<void> TuningRun::writePersonal(const std::filesystem::path& file, std::map<std::string, std::string> notes) {
    return m_model->write(file, m_model->parameters().values(), std::move(notes));
}

Result<void> TuningRun::writeState(const std::filesystem::path& path, const TuningJournal& journal) {
    return writeBuffers(path, buffers(), {{"format", kFormat}, {"journal", toJson(journal).dump()}});
}

std::optional<TuningJournal> TuningRun::readState(const std::filesystem::path& path, const std::string& job) {
    const auto file = SafetensorsFile::open(path);
    if (!file || file->metadata("format") != kFormat) return {};
    const Json json = Json::parse(file->metadata("journal"), nullptr, false);
    if (!json.is_object() || json.value("job", "") != job) return {};
    if (!readBuffers(*file, buffers())) return {};
    return journalFrom(json);
}

} // namespace palimpsest

#include "app/services/draft_trace.h"

#include "engine/api/messages.h"

#include <QtEndian>

namespace palimpsest {
namespace {

constexpr int kTraceVersion = 1;
constexpr quint32 kMaxTraceBytes = 512u << 20; // unpacked: what a hostile file may make us allocate

const Error kCorrupt{ErrorCode::Corrupt, "The steps of this draft are damaged; its text is still there."};

Json toJson(const StoredCandidate& candidate) {
    Json locks = Json::array();
    for (const TextRange& lock : candidate.locks) locks.push_back(Json::array({lock.begin, lock.end}));
    Json steps = Json::array();
    for (const auto& step : candidate.steps) steps.push_back(palimpsest::toJson(*step));
    return {{"seed", candidate.seed},
            {"agreement", candidate.agreement},
            {"locks", std::move(locks)},
            {"steps", std::move(steps)}};
}

// Throws nlohmann's exceptions for what is not there or of another type.
StoredCandidate candidateFromJson(const Json& json) {
    StoredCandidate candidate;
    candidate.seed = json.at("seed").get<std::uint64_t>();
    candidate.agreement = json.at("agreement").get<double>();
    for (const Json& lock : json.at("locks")) candidate.locks.push_back({lock.at(0), lock.at(1)});
    for (const Json& item : json.at("steps")) {
        auto step = draftStepFromJson(item);
        if (!step) throw std::invalid_argument(step.error().message);
        candidate.steps.push_back(std::make_shared<const DraftStep>(std::move(*step)));
    }
    return candidate;
}

} // namespace

bool DraftTrace::add(DraftStep step) {
    m_steps.push_back(std::make_shared<const DraftStep>(std::move(step)));
    if (size() <= kMaxSteps) return false;
    std::vector<std::shared_ptr<const DraftStep>> kept;
    for (std::size_t i = 0; i + 1 < m_steps.size(); i += 2) kept.push_back(std::move(m_steps[i]));
    kept.push_back(std::move(m_steps.back()));
    m_steps = std::move(kept);
    return true;
}

QByteArray packTrace(const std::vector<StoredCandidate>& candidates) {
    Json list = Json::array();
    for (const StoredCandidate& candidate : candidates) list.push_back(toJson(candidate));
    const std::string text = writeMessage({{"version", kTraceVersion}, {"candidates", std::move(list)}});
    return qCompress(reinterpret_cast<const uchar*>(text.data()), qsizetype(text.size()), 1);
}

Result<std::vector<StoredCandidate>> unpackTrace(const QByteArray& bytes) {
    std::vector<StoredCandidate> candidates;
    // qCompress() writes the size in front.
    if (bytes.size() < 4 || qFromBigEndian<quint32>(bytes.constData()) > kMaxTraceBytes) return kCorrupt;
    const QByteArray text = qUncompress(bytes);
    try {
        const Json json = Json::parse(text.constBegin(), text.constEnd());
        if (json.at("version") != kTraceVersion) return kCorrupt;
        for (const Json& item : json.at("candidates")) candidates.push_back(candidateFromJson(item));
    } catch (const std::exception&) { // the one boundary of nlohmann's exceptions here
        return kCorrupt;
    }
    return candidates;
}

} // namespace palimpsest

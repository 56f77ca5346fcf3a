#include "engine/inference/between.h"

#include "engine/inference/draft_text.h"
#include "engine/inference/strength.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace palimpsest {
namespace {

constexpr std::size_t kAutoBlock = 32;         // the longest the shipped denoiser was trained on
constexpr std::size_t kJoinTokens = 32;        // of the right side, by which drafts are ranked
constexpr std::array kLengths{1.0, 0.8, 1.25}; // of the wished one: a gap's right length is not known beforehand

std::size_t dividedUp(std::size_t value, std::size_t by) {
    return (value + by - 1) / by;
}

void advanceCommitted(Lane& lane) {
    while (lane.committed < lane.cells.size() &&
           (lane.cells[lane.committed].drawn || lane.cells[lane.committed].pinned))
        ++lane.committed;
}

} // namespace

Between::Between(DraftSession& session, const CleanContext& context) : m_session(session), m_context(context) {
    const DraftOptions& options = session.options();
    m_block = options.block ? std::size_t(options.block) : kAutoBlock;
    m_steps = options.steps;
    m_level = session.kind() == DraftKind::Rewrite ? levelOfStrength(options.strength) : 1;
}

std::size_t Between::wishedLength(int index) const {
    const double length = m_session.options().tokens * kLengths[std::size_t(index) % kLengths.size()];
    return std::clamp<std::size_t>(std::size_t(std::lround(length)), 1, std::size_t(DraftLimits::kTokens));
}

bool Between::run(const Given& given) {
    const bool infill = m_session.kind() == DraftKind::Infill && given.length == 0;
    const int candidates =
        infill ? std::max(m_session.options().drafts, int(kLengths.size())) : m_session.options().drafts;
    for (int i = 0; i < candidates; ++i) addTrack(m_context, i, infill ? wishedLength(i) : given.length, given);
    m_joins.assign(m_tracks.size(), 0.0);
    std::vector<Track*> active;
    for (;;) {
        active.clear();
        for (const auto& track : m_tracks)
            if (!track->lane.ended) active.push_back(track.get());
        if (active.empty()) return true;
        if (!openBlocks(active)) return false;
        for (int done = 0;; ++done) {
            std::size_t open = 0;
            for (const Track* track : active) open = std::max(open, openCells(*track).size());
            if (open == 0) break;
            const std::size_t wished = m_steps == 0 ? open : std::size_t(std::max(1, m_steps - done));
            if (!pass(active, int(std::min(wished, open)))) return false;
        }
        if (!closeBlocks(active)) return false;
        for (Track* track : active) {
            advanceCommitted(track->lane);
            if (track->lane.steps == 0) m_session.show(track->lane, track->lane.cells.size(), 0);
        }
    }
}

void Between::addTrack(const CleanContext& context, int index, std::size_t length, const Given& given) {
    const Prompt& prompt = m_session.prompt();
    auto track = std::unique_ptr<Track>(new Track{Lane(index, Random::derivedSeed(m_session.options().seed, index)),
                                                  context.Copy(), m_session.model().makeContext(context.globals()),
                                                  prompt.text, 0, 0});
    Lane& lane = track->lane;
    lane.cells.resize(prompt.text.empty() ? length : prompt.text.size());
    for (std::size_t i = 0; i < prompt.text.size(); ++i) {
        lane.cells[i].id = prompt.text[i];
        lane.cells[i].pinned = prompt.locked[i] != 0;
        lane.cells[i].drawn = m_level <= 0; // at strength 0 nothing moves
        lane.cells[i].confidence = lane.cells[i].pinned || lane.cells[i].drawn ? 1 : 0;
    }
    takeGiven(lane, given);
    m_tracks.push_back(std::move(track));
}

// Decided tokens keep their places, as far as the lane is long.
void Between::takeGiven(Lane& lane, const Given& given) const {
    for (std::size_t i = 0; i < std::min(given.tokens.size(), lane.cells.size()); ++i)
        lane.cells[i] = {given.tokens[i], 1, given.pinned[i] != 0, true};
    for (std::size_t i = 0; i < given.ahead.size(); ++i) {
        const std::size_t at = given.tokens.size() + i;
        if (at < lane.cells.size() && given.ahead[i] != RememberedStep::kOpen)
            lane.cells[at] = {given.ahead[i], 1, true, false};
    }
}

std::vector<std::size_t> Between::openCells(const Track& track) const {
    std::vector<std::size_t> open;
    for (std::size_t i = track.begin; i < track.end; ++i)
        if (!track.lane.cells[i].pinned && !track.lane.cells[i].drawn) open.push_back(i);
    return open;
}

bool Between::openBlocks(std::span<Track* const> tracks) {
    std::vector<Lane*> lanes;
    std::vector<CleanInput> inputs;
    ++m_rounds;
    for (Track* track : tracks) {
        Lane& lane = track->lane;
        ++lane.round;
        const std::size_t blocks = dividedUp(lane.cells.size(), m_block);
        track->begin = track->end;
        track->end = std::min(lane.cells.size(), track->begin + dividedUp(lane.cells.size(), blocks));
        if (openCells(*track).empty()) continue; // all locked: nothing to see for
        track->around = track->left.Copy();
        CleanInput right = rightOf(*track);
        if (right.ids.empty()) continue;
        lanes.push_back(&lane);
        inputs.push_back(std::move(right));
    }
    if (inputs.empty()) return true;
    if (!m_session.beginPass(lanes)) return false;
    m_session.model().clean(inputs);
    return true;
}

// The original words still to come, then the text after the passage, as far as the limit.
CleanInput Between::rightOf(Track& track) const {
    const std::size_t length = track.lane.cells.size();
    CleanInput right{&track.around, {}, std::int64_t(m_session.firstPosition() + track.end)};
    if (track.original.empty()) right.firstPosition = std::int64_t(m_session.firstPosition() + length);
    for (std::size_t i = track.end; i < track.original.size(); ++i)
        right.ids.push_back(track.lane.cells[i].pinned ? track.lane.cells[i].id : track.original[i]);
    const std::vector<std::int64_t>& after = m_session.prompt().right;
    right.ids.insert(right.ids.end(), after.begin(), after.end());
    right.ids.resize(std::min(right.ids.size(), PromptLimits::kRight));
    return right;
}

bool Between::pass(std::span<Track* const> tracks, int passesLeft) {
    std::vector<Lane*> lanes;
    for (Track* track : tracks) lanes.push_back(&track->lane);
    if (!m_session.beginPass(lanes)) return false;
    std::vector<Track*> moving;
    std::vector<std::vector<std::size_t>> open;
    std::vector<NoisedBlock> blocks;
    for (Track* track : tracks) {
        std::vector<std::size_t> cells = openCells(*track);
        if (cells.empty()) continue;
        moving.push_back(track);
        open.push_back(std::move(cells));
        blocks.push_back(noisedBlock(*track));
    }
    if (moving.empty()) return true;
    const std::vector<torch::Tensor> hidden = m_session.model().noised(blocks);
    for (std::size_t i = 0; i < moving.size(); ++i) {
        Track& track = *moving[i];
        const std::size_t commit = dividedUp(open[i].size(), std::size_t(passesLeft));
        const OpenRows foretold(m_session.model(), open[i],
                                {track.begin, commit, hidden[i], blocks[i].state, blocks[i].level});
        fill(track, foretold, open[i], commit);
        const std::size_t later = track.lane.cells.size() - track.end;
        m_session.show(track.lane, track.lane.cells.size(),
                       passesLeft - 1 + int(m_steps ? dividedUp(later, m_block) * std::size_t(m_steps) : later));
    }
    return true;
}

NoisedBlock Between::noisedBlock(const Track& track) const {
    const Model& model = m_session.model();
    const Lane& lane = track.lane;
    const auto count = std::int64_t(track.end - track.begin);
    std::vector<std::int64_t> known, rows;
    torch::Tensor level = torch::full({count}, m_level);
    for (std::size_t i = track.begin; i < track.end; ++i) {
        if (!lane.cells[i].pinned && !lane.cells[i].drawn) continue;
        known.push_back(lane.cells[i].id);
        rows.push_back(std::int64_t(i - track.begin));
        level[std::int64_t(i - track.begin)] = 0.0f;
    }
    torch::Tensor state;
    if (track.original.empty() || m_level >= 1) {
        state = model.absorbing().to(torch::kFloat32).expand({count, -1}).clone();
    } else {
        const std::span<const std::int64_t> words(track.original.data() + track.begin, std::size_t(count));
        state = model.meanState(words, m_level);
    }
    if (!known.empty()) state.index_copy_(0, torch::tensor(rows, torch::kLong).to(state.device()), model.embed(known));
    return {&track.around, m_session.tokenBefore(lane, track.begin),
            std::int64_t(m_session.firstPosition() + track.begin), state, level};
}

// Decides the first `commit` open cells one after the other, and shows in the others what is likeliest just now.
void Between::fill(Track& track, const OpenRows& rows, std::span<const std::size_t> open, std::size_t commit) {
    Lane& lane = track.lane;
    for (std::size_t i = 0; i < commit; ++i) {
        const std::size_t at = open[i];
        const torch::Tensor logits =
            rows.logits(i, m_session.tokenBefore(lane, at), m_session.tokenBefore(lane, at, 2));
        const Probabilities p = m_session.probabilities(logits, edges(track, at));
        if (p.empty()) {
            lane.broken = lane.ended = true;
            return;
        }
        const std::int64_t id = drawToken(p, lane.random);
        lane.cells[at] = {id, float(p[std::size_t(id)]), false, true};
    }
    m_session.guess(lane, open.subspan(commit), rows.guessed());
    advanceCommitted(lane);
}

TokenEdges Between::edges(const Track& track, std::size_t cell) const {
    const Prompt& prompt = m_session.prompt();
    const std::vector<Cell>& cells = track.lane.cells;
    const auto piece = [&](std::int64_t id) -> const std::string& { return m_session.vocabulary().piece(id); };
    const bool rewriting = !track.original.empty();
    TokenEdges edges;
    if (cell == 0) {
        edges.spaceFirst = prompt.dropFirstSpace;
        edges.noWordFirst = prompt.wordAtLeft;
    } else if (cells[cell - 1].pinned && endsWithWord(piece(cells[cell - 1].id))) {
        edges.noWordFirst = !rewriting || !beginsWithWord(piece(track.original[cell]));
    }
    if (cell + 1 == cells.size()) {
        edges.noWordLast = prompt.wordAtRight;
        edges.stopLast = !rewriting && prompt.sentenceAtRight;
    } else if (cells[cell + 1].pinned) {
        edges.noWordLast = beginsWithWord(piece(cells[cell + 1].id));
    }
    edges.proseFirst =
        m_session.mustBeginProse(track.lane, cell) && (!rewriting || !beginsUnlikeProse(piece(track.original[cell])));
    // A gap inside a paragraph holds no paragraphs, and a passage keeps those it has.
    edges.noBreak = rewriting || cell + 1 == cells.size() || !(prompt.breakAtLeft || prompt.breakAtRight);
    return edges;
}

// Takes the finished blocks into the clean stream; after the last one the right side follows, to measure the join.
bool Between::closeBlocks(std::span<Track* const> tracks) {
    std::vector<Lane*> lanes;
    std::vector<CleanInput> inputs;
    std::vector<std::size_t> owners;
    const std::vector<std::int64_t>& right = m_session.prompt().right;
    for (Track* track : tracks) {
        const std::vector<Cell>& cells = track->lane.cells;
        const bool last = track->end == cells.size();
        track->lane.ended = track->lane.ended || last;
        if (track->lane.broken || (last && right.empty())) continue;
        CleanInput input{&track->left, {}, std::int64_t(m_session.firstPosition() + track->begin)};
        for (std::size_t i = track->begin; i < track->end; ++i) input.ids.push_back(cells[i].id);
        if (last)
            input.ids.insert(input.ids.end(), right.begin(),
                             right.begin() + std::ptrdiff_t(std::min(right.size(), kJoinTokens)));
        lanes.push_back(&track->lane);
        owners.push_back(std::size_t(track->lane.index));
        inputs.push_back(std::move(input));
    }
    if (inputs.empty()) return true;
    if (!m_session.beginPass(lanes)) return false;
    const std::vector<torch::Tensor> hidden = m_session.model().clean(inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (m_tracks[owners[i]]->lane.ended) measureJoin(owners[i], hidden[i], inputs[i].ids);
    return true;
}

// hidden (L, D) of `ids`, the last of which are the right side's.
void Between::measureJoin(std::size_t index, const torch::Tensor& hidden, const std::vector<std::int64_t>& ids) {
    const auto count = std::int64_t(std::min(m_session.prompt().right.size(), kJoinTokens));
    const std::int64_t begin = hidden.size(0) - count;
    const torch::Tensor logits = m_session.model().logits(hidden.slice(0, begin - 1, hidden.size(0) - 1)); // (count, V)
    const torch::Tensor targets = torch::tensor(std::vector<std::int64_t>(ids.end() - count, ids.end()), torch::kLong);
    m_joins[index] = torch::nn::functional::cross_entropy(logits, targets.to(logits.device())).item<double>();
}

std::vector<Lane> Between::takeLanes() {
    std::vector<Lane> lanes;
    for (const auto& track : m_tracks) {
        Lane& lane = track->lane;
        // Stopped: a gap keeps what was decided, a passage the writer's own words where nothing was.
        if (track->original.empty())
            lane.cells.resize(lane.committed);
        else
            for (std::size_t i = 0; i < lane.cells.size(); ++i)
                if (!lane.cells[i].drawn && !lane.cells[i].pinned)
                    lane.cells[i] = {track->original[i], 0, false, false};
        lanes.push_back(std::move(lane));
    }
    return lanes;
}

} // namespace palimpsest

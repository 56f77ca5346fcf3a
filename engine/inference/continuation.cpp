#include "engine/inference/continuation.h"

#include "engine/inference/draft_text.h"

#include <algorithm>
#include <cstdlib>

namespace palimpsest {
namespace {

constexpr int kAutoBlock = 8;
constexpr int kAutoSteps = 1;

// Tokens of a candidate's tree. One way alone costs a clean pass like any other and is quicker on a CPU, though the base
// comes less far; PALIMPSEST_TREE=24, say, compares them live.
std::size_t treeTokens() {
    const char* const wanted = std::getenv("PALIMPSEST_TREE");
    return wanted ? std::size_t(std::clamp(std::atoi(wanted), 0, 64)) : 0;
}

} // namespace

Continuation::Continuation(DraftSession& session, const CleanContext& context, const torch::Tensor& lastHidden)
    : m_session(session) {
    const DraftOptions& options = session.options();
    // Without a denoiser every round is one draw of the base.
    m_block = session.model().hasDenoiser() ? std::size_t(options.block ? options.block : kAutoBlock) : 1;
    m_steps = options.steps ? options.steps : kAutoSteps;
    m_treeTokens = treeTokens();
    m_longest = longestDraft(std::size_t(options.tokens));
    for (int i = 0; i < options.drafts; ++i)
        m_tracks.push_back(std::unique_ptr<Track>(
            new Track{Lane(i, Random::derivedSeed(options.seed, i)), context.Copy(), 0, lastHidden, {}, 0}));
}

bool Continuation::run(const Given& given) {
    begin(given);
    std::vector<Track*> active;
    for (;;) {
        active.clear();
        for (const auto& track : m_tracks)
            if (!track->lane.ended) active.push_back(track.get());
        if (active.empty()) return true;
        if (!catchUp(active)) return false;
        openBlocks(active);
        std::size_t open = 0;
        for (const Track* track : active)
            open = std::max(open, track->lane.openCells(track->lane.committed, track->lane.committed + track->width));
        // More passes than open positions would decide nothing.
        for (int left = int(std::min(std::size_t(m_steps), open)); left > 0; --left)
            if (!propose(active, left)) return false;
        if (m_session.options().verify) {
            if (!verify(active)) return false;
        } else {
            for (Track* track : active)
                if (!track->lane.ended) closeRound(*track, track->width);
        }
    }
}

std::vector<Lane> Continuation::takeLanes() {
    std::vector<Lane> lanes;
    for (const auto& track : m_tracks) {
        track->lane.cells.resize(std::min(track->lane.cells.size(), track->lane.committed));
        lanes.push_back(std::move(track->lane));
    }
    return lanes;
}

void Continuation::begin(const Given& given) {
    for (const auto& track : m_tracks) {
        Lane& lane = track->lane;
        for (std::size_t i = 0; i < given.tokens.size(); ++i)
            lane.cells.push_back({given.tokens[i], 1, given.pinned[i] != 0, true});
        lane.committed = lane.cells.size();
        for (const std::int64_t id : given.ahead) {
            const bool open = id == RememberedStep::kOpen;
            lane.cells.push_back({open ? Cell::kUnknown : id, open ? 0.0f : 1.0f, !open, false});
        }
    }
}

bool Continuation::catchUp(std::span<Track* const> tracks) {
    std::vector<Track*> behind;
    std::vector<Lane*> lanes;
    std::vector<CleanInput> inputs;
    for (Track* track : tracks) {
        if (track->inContext == track->lane.committed) continue;
        CleanInput input{&track->context, {}, std::int64_t(m_session.firstPosition() + track->inContext)};
        for (std::size_t i = track->inContext; i < track->lane.committed; ++i)
            input.ids.push_back(track->lane.cells[i].id);
        behind.push_back(track);
        lanes.push_back(&track->lane);
        inputs.push_back(std::move(input));
    }
    if (behind.empty()) return true;
    if (!m_session.beginPass(lanes)) return false;
    const std::vector<torch::Tensor> hidden = m_session.model().clean(inputs);
    for (std::size_t i = 0; i < behind.size(); ++i) {
        behind[i]->hidden = hidden[i][-1];
        behind[i]->inContext = behind[i]->lane.committed;
    }
    return true;
}

// Empties each lane's next block and draws its first position from the base itself.
void Continuation::openBlocks(std::span<Track* const> tracks) {
    std::vector<torch::Tensor> hidden;
    for (const Track* track : tracks) hidden.push_back(track->hidden);
    const torch::Tensor logits = m_session.model().logits(torch::stack(hidden)).cpu().contiguous(); // (B, V)
    ++m_rounds;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        Track& track = *tracks[i];
        Lane& lane = track.lane;
        ++lane.round;
        const std::size_t first = lane.committed;
        track.width = std::clamp<std::size_t>(m_longest + 1 - std::min(first, m_longest), 1, m_block);
        const auto position = std::int64_t(m_session.firstPosition() + first); // a tree is one pass
        track.width = std::min(track.width, std::size_t(track.context.passEnd(position) - position));
        lane.cells.resize(std::max(lane.cells.size(), first + track.width));
        for (std::size_t at = first; at < lane.cells.size(); ++at)
            if (!lane.cells[at].pinned) lane.cells[at] = Cell{};
        track.proposals.assign(track.width, {});
        if (lane.cells[first].pinned) continue;
        const Probabilities p = m_session.probabilities(logits[std::int64_t(i)], edges(lane, first));
        if (p.empty()) {
            lane.ended = lane.broken = true;
            continue;
        }
        const std::int64_t id = draw(p, lane, first);
        lane.cells[first] = {id, float(p[std::size_t(id)]), false, true};
    }
}

bool Continuation::propose(std::span<Track* const> tracks, int passesLeft) {
    std::vector<Lane*> lanes;
    for (Track* track : tracks) lanes.push_back(&track->lane);
    if (!m_session.beginPass(lanes)) return false;
    std::vector<Track*> moving;
    std::vector<std::vector<std::size_t>> open;
    std::vector<NoisedBlock> blocks;
    for (Track* track : tracks) {
        std::vector<std::size_t> cells;
        for (std::size_t at = track->lane.committed; at < track->lane.committed + track->width; ++at) {
            const Cell& cell = track->lane.cells[at];
            if (!cell.pinned && !cell.drawn) cells.push_back(at);
        }
        if (cells.empty() || track->lane.ended) continue;
        moving.push_back(track);
        open.push_back(std::move(cells));
        blocks.push_back(noisedBlock(*track));
    }
    if (moving.empty()) return true;
    const std::vector<torch::Tensor> hidden = m_session.model().noised(blocks);
    for (std::size_t i = 0; i < moving.size(); ++i) {
        const std::size_t commit = decidedBy(open[i].size(), passesLeft);
        const OpenRows foretold(m_session.model(), open[i], {moving[i]->lane.committed, commit, hidden[i], {}, {}});
        fill(*moving[i], foretold, open[i], commit);
        m_session.show(moving[i]->lane, shownCells(moving[i]->lane), expectedPasses(moving[i]->lane, passesLeft));
    }
    return true;
}

// How many of the open cells a pass decides, `passesLeft` being left with it. The next word is foretold far better than
// those behind it, so proposals are made word by word, and the last pass makes all others; kept as they are, they are
// divided evenly.
std::size_t Continuation::decidedBy(std::size_t open, int passesLeft) const {
    if (passesLeft <= 1) return open;
    return m_session.options().verify ? 1 : (open + std::size_t(passesLeft) - 1) / std::size_t(passesLeft);
}

// Draws the first `commit` open cells one after the other, and shows in the others what is likeliest just now.
void Continuation::fill(Track& track, const OpenRows& rows, std::span<const std::size_t> open, std::size_t commit) {
    Lane& lane = track.lane;
    for (std::size_t i = 0; i < commit; ++i) {
        const std::size_t at = open[i];
        const torch::Tensor logits =
            rows.logits(i, m_session.tokenBefore(lane, at), m_session.tokenBefore(lane, at, 2));
        const Probabilities q = m_session.probabilities(logits, edges(lane, at));
        if (q.empty()) {
            lane.ended = lane.broken = true;
            return;
        }
        std::int64_t id;
        if (m_session.options().verify && m_treeTokens > 0) {
            CellProposals& proposals = track.proposals[at - lane.committed];
            proposals = {PositionNoise(lane.seed, at).first(q, kProposals), i};
            id = proposals.ids.front();
        } else {
            id = draw(q, lane, at); // one way needs the winner alone
        }
        lane.cells[at] = {id, float(q[std::size_t(id)]), false, true};
    }
    m_session.guess(lane, open.subspan(commit), rows.guessed());
}

bool Continuation::verify(std::span<Track* const> tracks) {
    std::vector<Track*> verified;
    std::vector<Lane*> lanes;
    std::vector<ProposalTree> proposals;
    std::vector<TokenTree> trees;
    for (Track* track : tracks) {
        if (track->lane.ended) continue;
        if (track->width == 1) { // there is nothing but the base's own draw
            closeRound(*track, 1);
            continue;
        }
        verified.push_back(track);
        lanes.push_back(&track->lane);
        const ProposalTree& tree = proposals.emplace_back(m_treeTokens > 0 ? treeOf(*track) : wayOf(*track));
        trees.push_back(
            {&track->context, std::int64_t(m_session.firstPosition() + track->lane.committed), tree.ids, tree.parents});
    }
    if (verified.empty()) return true;
    if (!m_session.beginPass(lanes)) return false;
    const Model& model = m_session.model();
    if (m_treeTokens > 0) {
        const std::vector<TreePass> passes = model.branches(trees);
        for (std::size_t i = 0; i < verified.size(); ++i) {
            const Followed way = follow(*verified[i], proposals[i], passes[i].hidden);
            model.take(trees[i], passes[i], way.last);
            closeRound(*verified[i], way.cells);
        }
        return true;
    }
    std::vector<CleanInput> ways; // a context gains all of it, and loses what the base did not follow
    for (const TokenTree& tree : trees) ways.push_back({tree.context, tree.ids, tree.start});
    const std::vector<torch::Tensor> hidden = model.clean(ways);
    for (std::size_t i = 0; i < verified.size(); ++i) {
        const Followed way = follow(*verified[i], proposals[i], hidden[i]);
        verified[i]->context.truncate(trees[i].start + way.last + 1);
        closeRound(*verified[i], way.cells);
    }
    return true;
}

// The block as it stands, up to the first cell that nothing is known of.
ProposalTree Continuation::wayOf(const Track& track) const {
    const Cell* cells = &track.lane.cells[track.lane.committed];
    ProposalTree way;
    for (std::size_t i = 0; i < track.width && cells[i].id != Cell::kUnknown; ++i) {
        way.ids.push_back(cells[i].id);
        way.parents.push_back(std::int32_t(i) - 1);
    }
    return way;
}

// As locks are now: one that came since the proposals were made is certain.
ProposalTree Continuation::treeOf(const Track& track) const {
    const Cell* cells = &track.lane.cells[track.lane.committed];
    std::vector<CellProposals> further;
    for (std::size_t i = 1; i < track.width && cells[i].id != Cell::kUnknown; ++i) {
        const bool open = !cells[i].pinned && !track.proposals[i].ids.empty();
        further.push_back(open ? track.proposals[i] : CellProposals{{cells[i].id}});
    }
    return proposalTree(cells[0].id, further, m_treeTokens);
}

// Down the tree as far as the base goes. hidden (tokens, D): what it made of each.
Continuation::Followed Continuation::follow(Track& track, const ProposalTree& proposals, const torch::Tensor& hidden) {
    Lane& lane = track.lane;
    const torch::Tensor logits = m_session.model().logits(hidden).cpu().contiguous(); // (tokens, V)
    Followed way{1, 0};
    std::size_t held = 1; // cells of the block on the way
    while (way.cells < track.width) {
        const std::size_t at = lane.committed + way.cells;
        Cell& cell = lane.cells[at];
        if (!cell.pinned) {
            const Probabilities p = m_session.probabilities(logits[way.last], edges(lane, at));
            lane.broken = p.empty();
            if (lane.broken) break;
            const std::int64_t id = draw(p, lane, at);
            cell = {id, float(p[std::size_t(id)]), false, true};
        }
        ++way.cells;
        const std::int32_t next = proposals.child(way.last, cell.id);
        if (next == ProposalTree::kNone) break;
        way.last = next;
        ++held;
    }
    track.inContext = lane.committed + held;
    track.hidden = hidden[way.last];
    return way;
}

void Continuation::closeRound(Track& track, std::size_t kept) {
    Lane& lane = track.lane;
    for (std::size_t at = lane.committed; at < lane.cells.size(); ++at) {
        lane.cells[at].drawn = false;
        if (at >= lane.committed + kept && !lane.cells[at].pinned) lane.cells[at] = Cell{};
    }
    lane.committed += kept;
    const auto isPinned = [](const Cell& cell) { return cell.pinned; };
    const std::optional<std::size_t> end =
        endOfDraft(pieces(lane, lane.committed, m_session.vocabulary()), std::size_t(m_session.options().tokens));
    // A lock further on is part of the draft; but a wish for ten words never becomes a chapter.
    const bool lockAhead = end && std::any_of(lane.cells.begin() + std::ptrdiff_t(*end), lane.cells.end(), isPinned);
    if (end && (!lockAhead || lane.committed > m_longest)) {
        lane.cells.resize(*end);
        lane.committed = *end;
        lane.ended = true;
    }
    lane.ended = lane.ended || lane.broken;
    m_session.show(lane, shownCells(lane), lane.ended ? 0 : expectedPasses(lane, 0));
}

// Verified, as the position's noise says; else the next number of the candidate's own.
std::int64_t Continuation::draw(const Probabilities& p, Lane& lane, std::size_t cell) const {
    return m_session.options().verify ? PositionNoise(lane.seed, cell).winner(p) : drawToken(p, lane.random);
}

NoisedBlock Continuation::noisedBlock(const Track& track) const {
    const Model& model = m_session.model();
    const Lane& lane = track.lane;
    std::vector<std::int64_t> known, rows;
    torch::Tensor level = torch::ones({std::int64_t(track.width)});
    for (std::size_t i = 0; i < track.width; ++i) {
        const Cell& cell = lane.cells[lane.committed + i];
        if (!cell.pinned && !cell.drawn) continue;
        known.push_back(cell.id);
        rows.push_back(std::int64_t(i));
        level[std::int64_t(i)] = 0.0f;
    }
    // Absorbed, each round anew: proposals that were refused, carried over as soft states, cost accepted tokens.
    torch::Tensor state = model.absorbing().to(torch::kFloat32).expand({std::int64_t(track.width), -1}).clone();
    if (!known.empty()) state.index_copy_(0, torch::tensor(rows, torch::kLong).to(state.device()), model.embed(known));
    return {&track.context, m_session.tokenBefore(lane, lane.committed),
            std::int64_t(m_session.firstPosition() + lane.committed), state, level};
}

TokenEdges Continuation::edges(const Lane& lane, std::size_t cell) const {
    TokenEdges edges;
    edges.spaceFirst = cell == 0 && m_session.prompt().dropFirstSpace;
    const auto pinnedPiece = [&](std::size_t at) -> std::string_view {
        return at < lane.cells.size() && lane.cells[at].pinned ? m_session.vocabulary().piece(lane.cells[at].id)
                                                               : std::string_view();
    };
    edges.noWordFirst = cell > 0 && endsWithWord(pinnedPiece(cell - 1));
    edges.proseFirst = m_session.mustBeginProse(lane, cell);
    edges.noWordLast = beginsWithWord(pinnedPiece(cell + 1));
    return edges;
}

// From the tokens a round has given so far, or what young denoisers give.
int Continuation::expectedPasses(const Lane& lane, int inThisRound) const {
    const double perRound = lane.round > 0 ? double(lane.committed) / lane.round : std::min(3.0, double(m_block));
    const double missing = double(m_session.options().tokens) - double(lane.committed);
    const double rounds = std::max(0.0, missing) / std::max(1.0, perRound);
    return inThisRound + int(rounds * (m_block > 1 ? std::min<double>(m_steps, double(m_block) - 1) + 2 : 1));
}

// Through the block in work and the writer's last lock.
std::size_t Continuation::shownCells(const Lane& lane) const {
    std::size_t count = lane.cells.size();
    while (count > lane.committed && lane.cells[count - 1].id == Cell::kUnknown) --count;
    return count;
}

} // namespace palimpsest

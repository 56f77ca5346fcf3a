#include "engine/inference/continuation.h"

#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kAutoBlock = 8;
constexpr int kAutoSteps = 1;

// Tokens of a candidate's tree: with more the base comes further, but a pass over them takes longer
// (docs/evaluation.md).
constexpr std::size_t kTreeTokens = 16;

} // namespace

Continuation::Continuation(DraftSession& session, const CleanContext& context, const torch::Tensor& lastHidden)
    : m_session(session) {
    const DraftOptions& options = session.options();
    // Without a denoiser every round is one draw of the base.
    m_block = session.model().hasDenoiser() ? std::size_t(options.block ? options.block : kAutoBlock) : 1;
    m_steps = options.steps ? options.steps : kAutoSteps;
    m_longest = longestDraft(std::size_t(options.tokens));
    for (int i = 0; i < options.drafts; ++i)
        m_tracks.push_back(std::unique_ptr<Track>(
            new Track{Lane(i, Random::derivedSeed(options.seed, i)), context.Copy(), 0, lastHidden, 0, {}, {}}));
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
        track.races.assign(track.width, {});
        track.tree.reset();
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
        if (m_session.options().verify && passesLeft <= 1)
            growTree(*moving[i], &foretold, open[i]);
        else
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
        if (m_session.options().verify) { // who else came early is tried as well
            auto& race = track.races[at - lane.committed] = PositionNoise(lane.seed, at).first(q, kProposals);
            id = race.front().token;
        } else {
            id = drawToken(q, lane.random);
        }
        lane.cells[at] = {id, float(q[std::size_t(id)]), false, true};
    }
    m_session.guess(lane, open.subspan(commit), rows.guessed());
}

// From the block's first word on, and shows the likeliest way of it. `rows` may be null where no cell is open.
void Continuation::growTree(Track& track, const OpenRows* rows, std::span<const std::size_t> open) {
    Lane& lane = track.lane;
    ProposalTree tree(lane.cells[lane.committed].id, m_session.model().rowCost());
    for (std::size_t i = 1, next = 0; i < track.width; ++i) {
        const std::size_t at = lane.committed + i;
        const Cell cell = lane.cells[at];
        if (next < open.size() && open[next] == at) {
            foretell(track, tree, *rows, open, next++);
        } else if (cell.id == Cell::kUnknown) {
            break;
        } else if (cell.pinned || track.races[i].empty()) {
            const Proposal certain{cell.id};
            for (const std::int32_t of : tree.lastLevel()) tree.grow(of, std::span(&certain, 1));
        } else { // an earlier pass saw one word before it: on other ways there is another
            for (const std::int32_t of : tree.worthwhile()) {
                const bool seen = tree.ids()[std::size_t(of)] == lane.cells[at - 1].id;
                tree.grow(of, proposalsOf(track.races[i], seen ? Footing::Seen : Footing::Unknown));
            }
        }
        if (!tree.nextLevel()) break;
    }
    tree.keep(kTreeTokens);
    const std::vector<std::int32_t> way = tree.likeliestWay();
    for (std::size_t i = 1; i < track.width; ++i) {
        Cell& cell = lane.cells[lane.committed + i];
        if (cell.pinned) continue;
        cell = i < way.size() ? Cell{tree.ids()[std::size_t(way[i])], tree.confidence(way[i]), false, true} : Cell{};
    }
    track.tree = std::move(tree);
}

// Words for the `i`-th open cell, behind each way that is worth it.
void Continuation::foretell(Track& track, ProposalTree& tree, const OpenRows& rows, std::span<const std::size_t> open,
                            std::size_t i) const {
    Lane& lane = track.lane;
    const std::size_t cell = open[i];
    const std::vector<std::int32_t> ways = tree.worthwhile();
    if (ways.empty()) return;
    std::vector<std::int64_t> before, beforeThat;
    for (const std::int32_t way : ways) {
        const std::int32_t parent = tree.parents()[std::size_t(way)];
        before.push_back(tree.ids()[std::size_t(way)]);
        beforeThat.push_back(parent == ProposalTree::kNone ? m_session.tokenBefore(lane, cell, 2)
                                                           : tree.ids()[std::size_t(parent)]);
    }
    const bool told = rows.depends(i);
    const torch::Tensor logits = told ? rows.frequentLogits(i, before, beforeThat) // (ways, V / 3)
                                      : rows.logits(i, before[0], beforeThat[0]).unsqueeze(0);
    const bool sawBefore = i == 0 || open[i - 1] + 1 != cell;
    std::int64_t& standing = lane.cells[cell - 1].id; // what may follow depends on it
    const std::int64_t seen = standing;
    for (std::size_t w = 0; w < ways.size(); ++w) {
        standing = before[w];
        const Probabilities q = m_session.probabilities(logits[told ? std::int64_t(w) : 0], edges(lane, cell));
        if (q.empty()) continue; // verifying will find it broken
        const Footing footing = told                             ? Footing::Told
                                : sawBefore && before[w] == seen ? Footing::Seen
                                                                 : Footing::Unknown;
        tree.grow(ways[w], proposalsOf(PositionNoise(lane.seed, cell).first(q, kProposals), footing));
    }
    standing = seen;
}

bool Continuation::verify(std::span<Track* const> tracks) {
    std::vector<Track*> verified;
    std::vector<Lane*> lanes;
    std::vector<TokenTree> trees;
    for (Track* track : tracks) {
        if (track->lane.ended) continue;
        if (track->width == 1) { // there is nothing but the base's own draw
            closeRound(*track, 1);
            continue;
        }
        if (!track->tree) growTree(*track, nullptr, {});
        verified.push_back(track);
        lanes.push_back(&track->lane);
        trees.push_back({&track->context, std::int64_t(m_session.firstPosition() + track->lane.committed),
                         track->tree->ids(), track->tree->parents()});
    }
    if (verified.empty()) return true;
    if (!m_session.beginPass(lanes)) return false;
    const Model& model = m_session.model();
    const std::vector<TreePass> passes = model.branches(trees);
    for (std::size_t i = 0; i < verified.size(); ++i) {
        const Followed way = follow(*verified[i], passes[i].hidden);
        model.take(trees[i], passes[i], way.last);
        closeRound(*verified[i], way.cells);
    }
    return true;
}

// Down the tree as far as the base goes. hidden (tokens, D): what it made of each.
Continuation::Followed Continuation::follow(Track& track, const torch::Tensor& hidden) {
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
        const std::int32_t next = track.tree->child(way.last, cell.id);
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

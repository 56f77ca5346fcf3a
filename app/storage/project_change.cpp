#include "app/storage/project_change.h"

#include "app/storage/node_tree.h"

#include <algorithm>
#include <iterator>

namespace palimpsest {
namespace {

const Error kUnknown{ErrorCode::NotFound, "That part of the project is not there any more."};

// Sets `field` to what is wanted and leaves in `wanted` what it was.
template<class T>
void exchangeWith(T& field, std::optional<T>& wanted) {
    if (wanted) std::swap(field, *wanted);
}

bool hasChildren(const std::vector<Node>& nodes, NodeId parent) {
    return std::any_of(nodes.begin(), nodes.end(), [=](const Node& node) { return node.parent == parent; });
}

Result<void> checkEdit(const EditNode& edit) {
    if (edit.title)
        if (auto checked = checkTitle(*edit.title); !checked) return checked;
    if (edit.synopsis && edit.synopsis->size() > kMaxSynopsisLength)
        return Error{ErrorCode::InvalidArgument, "A synopsis can have 100,000 characters at most: shorten it."};
    return {};
}

} // namespace

Result<EditNode> editInTree(std::vector<Node>& nodes, EditNode edit) {
    Node* node = findNode(nodes, edit.node);
    if (!node) return kUnknown;
    if (auto checked = checkEdit(edit); !checked) return checked.error();
    exchangeWith(node->title, edit.title);
    exchangeWith(node->synopsis, edit.synopsis);
    exchangeWith(node->kind, edit.kind);
    exchangeWith(node->status, edit.status);
    exchangeWith(node->label, edit.label);
    exchangeWith(node->pinned, edit.pinned);
    exchangeWith(node->trashed, edit.trashed);
    return edit;
}

Result<AppliedChange> ChangeRunner::run(const ProjectChange& change) {
    for (const ChangeStep& each : change.steps)
        if (auto done = std::visit([this](const auto& one) { return step(one); }, each); !done) return done.error();
    AppliedChange applied;
    applied.inverse = {change.name, {}, change.keeps};
    std::move(m_inverse.rbegin(), m_inverse.rend(), std::back_inserter(applied.inverse.steps));
    for (auto& [node, text] : m_texts)
        if ((text.now != text.before || m_moved.count(node) != 0) && findNode(m_nodes, node))
            applied.texts.push_back({node, std::move(text.before), std::move(text.now)});
    applied.added = std::move(m_new);
    applied.steps = std::move(m_done);
    applied.nodes = std::move(m_nodes);
    return applied;
}

Result<ChangeRunner::Text*> ChangeRunner::textOf(NodeId node) {
    const auto known = m_texts.find(node);
    if (known != m_texts.end()) return &known->second;
    if (!findNode(m_nodes, node)) return kUnknown;
    auto text = m_source.text(node);
    if (!text) return text.error();
    return &(m_texts[node] = {*text, *text});
}

NodeId ChangeRunner::resolve(NodeId id) const {
    const auto made = m_made.find(id);
    return made == m_made.end() ? id : made->second;
}

Result<void> ChangeRunner::step(const EditNode& edit) {
    EditNode wanted = edit;
    wanted.node = resolve(edit.node);
    auto was = editInTree(m_nodes, wanted);
    if (!was) return was.error();
    undoneBy(std::move(*was));
    return {};
}

Result<void> ChangeRunner::step(const MoveNode& move) {
    const NodeId id = resolve(move.node);
    const Node* node = findNode(m_nodes, id);
    if (!node) return kUnknown;
    const MoveNode back{id, node->parent, node->position};
    if (auto moved = moveInTree(m_nodes, id, resolve(move.parent), move.position); !moved) return moved;
    undoneBy(back);
    return {};
}

Result<void> ChangeRunner::step(const AddNode& add) {
    Node node = add.node;
    if (auto checked = checkEdit({0, node.title, node.synopsis, {}, {}, {}, {}, {}}); !checked) return checked;
    node.parent = resolve(node.parent);
    if (node.id <= 0) {
        m_made[add.node.id] = m_source.nextId;
        node.id = m_source.nextId++;
    }
    if (findNode(m_nodes, node.id)) return Error{ErrorCode::InvalidArgument, "That part is in the project already."};
    if (auto put = insertIntoTree(m_nodes, node); !put) return put;
    m_texts[node.id] = {{}, add.text};
    m_new.push_back(node.id);
    undoneBy(RemoveNode{node.id, add.text});
    return {};
}

Result<void> ChangeRunner::step(const RemoveNode& remove) {
    const NodeId id = resolve(remove.node);
    const Node* node = findNode(m_nodes, id);
    if (!node) return kUnknown;
    auto bare = m_source.isBare(id);
    if (!bare) return bare.error();
    auto text = textOf(id);
    if (!text) return text.error();
    if (!*bare || hasChildren(m_nodes, id) || (*text)->now != remove.text) {
        EditNode toTrash;
        toTrash.node = id;
        toTrash.trashed = true;
        return step(toTrash);
    }
    undoneBy(AddNode{*node, (*text)->now});
    removeFromTree(m_nodes, id);
    m_texts.erase(id);
    return {};
}

Result<void> ChangeRunner::step(const SplitText& split) {
    const NodeId id = resolve(split.node);
    const Node* node = findNode(m_nodes, id);
    if (!node) return kUnknown;
    auto text = textOf(id);
    if (!text) return text.error();
    auto second = split.to > 0 ? textOf(split.to) : text;
    if (!second) return second.error();
    const SceneText whole = (*text)->now;
    const TextPlace at = split.base ? followPlace(*split.base, whole, split.at) : split.at;
    CutText cut = cutText(whole, at);
    (*text)->now = std::move(cut.first);
    const std::size_t undone = m_inverse.size();
    const bool isNew = split.to <= 0 || (split.had && *split.had != (*second)->now);
    const NodeId into = isNew ? m_source.nextId : split.to;
    SceneText over;
    if (isNew) {
        Node made;
        made.id = std::min(split.to, NodeId(0));
        made.parent = node->parent;
        made.position = node->position + 1;
        made.kind = node->kind;
        made.title = split.title;
        made.status = node->status;
        made.label = node->label;
        made.trashed = node->trashed;
        if (auto added = step(AddNode{made, std::move(cut.second)}); !added) return added;
    } else {
        over = std::exchange((*second)->now, std::move(cut.second));
        EditNode back;
        back.node = into;
        back.trashed = false;
        if (auto taken = step(back); !taken) return taken;
    }
    m_inverse.resize(undone);
    undoneBy(MergeTexts{id, into, cut.insideParagraph, isNew});
    m_moved.insert({id, into});
    m_done.push_back(TextCut{id, into, at, whole, std::move(over)});
    return {};
}

Result<void> ChangeRunner::step(const MergeTexts& merge) {
    const NodeId firstId = resolve(merge.first), secondId = resolve(merge.second);
    const Node* node = findNode(m_nodes, secondId);
    if (!node || firstId == secondId) return kUnknown;
    if (hasChildren(m_nodes, secondId))
        return Error{ErrorCode::InvalidArgument, "What is merged into another has parts of its own: move them first."};
    if (isInTrash(m_nodes, firstId) != isInTrash(m_nodes, secondId))
        return Error{ErrorCode::InvalidArgument, "One of what is merged is in the trash: take it out first."};
    auto first = textOf(firstId), second = textOf(secondId);
    if (!first) return first.error();
    if (!second) return second.error();
    SceneText& text = (*first)->now;
    const SceneText tail = (*second)->now;
    TextPlace border{int(text.blocks.size()), 0};
    if (merge.insideParagraph && !text.blocks.empty() && !tail.blocks.empty())
        border = {border.block - 1, text.blocks.back().plain().size()};
    m_done.push_back(TextJoin{secondId, firstId, merge.insideParagraph, text, tail});
    m_moved.insert({firstId, secondId});
    text = joinTexts(std::move(text), tail, merge.insideParagraph);
    const SplitText apart{firstId, border, secondId, node->title, text, tail};
    undoneBy(apart); // done after what brings a removed second back, which is added later and undone earlier
    const std::size_t undone = m_inverse.size();
    EditNode toTrash;
    toTrash.node = secondId;
    toTrash.trashed = true;
    if (auto gone = merge.remove ? step(RemoveNode{secondId, tail}) : step(toTrash); !gone) return gone;
    if (findNode(m_nodes, secondId)) m_inverse.resize(undone); // `apart` takes it out of the trash, if it fits there
    return {};
}

Result<void> ChangeRunner::step(const EditText& edit) {
    const NodeId id = resolve(edit.node);
    auto text = textOf(id);
    if (!text) return text.error();
    SceneText was = (*text)->now;
    (*text)->now = mergeChanges(edit.before, was, edit.after);
    m_done.push_back(EditText{id, was, (*text)->now});
    undoneBy(EditText{id, (*text)->now, std::move(was)});
    return {};
}

namespace {

using Typed = std::map<NodeId, SceneText>;

const SceneText& newest(const Typed& typed, NodeId node, const SceneText& otherwise) {
    const auto found = typed.find(node);
    return found == typed.end() ? otherwise : found->second;
}

void carry(const TextCut& cut, Typed& typed) {
    if (typed.count(cut.from) == 0 && typed.count(cut.into) == 0) return;
    const SceneText mine = newest(typed, cut.from, cut.whole);
    CutText parts = cutText(mine, followPlace(cut.whole, mine, cut.at));
    typed[cut.into] = mergeChanges(cut.over, newest(typed, cut.into, cut.over), parts.second);
    typed[cut.from] = std::move(parts.first);
}

void carry(const TextJoin& join, Typed& typed) {
    if (typed.count(join.from) == 0 && typed.count(join.into) == 0) return;
    typed[join.into] =
        joinTexts(newest(typed, join.into, join.first), newest(typed, join.from, join.second), join.insideParagraph);
}

void carry(const EditText& edit, Typed& typed) {
    const auto mine = typed.find(edit.node);
    if (mine != typed.end()) mine->second = mergeChanges(edit.before, mine->second, edit.after);
}

} // namespace

void carryOver(const AppliedChange& change, Typed& typed) {
    for (const TextStep& step : change.steps) std::visit([&](const auto& one) { carry(one, typed); }, step);
    for (const TextStep& step : change.steps)
        if (const auto* join = std::get_if<TextJoin>(&step); join && !findNode(change.nodes, join->from))
            typed.erase(join->from);
}

bool isOfTreeOnly(const ProjectChange& change) {
    return std::all_of(change.steps.begin(), change.steps.end(), [](const ChangeStep& step) {
        return std::holds_alternative<EditNode>(step) || std::holds_alternative<MoveNode>(step);
    });
}

std::vector<ChangeStep> moveToPlace(const std::vector<Node>& nodes, const std::vector<NodeId>& moved, NodeKind place,
                                    const QString& title) {
    std::vector<ChangeStep> steps;
    NodeId target = 0;
    if (place == NodeKind::Research || place == NodeKind::Archive) {
        const auto found = std::find_if(nodes.begin(), nodes.end(), [=](const Node& n) { return n.kind == place; });
        target = found == nodes.end() ? -1 : found->id;
        if (target == -1) {
            Node made;
            made.id = -1;
            made.kind = place;
            made.position = -1;
            made.title = title;
            steps.push_back(AddNode{made, {}});
        }
    }
    for (const NodeId node : moved) steps.push_back(MoveNode{node, target, -1});
    return steps;
}

} // namespace palimpsest

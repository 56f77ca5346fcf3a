#include "ui/outline/binder_moves.h"

#include "app/storage/node_tree.h"

#include <QSet>
#include <algorithm>

namespace palimpsest {
namespace {

// The siblings a node is moved among: at the root, notes and manuscript are two lists.
std::vector<const Node*> rowOf(const std::vector<Node>& nodes, const Node& node) {
    std::vector<const Node*> row;
    for (const Node& other : childrenOf(nodes, node.parent)) {
        if (other.trashed) continue;
        if (isPlace(other.kind)) continue;
        if (node.parent == 0 && (other.kind == NodeKind::Note) != (node.kind == NodeKind::Note)) continue;
        row.push_back(&other);
    }
    return row;
}

// The nearest sibling before (-1) or after (1) a node that is none of `chosen`; null when there is none.
const Node* neighbour(const std::vector<Node>& nodes, const Node& node, int way, const QSet<NodeId>& chosen) {
    const std::vector<const Node*> row = rowOf(nodes, node);
    const auto count = std::ssize(row);
    for (auto at = std::find(row.begin(), row.end(), &node) - row.begin() + way; at >= 0 && at < count; at += way)
        if (!chosen.contains(row[std::size_t(at)]->id)) return row[std::size_t(at)];
    return nullptr;
}

NodeId firstChild(const std::vector<Node>& nodes, NodeId parent, const QSet<NodeId>& chosen) {
    for (const Node& node : childrenOf(nodes, parent))
        if (!node.trashed && !chosen.contains(node.id)) return node.id;
    return 0;
}

bool liesIn(const std::vector<Node>& nodes, NodeId node, const QSet<NodeId>& any) {
    for (const Node* at = findNode(nodes, node); at; at = findNode(nodes, at->parent))
        if (any.contains(at->id)) return true;
    return false;
}

// Beyond the end of what it lies in: to the near end of the next one that may hold all.
std::vector<NodeMove> movesOver(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen, const Node& from,
                                int way) {
    const Node* parent = findNode(nodes, from.parent);
    if (!parent || isPlace(parent->kind)) return {};
    const QSet<NodeId> set(chosen.begin(), chosen.end());
    for (const Node* into = neighbour(nodes, *parent, way, set); into; into = neighbour(nodes, *into, way, set)) {
        const NodeId before = way > 0 ? firstChild(nodes, into->id, set) : 0;
        if (mayHold(nodes, into->id, from.kind)) return movesTo(nodes, chosen, into->id, before);
    }
    return {};
}

} // namespace

std::span<const Node> childrenOf(const std::vector<Node>& nodes, NodeId parent) {
    const auto begin =
        std::partition_point(nodes.begin(), nodes.end(), [=](const Node& n) { return n.parent < parent; });
    const auto end = std::partition_point(begin, nodes.end(), [=](const Node& n) { return n.parent == parent; });
    return {begin, end};
}

bool isPlace(NodeKind kind) {
    return kind == NodeKind::Research || kind == NodeKind::Archive;
}

bool mayHold(const std::vector<Node>& nodes, NodeId parent, NodeKind child) {
    if (parent == 0) return true;
    const Node* holder = findNode(nodes, parent);
    if (!holder || holder->trashed) return false;
    switch (holder->kind) {
    case NodeKind::Part: return child == NodeKind::Chapter || child == NodeKind::Scene;
    case NodeKind::Chapter: return child == NodeKind::Scene;
    case NodeKind::Note: return child == NodeKind::Note;
    case NodeKind::Research:
    case NodeKind::Archive: return !isPlace(child);
    case NodeKind::Scene: break;
    }
    return false;
}

std::vector<NodeId> outermost(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen) {
    const QSet<NodeId> set(chosen.begin(), chosen.end());
    std::vector<NodeId> found;
    const auto visit = [&](const auto& self, NodeId parent) -> void {
        for (const Node& node : childrenOf(nodes, parent)) {
            if (set.contains(node.id))
                found.push_back(node.id);
            else
                self(self, node.id);
        }
    };
    visit(visit, 0);
    return found;
}

std::vector<NodeMove> movesTo(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen, NodeId parent,
                              NodeId before) {
    const std::vector<NodeId> list = outermost(nodes, chosen);
    const QSet<NodeId> set(list.begin(), list.end());
    if (liesIn(nodes, parent, set)) return {};
    for (NodeId id : list)
        if (!mayHold(nodes, parent, findNode(nodes, id)->kind)) return {};
    if (const Node* mark = findNode(nodes, before); mark && set.contains(before)) {
        const Node* next = neighbour(nodes, *mark, 1, set);
        before = next ? next->id : 0;
    }
    std::vector<Node> tree = nodes;
    std::vector<NodeMove> moves;
    for (NodeId id : list) {
        const Node& node = *findNode(tree, id);
        const Node* mark = findNode(tree, before);
        int position = mark ? mark->position : -1;
        if (!mark) // at the end
            position = int(childrenOf(tree, parent).size());
        if (node.parent == parent && node.position < position) --position; // it is taken out first
        if (node.parent == parent && node.position == position) continue;
        moves.push_back({id, parent, position});
        if (!moveInTree(tree, id, parent, position)) return {};
    }
    return moves;
}

std::vector<NodeMove> movesTowards(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen, MoveWay way) {
    const std::vector<NodeId> list = outermost(nodes, chosen);
    if (list.empty()) return {};
    const QSet<NodeId> set(list.begin(), list.end());
    const Node& first = *findNode(nodes, list.front());
    const Node& last = *findNode(nodes, list.back());
    const Node* above = neighbour(nodes, first, -1, set);
    switch (way) {
    case MoveWay::Up: return above ? movesTo(nodes, list, first.parent, above->id) : movesOver(nodes, list, first, -1);
    case MoveWay::Down: {
        const Node* below = neighbour(nodes, last, 1, set);
        if (!below) return movesOver(nodes, list, last, 1);
        const Node* next = neighbour(nodes, *below, 1, set);
        return movesTo(nodes, list, last.parent, next ? next->id : 0);
    }
    case MoveWay::In: return above ? movesTo(nodes, list, above->id, 0) : std::vector<NodeMove>{};
    case MoveWay::Out: break;
    }
    const Node* parent = findNode(nodes, first.parent);
    if (!parent || isPlace(parent->kind)) return {};
    const Node* next = neighbour(nodes, *parent, 1, set);
    return movesTo(nodes, list, parent->parent, next ? next->id : 0);
}

NodePlace placeForNew(const std::vector<Node>& nodes, NodeId current, NodeKind kind) {
    const auto countOf = [&nodes](NodeId parent) { return int(childrenOf(nodes, parent).size()); };
    const Node* at = findNode(nodes, current);
    if (at && at->kind != kind && mayHold(nodes, at->id, kind)) return {at->id, countOf(at->id)};
    for (; at; at = findNode(nodes, at->parent)) {
        const bool sameList = at->parent != 0 || (at->kind == NodeKind::Note) == (kind == NodeKind::Note);
        if (sameList && mayHold(nodes, at->parent, kind)) return {at->parent, at->position + 1};
    }
    return {0, countOf(0)};
}

} // namespace palimpsest

// Where nodes may lie and where moving takes them: the rules of the binder, without a window.
//
// Pure functions on a project's nodes, sorted by parent and position, trashed ones included. Moves are to be done in
// order, each as MoveNode does it; none means that there is nothing to do or that it is not allowed.
#pragma once

#include "app/storage/project_store.h"

#include <span>
#include <vector>

namespace palimpsest {

struct NodeMove {
    NodeId node = 0, parent = 0;
    int position = 0;
    bool operator==(const NodeMove&) const = default;
};

struct NodePlace {
    NodeId parent = 0; // 0 = the root
    int position = 0;
    bool operator==(const NodePlace&) const = default;
};

enum class MoveWay {
    Up,   // before the sibling above; from the first place to the end of the chapter or part before
    Down, // behind the sibling below; from the last place to the beginning of the one after
    In,   // to the end of the sibling above, when that may hold it
    Out,  // behind what it lies in
};

// In order, trashed ones too.
std::span<const Node> childrenOf(const std::vector<Node>& nodes, NodeId parent);

bool isPlace(NodeKind kind); // Research and Archive, at the root

// `parent` 0 is the root, where parts, chapters and scenes are the manuscript and notes the notes.
bool mayHold(const std::vector<Node>& nodes, NodeId parent, NodeKind child);

// Those that lie in no other of them, in the order of the binder.
std::vector<NodeId> outermost(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen);

// All of `chosen` side by side into `parent`, before its child `before`; 0 = at the end.
std::vector<NodeMove> movesTo(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen, NodeId parent,
                              NodeId before);
std::vector<NodeMove> movesTowards(const std::vector<Node>& nodes, const std::vector<NodeId>& chosen, MoveWay way);

// Where a new one goes when `current` is the one shown (0 = none): into it when it may hold one, else behind it, or
// behind the nearest of those it lies in.
NodePlace placeForNew(const std::vector<Node>& nodes, NodeId current, NodeKind kind);

} // namespace palimpsest

// The order of a project's nodes: the one place that knows how inserting and moving renumber siblings, used by the
// store on disk and by the mirror in memory.
//
// Pure functions on a list sorted by parent and position, in which the positions of siblings are 0, 1, 2, …
#pragma once

#include "app/storage/node.h"
#include "engine/base/result.h"

#include <vector>

namespace palimpsest {

constexpr int kMaxTitleLength = 1000;       // characters
constexpr int kMaxSynopsisLength = 100'000; // the same

const Node* findNode(const std::vector<Node>& nodes, NodeId id);
Node* findNode(std::vector<Node>& nodes, NodeId id);

// InvalidArgument when a title is too long or breaks the line.
Result<void> checkTitle(const QString& title);

// Both: `position` beyond the last sibling, or negative, means the end. NotFound for an unknown node or parent;
// nothing is changed on failure.
Result<void> insertIntoTree(std::vector<Node>& nodes, Node node);
// InvalidArgument when `parent` lies inside `node`.
Result<void> moveInTree(std::vector<Node>& nodes, NodeId node, NodeId parent, int position);

// A node without children; one that is unknown changes nothing.
void removeFromTree(std::vector<Node>& nodes, NodeId node);

// True when the node or anything it lies in is in the trash.
bool isInTrash(const std::vector<Node>& nodes, NodeId node);

// What was put into the trash as one, not what lies in it; in the order of the list.
std::vector<NodeId> trashRoots(const std::vector<Node>& nodes);

// Of all scenes of the book: not in the trash, nor in Research or Archive. Grows with the number of nodes, not with its
// square: it is asked for while the writer types.
int wordsOfBook(const std::vector<Node>& nodes);

// True when every node hangs from the root.
bool isTree(const std::vector<Node>& nodes);

} // namespace palimpsest

#include "app/storage/node_tree.h"

#include <QHash>
#include <QSet>

#include <algorithm>

namespace palimpsest {
namespace {

bool inOrder(const Node& a, const Node& b) {
    return std::pair(a.parent, a.position) < std::pair(b.parent, b.position);
}

int countChildren(const std::vector<Node>& nodes, NodeId parent) {
    return int(std::count_if(nodes.begin(), nodes.end(), [=](const Node& n) { return n.parent == parent; }));
}

// Shifts the siblings at `position` and after it.
void shiftFrom(std::vector<Node>& nodes, NodeId parent, int position, int by) {
    for (Node& node : nodes)
        if (node.parent == parent && node.position >= position) node.position += by;
}

int clampPosition(int position, int siblings) {
    return position < 0 ? siblings : std::min(position, siblings);
}

const Error kUnknown{ErrorCode::NotFound, "That part of the project is not there any more."};

} // namespace

const Node* findNode(const std::vector<Node>& nodes, NodeId id) {
    if (id == 0) return nullptr; // what every walk up ends with
    const auto found = std::find_if(nodes.begin(), nodes.end(), [id](const Node& n) { return n.id == id; });
    return found == nodes.end() ? nullptr : &*found;
}

Node* findNode(std::vector<Node>& nodes, NodeId id) {
    return const_cast<Node*>(findNode(std::as_const(nodes), id));
}

Result<void> checkTitle(const QString& title) {
    if (title.size() > kMaxTitleLength)
        return Error{ErrorCode::InvalidArgument, "A title can have 1,000 characters at most: shorten it."};
    for (const QChar c : title)
        if (c == u'\n' || c == u'\r' || c.isNull())
            return Error{ErrorCode::InvalidArgument, "A title is a single line: take the line breaks out."};
    return {};
}

Result<void> insertIntoTree(std::vector<Node>& nodes, Node node) {
    if (node.parent != 0 && !findNode(nodes, node.parent)) return kUnknown;
    node.position = clampPosition(node.position, countChildren(nodes, node.parent));
    shiftFrom(nodes, node.parent, node.position, 1);
    nodes.push_back(std::move(node));
    std::sort(nodes.begin(), nodes.end(), inOrder);
    return {};
}

Result<void> moveInTree(std::vector<Node>& nodes, NodeId id, NodeId parent, int position) {
    Node* node = findNode(nodes, id);
    if (!node || (parent != 0 && !findNode(nodes, parent))) return kUnknown;
    for (NodeId above = parent; above != 0;) {
        if (above == id)
            return Error{ErrorCode::InvalidArgument, "A part cannot be moved into itself: choose another place."};
        const Node* next = findNode(nodes, above);
        above = next ? next->parent : 0;
    }
    const NodeId oldParent = node->parent;
    const int oldPosition = node->position;
    node->parent = -1; // out of every list while the others close the gap
    shiftFrom(nodes, oldParent, oldPosition, -1);
    node->position = clampPosition(position, countChildren(nodes, parent));
    shiftFrom(nodes, parent, node->position, 1);
    node->parent = parent;
    std::sort(nodes.begin(), nodes.end(), inOrder);
    return {};
}

void removeFromTree(std::vector<Node>& nodes, NodeId id) {
    const auto found = std::find_if(nodes.begin(), nodes.end(), [id](const Node& n) { return n.id == id; });
    if (found == nodes.end()) return;
    const Node gone = *found;
    nodes.erase(found);
    shiftFrom(nodes, gone.parent, gone.position, -1);
}

std::vector<NodeId> trashRoots(const std::vector<Node>& nodes) {
    std::vector<NodeId> roots;
    for (const Node& node : nodes)
        if (node.trashed && !isInTrash(nodes, node.parent)) roots.push_back(node.id);
    return roots;
}

// The book is what neither is nor lies in one of these.
static bool isOutside(const Node& node) {
    return node.trashed || node.kind == NodeKind::Research || node.kind == NodeKind::Archive;
}

int wordsOfBook(const std::vector<Node>& nodes) {
    QHash<NodeId, const Node*> byId;
    byId.reserve(qsizetype(nodes.size()));
    for (const Node& node : nodes) byId.insert(node.id, &node);
    int words = 0;
    for (const Node& scene : nodes) {
        if (scene.kind != NodeKind::Scene) continue;
        const Node* above = &scene;
        while (above && !isOutside(*above)) above = byId.value(above->parent);
        if (!above) words += scene.words;
    }
    return words;
}

bool isInTrash(const std::vector<Node>& nodes, NodeId id) {
    for (const Node* node = findNode(nodes, id); node; node = findNode(nodes, node->parent))
        if (node->trashed) return true;
    return false;
}

bool isTree(const std::vector<Node>& nodes) {
    QHash<NodeId, NodeId> parents;
    for (const Node& node : nodes) parents.insert(node.id, node.parent);
    QSet<NodeId> rooted;
    for (const Node& node : nodes) {
        QSet<NodeId> path;
        NodeId at = node.id;
        while (at != 0 && !rooted.contains(at)) {
            if (path.contains(at) || !parents.contains(at)) return false;
            path.insert(at);
            at = parents.value(at);
        }
        rooted.unite(path);
    }
    return true;
}

} // namespace palimpsest

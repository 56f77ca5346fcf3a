// The one way anything a writer made leaves a project for good.
#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"

#include <algorithm>

namespace palimpsest {
namespace {

// With all that lies below them, each once.
std::vector<NodeId> withAllBelow(const std::vector<Node>& nodes, const std::vector<NodeId>& roots) {
    std::vector<NodeId> all;
    for (const NodeId root : roots)
        if (std::find(all.begin(), all.end(), root) == all.end()) all.push_back(root);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (const Node& node : nodes)
            if (node.parent == all[i] && std::find(all.begin(), all.end(), node.id) == all.end())
                all.push_back(node.id);
    return all;
}

// Where one of them hangs on another, the other goes last; rows that belong to a node go before it.
void deleteRowsOf(SQLite::Database& database, NodeId node) {
    for (const char* sql : {"DELETE FROM revision WHERE node = ?", "DELETE FROM snapshot WHERE node = ?",
                            "DELETE FROM draft WHERE node = ?"}) {
        SQLite::Statement remove(database, sql);
        bind(remove, 1, node);
        remove.exec();
    }
}

} // namespace

Result<void> ProjectStore::deleteForGood(const std::vector<NodeId>& roots) {
    const auto before = nodes();
    if (!before) return before.error();
    for (const NodeId root : roots) {
        if (!findNode(*before, root)) return kNoSuchNode;
        if (!isInTrash(*before, root))
            return Error{ErrorCode::InvalidArgument, "Only what is in the trash can be deleted for good."};
    }
    if (roots.empty()) return {};
    if (auto copied = makeBackup(); !copied) return copied;
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        std::vector<Node> after = *before;
        std::vector<NodeId> gone = withAllBelow(after, roots);
        for (auto node = gone.rbegin(); node != gone.rend(); ++node) { // children before what they lie in
            deleteRowsOf(database, *node);
            removeFromTree(after, *node);
        }
        writeNodes(database, *before, after);
        database.exec("DELETE FROM past_text WHERE NOT EXISTS (SELECT 1 FROM revision WHERE past = past_text.id)");
        return {};
    });
}

} // namespace palimpsest

// Backups of the open project, and what is taken over from one.
#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"

#include <algorithm>

namespace palimpsest {
namespace {

// What a backup holds, read without writing a byte to it.
struct BackupContents {
    QString uuid;
    std::vector<Node> nodes;
    std::vector<Marker> markers;
    std::map<NodeId, SceneText> texts;
};

Result<BackupContents> readBackup(const QString& path) {
    return guarded(nullptr, [&]() -> Result<BackupContents> {
        const auto database = connect(path, SQLite::OPEN_READONLY);
        BackupContents contents;
        contents.uuid = textOf(database->execAndGet("SELECT uuid FROM project"));
        contents.nodes = readNodes(*database);
        contents.markers = readMarkers(*database);
        for (const Node& node : contents.nodes) {
            auto text = readText(*database, node.id);
            if (!text) return text.error();
            contents.texts[node.id] = std::move(*text);
        }
        return contents;
    });
}

// The marker of the same name in the project's list, which may have changed since; else none.
MarkerId sameMarker(const std::vector<Marker>& here, const std::vector<Marker>& there, MarkerId id) {
    const auto was = std::find_if(there.begin(), there.end(), [id](const Marker& marker) { return marker.id == id; });
    if (was == there.end()) return 0;
    const auto is = std::find_if(here.begin(), here.end(), [&](const Marker& marker) {
        return marker.family == was->family && marker.name == was->name;
    });
    return is == here.end() ? 0 : is->id;
}

// The nodes that only the backup has, each after the one it lies in.
std::vector<ChangeStep> missingNodes(const std::vector<Node>& here, const std::vector<Marker>& markers,
                                     BackupContents& backup) {
    std::vector<ChangeStep> steps;
    std::vector<Node> known = here;
    for (bool found = true; found;) {
        found = false;
        for (const Node& node : backup.nodes) {
            if (findNode(known, node.id) || (node.parent != 0 && !findNode(known, node.parent))) continue;
            Node back = node;
            back.status = sameMarker(markers, backup.markers, node.status);
            back.label = sameMarker(markers, backup.markers, node.label);
            steps.push_back(AddNode{back, backup.texts[node.id]});
            known.push_back(node);
            found = true;
        }
    }
    return steps;
}

} // namespace

Result<void> ProjectStore::makeBackup() {
    return read<void>([this](SQLite::Database& database) {
        return backUp(database, m_parts->path, database.execAndGet("SELECT revision FROM project").getInt64());
    });
}

std::optional<QDateTime> ProjectStore::newerBackup() const {
    if (m_parts->newerBackup.path.isEmpty()) return std::nullopt;
    return m_parts->newerBackup.made;
}

Result<ProjectChange> ProjectStore::takeOverNewerBackup(const QString& name) {
    auto backup = readBackup(m_parts->newerBackup.path);
    if (!backup) return backup.error();
    if (backup->uuid != m_parts->uuid) return Error{ErrorCode::InvalidArgument, "That backup is of another project."};
    auto here = nodes();
    const auto lists = markers();
    if (!here || !lists) return here ? lists.error() : here.error();
    const auto snapshot = addSnapshot(name);
    if (!snapshot) return snapshot.error();
    for (const auto& [node, text] : backup->texts) {
        if (!findNode(*here, node)) continue;
        auto now = this->text(node);
        if (!now) return now.error();
        if (*now == text) continue;
        if (auto added = addRevision(node, text, RevisionCause::Backup, m_parts->newerBackup.made, *snapshot); !added)
            return added.error();
    }
    m_parts->newerBackup = {};
    return ProjectChange{name, missingNodes(*here, *lists, *backup)};
}

} // namespace palimpsest

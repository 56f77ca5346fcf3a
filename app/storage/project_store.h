// A project: one SQLite file. The only place that knows SQLite.
//
// Blocking; used from one thread at a time (the project service's worker). Every write is one transaction: stored
// whole or not at all. A refusal changes nothing in the file. Format: app/storage/project_format.md.
#pragma once

#include "app/document/scene_text.h"
#include "engine/base/result.h"

#include <QDateTime>
#include <QHash>
#include <QString>
#include <memory>
#include <vector>

namespace palimpsest {

using NodeId = qint64; // 0 = none / the root

enum class NodeKind : quint8 { Part = 0, Chapter = 1, Scene = 2, Note = 3 }; // values are on disk

struct Node {
    NodeId id = 0;
    NodeId parent = 0;
    int position = 0; // among its siblings, from 0
    NodeKind kind = NodeKind::Scene;
    QString title;
    int words = 0;       // of its own text
    bool pinned = false; // notes: part of every draft's context
    bool trashed = false;
    bool operator==(const Node&) const = default;
};

// A draft as the project keeps it: nothing generated is ever lost until the writer discards it.
struct StoredDraft {
    enum class State : quint8 { Open = 0, Accepted = 1, Discarded = 2 }; // values are on disk
    qint64 id = 0;
    NodeId node = 0;
    State state = State::Open;
    QDateTime created;
    QString text;       // as it stands or was accepted
    QByteArray request; // engine/protocol.md, draft/start params: kind, seed, options, both sides
    QByteArray trace;   // its steps, compressed
    QString model, modelHash;
};

enum class OpenOutcome {
    Created,
    Current,
    Upgraded,     // from an older format; a copy of the old file was made first
    NewerRefused, // written by a newer version of this program
    Damaged,      // fails its checks; left as it is
    Locked,       // open elsewhere
    NotAProject,
    Unreadable, // not there, or may not be read or written
};

class ProjectStore {
public:
    struct Opened {
        OpenOutcome outcome = OpenOutcome::Current;
        QString sentence;                    // for a writer: what happened, what to do; empty when all is well
        std::unique_ptr<ProjectStore> store; // null for every refusal
    };

    // Never changes a file it refuses. Takes the project's lock (pid, host, boot id) until destroyed.
    // Checks the whole file, and backs it up when it changed since the last backup: seconds for a very large one.
    static Opened open(const QString& path);
    // Refuses a path that exists, as Unreadable.
    static Opened create(const QString& path, const QString& title);
    ~ProjectStore(); // checkpoints into one file, releases the lock

    QString path() const;
    QString title() const;

    // All writes: a project file that was deleted while open is written anew, whole, by the next write. One that was
    // moved or replaced makes writes fail (Io) until it is back.

    Result<std::vector<Node>> nodes() const; // by parent and position; trashed ones too
    Result<NodeId> addNode(NodeId parent, int position, NodeKind kind, const QString& title);
    Result<void> renameNode(NodeId node, const QString& title);
    Result<void> moveNode(NodeId node, NodeId parent, int position);
    Result<void> setPinned(NodeId node, bool pinned);
    Result<void> setTrashed(NodeId node, bool trashed);

    Result<SceneText> text(NodeId node) const;                 // no blocks when nothing was ever written
    Result<void> saveText(NodeId node, const SceneText& text); // also the node's word count

    Result<qint64> addDraft(const StoredDraft& draft); // draft.id is ignored
    Result<void> updateDraft(const StoredDraft& draft);
    Result<std::vector<StoredDraft>> drafts(NodeId node) const; // newest first, without traces
    Result<QByteArray> draftTrace(qint64 draft) const;

    // Small things to restore: open scene, caret, splitter sizes.
    Result<QHash<QString, QString>> settings() const;
    Result<void> setSetting(const QString& key, const QString& value);

private:
    struct Parts;
    explicit ProjectStore(std::unique_ptr<Parts> parts);
    Result<void> makeBackup();
    Result<void> makeSureOfPlace();
    // One transaction around `body`, a function of the connection that returns Result<void>. `content` makes a new
    // revision of the project, worth a backup; an aside, such as a splitter's place, does not.
    template<class Body>
    Result<void> write(bool content, Body body);
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest

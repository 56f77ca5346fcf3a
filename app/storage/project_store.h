// A project: one SQLite file. The only place that knows SQLite.
//
// Blocking; used from one thread at a time (the project service's worker). Every write is one transaction: stored
// whole or not at all. A refusal changes nothing in the file. Format: app/storage/project_format.md.
#pragma once

#include "app/document/scene_text.h"
#include "app/document/text_search.h"
#include "app/storage/node.h"
#include "app/storage/project_change.h"
#include "engine/base/result.h"

#include <QDateTime>
#include <QHash>
#include <QString>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace palimpsest {

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

// An earlier text of a node.
struct Revision {
    qint64 id = 0;
    NodeId node = 0;
    RevisionCause cause = RevisionCause::Writing;
    QDateTime saved; // when the text was written
    int words = 0;
    qint64 snapshot = 0; // the one it is part of; 0 = none
    QString name;        // of that snapshot
};

// Earlier texts kept under a name, until the writer removes it.
struct Snapshot {
    qint64 id = 0;
    NodeId node = 0; // 0: of the whole project, with its tree
    QString name;
    QDateTime created;
};

struct FoundParagraph {
    NodeId node = 0;
    int block = 0; // of the node's text
    QString text;
    std::vector<Interval> matches;
};

struct SearchResults {
    std::vector<FoundParagraph> paragraphs; // by node and block
    int matches = 0;
    bool complete = true; // false: there are more than were asked for, or it was stopped
};

struct PinnedPassage {
    NodeId node = 0;
    QString text;
    bool operator==(const PinnedPassage&) const = default;
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
    // A revision is kept this long after the last one, while a text is written.
    static constexpr int kRevisionEverySeconds = 600;

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
    ~ProjectStore(); // backs up what changed, checkpoints into one file, releases the lock

    // Also made at opening and closing. Nothing when nothing changed since the last one.
    Result<void> makeBackup();
    // The newest backup, when it is of a later state than the project as it was opened: the file was replaced by an
    // older one. Nothing otherwise.
    std::optional<QDateTime> newerBackup() const;
    // Takes that backup into the history: a snapshot called `name` of the texts that differ, and the change that brings
    // back the nodes which only it has. Returned without being applied.
    Result<ProjectChange> takeOverNewerBackup(const QString& name);

    QString path() const;
    QString title() const;
    QString uuid() const; // the same for every copy of the project

    // All writes: a project file that was deleted while open is written anew, whole, by the next write. One that was
    // moved or replaced makes writes fail (Io) until it is back.

    Result<std::vector<Node>> nodes() const; // by parent and position; trashed ones too
    Result<NodeId> addNode(NodeId parent, int position, NodeKind kind, const QString& title);
    Result<void> renameNode(NodeId node, const QString& title);
    Result<void> moveNode(NodeId node, NodeId parent, int position);
    Result<void> setPinned(NodeId node, bool pinned);
    Result<void> setTrashed(NodeId node, bool trashed);
    // What is in the trash, with all that lies in it, its history and its drafts: the one deletion that nothing takes
    // back, but a backup is made first (and nothing is deleted when it cannot be). InvalidArgument for a node that is
    // not in the trash.
    Result<void> deleteForGood(const std::vector<NodeId>& nodes);
    // Any of these and more at once, and what undoes it. Texts it changes are kept in the history first.
    Result<AppliedChange> apply(const ProjectChange& change);

    // Both lists, each in its order. Setting: whole; id 0 is a new one, one left out is taken off every node. The
    // result has every id.
    Result<std::vector<Marker>> markers() const;
    Result<std::vector<Marker>> setMarkers(std::vector<Marker> markers);

    Result<SceneText> text(NodeId node) const; // no blocks when nothing was ever written
    // Also the node's word count, the index and, where it is time, the history.
    Result<void> saveText(NodeId node, const SceneText& text);
    // All of them or, on failure, none; but for those refused, for a reason of their own.
    using Refused = std::map<NodeId, Error>;
    Result<Refused> saveTexts(const std::map<NodeId, SceneText>& texts);

    // History. Automatic revisions are thinned out with age by the rule of project_format.md; snapshots never are.
    Result<std::vector<Revision>> revisions(NodeId node) const; // newest first
    Result<SceneText> revisionText(qint64 revision) const;
    // The text as it is now; no second time when it is the newest revision already.
    Result<void> keepRevision(NodeId node, RevisionCause cause);
    // A text from elsewhere; part of `snapshot`, if not 0.
    Result<void> addRevision(NodeId node, const SceneText& text, RevisionCause cause, const QDateTime& saved,
                             qint64 snapshot = 0);
    Result<std::vector<Snapshot>> snapshots() const;               // newest first
    Result<qint64> takeSnapshot(const QString& name, NodeId node); // node 0: of the whole project
    Result<qint64> addSnapshot(const QString& name);               // an empty one, for addRevision()
    Result<void> removeSnapshot(qint64 snapshot);                  // with its revisions
    Result<std::vector<Revision>> snapshotRevisions(qint64 snapshot) const;
    // The change that brings everything in the snapshot back: texts and, of the whole project, titles and places.
    // What was made since stays, after the others.
    Result<ProjectChange> restoration(qint64 snapshot, const QString& name) const;

    // In all texts outside the trash. Stops at `limit` matches, or within a text when asked to.
    Result<SearchResults> search(const SearchQuery& query, int limit, std::stop_token stop = {}) const;
    Result<std::vector<PinnedPassage>> pinnedPassages() const; // outside the trash, by node and place

    Result<qint64> addDraft(const StoredDraft& draft); // draft.id is ignored
    // One that becomes accepted leaves a revision of the text before it.
    Result<void> updateDraft(const StoredDraft& draft);
    Result<std::vector<StoredDraft>> drafts(NodeId node) const; // newest first, without traces
    Result<QByteArray> draftTrace(qint64 draft) const;

    // Small things to restore: open scene, caret, splitter sizes.
    Result<QHash<QString, QString>> settings() const;
    Result<void> setSetting(const QString& key, const QString& value);

private:
    struct Parts;
    explicit ProjectStore(std::unique_ptr<Parts> parts);
    Result<void> makeSureOfPlace();
    // One transaction around `body`, a function of the connection that returns Result<void>. `content` makes a new
    // revision of the project, worth a backup; an aside, such as a splitter's place, does not.
    template<class Body>
    Result<void> write(bool content, Body body);
    template<class T, class Body>
    Result<T> read(Body body) const; // `body`: of the connection, returns Result<T>
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest

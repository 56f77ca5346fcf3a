// The open project as the window sees it: asks and is told, never waits. A worker thread owns the ProjectStore.
//
// UI thread. The tree and word counts are mirrored here and change at once; the store follows. Saving a text stores
// its newest version within kSaveDelayMs of the first unsaved key; texts never saved are saved before close() ends.
#pragma once

#include "app/storage/project_store.h"

#include <QHash>
#include <QObject>
#include <QThread>
#include <functional>

namespace palimpsest {

class ProjectService : public QObject {
    Q_OBJECT
public:
    static constexpr int kSaveDelayMs = 1000;

    explicit ProjectService(QObject* parent = nullptr);
    ~ProjectService() override; // saves what is unsaved, then closes

    // A project already open stays open until the new one is; when that is refused, it stays.
    void open(const QString& path);                         // -> opened()
    void create(const QString& path, const QString& title); // -> opened()

    QString path() const;
    QString title() const;
    bool isOpen() const;
    const std::vector<Node>& nodes() const; // by parent and position
    const Node* node(NodeId id) const;      // null when unknown; valid until the next nodesChanged()
    int totalWords() const;                 // of all scenes that are not trashed

    // Asks for a text; `done` is called on the UI thread, never before this returns, unless `context` dies or another
    // project is opened first. So it is with every `done` here: the ids of one project mean nothing in another.
    void loadText(NodeId node, QObject* context, std::function<void(Result<SceneText>)> done);

    // The editor's newest text of a node; cheap, call it per burst of keys. Saved kSaveDelayMs after the first call
    // that is not yet saved. textSaved() or saveFailed() follow.
    void textEdited(NodeId node, SceneText text);
    void saveNow(); // asks for everything unsaved to be stored at once; does not wait
    bool hasUnsaved() const;

    void addNode(NodeId parent, int position, NodeKind kind, const QString& title); // -> nodesChanged(), nodeAdded()
    void renameNode(NodeId node, const QString& title);
    void moveNode(NodeId node, NodeId parent, int position);
    void setPinned(NodeId node, bool pinned);
    void setTrashed(NodeId node, bool trashed);

    // Drafts: kept from their first step on. `done` receives the project's id of the draft.
    void addDraft(StoredDraft draft, QObject* context, std::function<void(Result<qint64>)> done);
    // `trace` gives draft.trace; called on the worker's thread, since packing a long one takes a while.
    void updateDraft(StoredDraft draft, std::function<QByteArray()> trace);
    void loadDrafts(NodeId node, QObject* context, std::function<void(Result<std::vector<StoredDraft>>)> done);
    void loadTrace(qint64 draft, QObject* context, std::function<void(Result<QByteArray>)> done);

    QString setting(const QString& key) const; // read once at opening
    void setSetting(const QString& key, const QString& value);

Q_SIGNALS:
    void closing(); // another project is ready to take its place: the last moment to store something in this one
    void opened(palimpsest::OpenOutcome outcome, const QString& sentence);
    void nodesChanged();
    void nodeAdded(qint64 node);
    void wordsChanged(qint64 node, int words);
    void textSaved(qint64 node);
    void savedStateChanged(bool saved);
    void failed(const QString& sentence); // a write that did not succeed; what is unsaved stays in memory, is retried

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest

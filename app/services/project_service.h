// The open project as the window sees it: asks and is told, never waits. A worker thread owns the ProjectStore.
//
// UI thread. The tree, word counts and markers are mirrored here and change at once; the store follows. Saving a text
// stores its newest version within kSaveDelayMs of the first unsaved key; texts never saved are saved before close()
// ends.
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
    static constexpr int kBackupEveryMs = 3600'000; // while it is written in; also at opening and closing

    explicit ProjectService(QObject* parent = nullptr);
    ~ProjectService() override; // saves what is unsaved, then closes

    // A project already open stays open until the new one is; when that is refused, it stays.
    void open(const QString& path);                         // -> opened()
    void create(const QString& path, const QString& title); // -> opened()

    QString path() const;
    QString title() const;
    bool isOpen() const;
    const std::vector<Node>& nodes() const;     // by parent and position
    const Node* node(NodeId id) const;          // null when unknown; valid until the next nodesChanged()
    int totalWords() const;                     // of all scenes of the book: not in the trash, Research or Archive
    const std::vector<Marker>& markers() const; // statuses, then labels, each in the writer's order
    const Marker* marker(MarkerId id) const;    // null when unknown or 0; valid until the next markersChanged()

    // The way to everything the store can do that has no function here: `work` runs on the worker's thread after all
    // that was asked before, `done` as described at loadText(). A write asked this way is known to the mirror only
    // after reloadTree().
    template<class T>
    void ask(QObject* context, std::function<Result<T>(ProjectStore&)> work, std::function<void(Result<T>)> done);
    void reloadTree(); // -> nodesChanged(), markersChanged()

    // Asks for a text; `done` is called on the UI thread, never before this returns, unless `context` dies or another
    // project is opened first. So it is with every `done` here: the ids of one project mean nothing in another.
    void loadText(NodeId node, QObject* context, std::function<void(Result<SceneText>)> done);

    // The editor's newest text of a node; cheap, call it per burst of keys. Saved kSaveDelayMs after the first call
    // that is not yet saved. textSaved() or saveFailed() follow.
    void textEdited(NodeId node, SceneText text);
    // The same without a copy per key: `read` gives the newest text, on this thread, at the moment it is wanted (to be
    // saved, searched, changed), until readEdits().
    void textEdited(NodeId node, int words, std::function<SceneText()> read);
    void readEdits(); // before that which `read` reads goes away
    void saveNow();   // asks for everything unsaved to be stored at once; does not wait
    bool hasUnsaved() const;

    // Changes that can be taken back. Those of the tree alone are done in the mirror at once, unless another is under
    // way; the others are done when the store did them: what is typed until then goes on from what it made of the
    // texts, and is stored with them.
    // textReplaced() follows for every text, nodesChanged() and nodeAdded() for nodes, then done(), if any, with the
    // nodes that were added; failed() instead, and nothing has changed, when the store refuses.
    void apply(ProjectChange change, QObject* context = nullptr,
               std::function<void(Result<std::vector<NodeId>>)> done = {});
    // One order for all of them, whoever made them: the last kUndoDepth. Empty names: nothing to undo, or not yet.
    static constexpr std::size_t kUndoDepth = 200;
    QString undoName() const;
    QString redoName() const;
    bool isChanging() const; // the store has not answered yet
    void undoChange();
    void redoChange();

    // Each is one undoable change.
    void addNode(NodeId parent, int position, NodeKind kind, const QString& title); // -> nodesChanged(), nodeAdded()
    void setPinned(NodeId node, bool pinned);
    void setTrashed(NodeId node, bool trashed);
    // As ProjectStore::deleteForGood(). Not undoable, nor is what was done before it. -> nodesChanged() or failed()
    void deleteForGood(std::vector<NodeId> nodes);
    void setMarkers(std::vector<Marker> markers); // not undoable; -> markersChanged(), nodesChanged()

    // As ProjectStore::search(), over what is on the page as well as what is on disk. A newer search stops an older
    // one, whose `done` is not called.
    void search(const SearchQuery& query, int limit, QObject* context, std::function<void(Result<SearchResults>)> done);

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
    // After opened(): words that could not be saved last time are in the history of this node now.
    void rescuedFound(qint64 node);
    // After opened(): ProjectStore::takeOverNewerBackup() has something to take over.
    void newerBackupFound(const QDateTime& made);
    void nodesChanged();
    void nodeAdded(qint64 node);
    void markersChanged();
    void undoChanged(); // undoName() or redoName() did
    // A text is another than the one the editor last gave or was given: show this one. Nothing is to be saved for it.
    void textReplaced(qint64 node, const palimpsest::SceneText& text);
    void wordsChanged(qint64 node, int words);
    void textSaved(qint64 node);
    void savedStateChanged(bool saved);
    void failed(const QString& sentence); // a write that did not succeed; what is unsaved stays in memory, is retried

private:
    struct Parts;
    void post(std::function<void(ProjectStore*)> work, QObject* context, std::function<void()> done);
    std::unique_ptr<Parts> m_parts;
};

template<class T>
void ProjectService::ask(QObject* context, std::function<Result<T>(ProjectStore&)> work,
                         std::function<void(Result<T>)> done) {
    const auto result = std::make_shared<std::optional<Result<T>>>();
    post(
        [result, work = std::move(work)](ProjectStore* store) {
            result->emplace(store ? work(*store) : Result<T>(Error{ErrorCode::NotFound, "No project is open."}));
        },
        context, [result, done = std::move(done)] { done(std::move(**result)); });
}

} // namespace palimpsest

// Inside of ProjectService, shared by its source files.
#pragma once

#include "app/services/project_service.h"
#include "app/services/project_worker.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>
#include <set>

namespace palimpsest {

inline const Error kNothingOpen{ErrorCode::NotFound, "No project is open."};

struct ProjectService::Parts {
    explicit Parts(ProjectService& owner) : service(owner) {}

    ProjectService& service;
    QThread thread;
    ProjectWorker* worker = nullptr; // lives on the thread
    int generation = 0;              // of the open project: answers about an earlier one are ignored
    int lastTicket = 0;

    QString path, title;
    std::vector<Node> nodes;
    std::vector<Marker> markers;
    bool behind = false; // `nodes` lack what the store did: the tree has been asked for
    int nodeChanges = 0; // counts what is done to `nodes` before the store has done it
    QHash<QString, QString> settings;

    std::map<NodeId, std::function<SceneText()>> edits; // that nobody has read yet; newer than all below
    UnsavedTexts waiting;                               // not yet given to the worker, but for what is in `edits`
    UnsavedTexts saving;                                // given to the worker, not yet known to be on disk
    std::map<NodeId, int> savingSerial;                 // which of the texts given is the one in `saving`
    int lastSerial = 0;
    std::multiset<NodeId> held; // being changed by the store: not to be saved until it is known into what
    QTimer saveTimer;
    QElapsedTimer sinceBackup;
    int retryMs;

    std::vector<ProjectChange> undo, redo; // the last is the next
    // What the store makes of the changes it has not answered yet, in their order: filled in by the worker, read here
    // only after its answer.
    using Answer = std::shared_ptr<std::optional<Result<AppliedChange>>>;
    std::vector<Answer> inFlight;
    std::stop_source searching;

    template<class Work, class Done>
    void post(Work work, Done done);
    template<class Work>
    void postWrite(Work work);

    template<class Prepare>
    void open(Prepare prepare);
    void onPrepared(int ticket, ProjectImage image);
    std::function<UnsavedTexts()> takeUnsaved();
    void save();
    void backUpNowAndThen();
    void give(NodeId node, SceneText text);
    void onSaved(NodeId node, int serial, const Result<void>& saved);
    void onWriteFailed(const Error& error);
    void takeOverTree();
    bool isChanging() const { return !inFlight.empty() || behind; }
    UnsavedTexts& unsaved(); // all that is not yet given to the worker: reads the edits
    bool waits(NodeId node) const { return edits.count(node) != 0 || waiting.count(node) != 0; }
    bool hasUnsaved() const { return !edits.empty() || !waiting.empty() || !saving.empty(); }
    void noteEdit(Node& edited, int words, bool wasSaved);

    enum class Way { Do, Undo, Redo };
    using Told = std::function<void(const Result<std::vector<NodeId>>&)>;
    void apply(ProjectChange change, Way way, Told told);
    void applyToTree(const ProjectChange& change, Way way, const Told& told);
    void onApplied(const std::vector<NodeId>& touched, Way way, int seen, Result<AppliedChange> applied,
                   const Told& told);
    void remember(ProjectChange inverse, Way way);
};

// Runs `work(worker)` on the thread and `done(its result)` back here, unless another project was opened meanwhile.
template<class Work, class Done>
void ProjectService::Parts::post(Work work, Done done) {
    QMetaObject::invokeMethod(
        worker,
        [this, work = std::move(work), done = std::move(done), asked = generation] {
            auto result = std::make_shared<decltype(work(*worker))>(work(*worker)); // shared: functors are copied
            QMetaObject::invokeMethod(
                &service,
                [this, result, done, asked] {
                    if (asked == generation) done(std::move(*result));
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

template<class Work>
void ProjectService::Parts::postWrite(Work work) {
    post(
        [work = std::move(work)](ProjectWorker& w) -> Result<void> {
            if (!w.store()) return kNothingOpen;
            return work(*w.store());
        },
        [this](const Result<void>& written) {
            if (!written) onWriteFailed(written.error());
        });
}

} // namespace palimpsest

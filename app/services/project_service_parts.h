// Inside of ProjectService, shared by its source files.
#pragma once

#include "app/services/project_service.h"
#include "app/services/project_worker.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>

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
    int nodeChanges = 0; // counts what is done to `nodes` before the store has done it
    QHash<QString, QString> settings;

    std::map<NodeId, std::function<SceneText()>> edits; // that nobody has read yet; newer than all below
    UnsavedTexts waiting;                               // not yet given to the worker, but for what is in `edits`
    UnsavedTexts saving;                                // given to the worker, not yet known to be on disk
    std::map<NodeId, int> savingSerial;                 // with which lot the text in `saving` was given
    int lastSerial = 0;
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
    void give();
    void onSaved(int serial, const Result<ProjectStore::Refused>& refused);
    void bringBack(NodeId node, SceneText text);
    void onWriteFailed(const Error& error);
    void takeOverTree();
    void countUnsaved();
    UnsavedTexts& unsaved(); // all that is not yet given to the worker: reads the edits
    bool waits() const { return !edits.empty() || !waiting.empty(); } // something, to be given to the worker
    bool hasUnsaved() const { return waits() || !saving.empty(); }
    void noteEdit(Node& edited, int words, bool wasSaved);

    enum class Way { Do, Undo, Redo };
    using Told = std::function<void(const Result<std::vector<NodeId>>&)>;
    void apply(ProjectChange change, Way way, Told told);
    void applyToTree(const ProjectChange& change, Way way, const Told& told);
    void onApplied(Way way, Result<AppliedChange> applied, const Told& told);
    void takeOverTexts(const AppliedChange& applied);
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

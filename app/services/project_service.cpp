#include "app/services/project_service.h"

#include "app/services/project_worker.h"
#include "app/storage/node_tree.h"

#include <QPointer>
#include <QTimer>
#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kFirstRetryMs = 2000;
constexpr int kLongestRetryMs = 30'000;

const Error kNothingOpen{ErrorCode::NotFound, "No project is open."};

} // namespace

struct ProjectService::Parts {
    explicit Parts(ProjectService& owner) : service(owner) {}

    ProjectService& service;
    QThread thread;
    ProjectWorker* worker = nullptr; // lives on the thread
    int generation = 0;              // of the open project: answers about an earlier one are ignored
    int lastTicket = 0;

    QString path, title;
    std::vector<Node> nodes;
    int nodeChanges = 0; // counts what is done to `nodes` before the store has done it
    QHash<QString, QString> settings;

    UnsavedTexts unsaved; // not yet given to the worker
    UnsavedTexts saving;  // given to the worker, not yet known to be on disk
    QTimer saveTimer;
    int retryMs = kFirstRetryMs;

    template<class Work, class Done>
    void post(Work work, Done done);
    template<class Work>
    void postWrite(Work work);
    template<class T, class Work>
    void ask(QObject* context, std::function<void(Result<T>)> done, Work work);

    template<class Prepare>
    void open(Prepare prepare);
    void onPrepared(int ticket, ProjectImage image);
    UnsavedTexts takeUnsaved();
    void save();
    void onSaved(NodeId node, const Result<void>& saved);
    void onWriteFailed(const Error& error);
    void takeOverTree();
    bool hasUnsaved() const { return !unsaved.empty() || !saving.empty(); }
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

template<class T, class Work>
void ProjectService::Parts::ask(QObject* context, std::function<void(Result<T>)> done, Work work) {
    QMetaObject::invokeMethod(
        worker,
        [this, context = QPointer<QObject>(context), done = std::move(done), work = std::move(work),
         asked = generation] {
            Result<T> result = worker->store() ? work(*worker->store()) : Result<T>(kNothingOpen);
            QMetaObject::invokeMethod(
                &service,
                [this, context, done, result = std::move(result), asked] {
                    if (context && asked == generation) done(result);
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

template<class Prepare>
void ProjectService::Parts::open(Prepare prepare) {
    const int ticket = ++lastTicket;
    QMetaObject::invokeMethod(
        worker,
        [this, ticket, prepare = std::move(prepare)] {
            ProjectImage image = prepare(*worker, ticket);
            QMetaObject::invokeMethod(
                &service, [this, ticket, image = std::move(image)] { onPrepared(ticket, image); },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

void ProjectService::Parts::onPrepared(int ticket, ProjectImage image) {
    if (!image.usable) {
        Q_EMIT service.opened(image.outcome, image.sentence);
        return;
    }
    Q_EMIT service.closing();
    ++generation;
    post([ticket, last = takeUnsaved()](ProjectWorker& w) { return w.adopt(ticket, last); },
         [this](const QString& sentence) {
             if (!sentence.isEmpty()) Q_EMIT service.failed(sentence);
         });
    path = std::move(image.path);
    title = std::move(image.title);
    nodes = std::move(image.nodes);
    settings = std::move(image.settings);
    Q_EMIT service.savedStateChanged(true);
    Q_EMIT service.nodesChanged();
    Q_EMIT service.opened(image.outcome, image.sentence);
}

// Everything that may not be on disk yet, the newest version of each text.
UnsavedTexts ProjectService::Parts::takeUnsaved() {
    saveTimer.stop();
    UnsavedTexts last = std::exchange(unsaved, {});
    last.merge(std::exchange(saving, {}));
    return last;
}

void ProjectService::Parts::save() {
    saveTimer.stop();
    for (auto next = unsaved.begin(); next != unsaved.end();) {
        const auto one = next++;
        if (saving.count(one->first) != 0) continue; // one at a time: onSaved() looks again
        const NodeId node = one->first;
        const SceneText& text = saving[node] = std::move(one->second);
        unsaved.erase(one);
        post(
            [node, text](ProjectWorker& w) -> Result<void> {
                return w.store() ? w.store()->saveText(node, text) : Result<void>(kNothingOpen);
            },
            [this, node](const Result<void>& saved) { onSaved(node, saved); });
    }
}

void ProjectService::Parts::onSaved(NodeId node, const Result<void>& saved) {
    auto was = saving.extract(node);
    if (saved) {
        retryMs = kFirstRetryMs;
        Q_EMIT service.textSaved(node);
        if (unsaved.count(node) != 0 && !saveTimer.isActive()) save(); // its time came while this one was written
        if (!hasUnsaved()) Q_EMIT service.savedStateChanged(true);
        return;
    }
    unsaved.insert(std::move(was)); // unless there is a newer one
    saveTimer.start(retryMs);
    retryMs = std::min(2 * retryMs, kLongestRetryMs);
    Q_EMIT service.failed(QString::fromStdString(saved.error().message));
}

// The mirror ran ahead of the store and one of them took another way: the store's is the truth.
void ProjectService::Parts::takeOverTree() {
    post([](ProjectWorker& w) { return w.store() ? w.store()->nodes() : Result<std::vector<Node>>(kNothingOpen); },
         [this, seen = nodeChanges](const Result<std::vector<Node>>& stored) {
             if (!stored) return;
             if (seen != nodeChanges) return takeOverTree(); // out of date already
             nodes = *stored;
             for (const auto* texts : {&saving, &unsaved})
                 for (const auto& [id, text] : *texts)
                     if (Node* node = findNode(nodes, id)) node->words = countWords(text.plain());
             Q_EMIT service.nodesChanged();
         });
}

void ProjectService::Parts::onWriteFailed(const Error& error) {
    takeOverTree();
    Q_EMIT service.failed(QString::fromStdString(error.message));
}

ProjectService::ProjectService(QObject* parent) : QObject(parent), m_parts(std::make_unique<Parts>(*this)) {
    Parts& parts = *m_parts;
    parts.worker = new ProjectWorker;
    parts.worker->moveToThread(&parts.thread);
    connect(&parts.thread, &QThread::finished, parts.worker, &QObject::deleteLater);
    parts.saveTimer.setSingleShot(true);
    parts.saveTimer.setTimerType(Qt::PreciseTimer); // a coarse one may add a twentieth
    connect(&parts.saveTimer, &QTimer::timeout, this, [this] { m_parts->save(); });
    parts.thread.setObjectName(QStringLiteral("project"));
    parts.thread.start();
}

ProjectService::~ProjectService() {
    Parts& parts = *m_parts;
    QMetaObject::invokeMethod(
        parts.worker,
        [worker = parts.worker, last = parts.takeUnsaved()] {
            worker->close(last);
            QThread::currentThread()->quit();
        },
        Qt::QueuedConnection);
    parts.thread.wait();
}

void ProjectService::open(const QString& path) {
    m_parts->open([path](ProjectWorker& worker, int ticket) { return worker.prepare(ticket, path); });
}

void ProjectService::create(const QString& path, const QString& title) {
    m_parts->open([path, title](ProjectWorker& worker, int ticket) { return worker.prepareNew(ticket, path, title); });
}

QString ProjectService::path() const {
    return m_parts->path;
}

QString ProjectService::title() const {
    return m_parts->title;
}

bool ProjectService::isOpen() const {
    return !m_parts->path.isEmpty();
}

const std::vector<Node>& ProjectService::nodes() const {
    return m_parts->nodes;
}

const Node* ProjectService::node(NodeId id) const {
    return findNode(std::as_const(m_parts->nodes), id);
}

int ProjectService::totalWords() const {
    int words = 0;
    for (const Node& node : m_parts->nodes)
        if (node.kind == NodeKind::Scene && !isInTrash(m_parts->nodes, node.id)) words += node.words;
    return words;
}

void ProjectService::loadText(NodeId node, QObject* context, std::function<void(Result<SceneText>)> done) {
    for (const auto* texts : {&m_parts->unsaved, &m_parts->saving}) {
        const auto found = texts->find(node);
        if (found == texts->end()) continue;
        QMetaObject::invokeMethod(
            this,
            [context = QPointer<QObject>(context), done = std::move(done), text = found->second] {
                if (context) done(text);
            },
            Qt::QueuedConnection);
        return;
    }
    m_parts->ask<SceneText>(context, std::move(done), [node](ProjectStore& store) { return store.text(node); });
}

void ProjectService::textEdited(NodeId node, SceneText text) {
    Parts& parts = *m_parts;
    Node* edited = findNode(parts.nodes, node);
    if (!edited) return;
    const bool wasSaved = !parts.hasUnsaved();
    const int words = countWords(text.plain());
    parts.unsaved[node] = std::move(text);
    if (!parts.saveTimer.isActive()) parts.saveTimer.start(kSaveDelayMs);
    if (wasSaved) Q_EMIT savedStateChanged(false);
    if (std::exchange(edited->words, words) != words) Q_EMIT wordsChanged(node, words);
}

void ProjectService::saveNow() {
    m_parts->save();
}

bool ProjectService::hasUnsaved() const {
    return m_parts->hasUnsaved();
}

void ProjectService::addNode(NodeId parent, int position, NodeKind kind, const QString& title) {
    m_parts->post(
        [=](ProjectWorker& w) {
            return w.store() ? w.store()->addNode(parent, position, kind, title) : Result<NodeId>(kNothingOpen);
        },
        [=, this, seen = m_parts->nodeChanges](const Result<NodeId>& id) {
            if (!id) return m_parts->onWriteFailed(id.error());
            Node node;
            node.id = *id;
            node.parent = parent;
            node.position = position;
            node.kind = kind;
            node.title = title;
            const bool placed = insertIntoTree(m_parts->nodes, node).ok();
            // Something was moved while the store was adding: it did the two in the other order.
            if (!placed || seen != m_parts->nodeChanges) m_parts->takeOverTree();
            if (!placed) return;
            Q_EMIT nodesChanged();
            Q_EMIT nodeAdded(*id);
        });
}

void ProjectService::renameNode(NodeId node, const QString& title) {
    if (auto checked = checkTitle(title); !checked) {
        Q_EMIT failed(QString::fromStdString(checked.error().message));
        return;
    }
    if (Node* found = findNode(m_parts->nodes, node)) found->title = title;
    ++m_parts->nodeChanges;
    m_parts->postWrite([=](ProjectStore& store) { return store.renameNode(node, title); });
    Q_EMIT nodesChanged();
}

void ProjectService::moveNode(NodeId node, NodeId parent, int position) {
    if (auto moved = moveInTree(m_parts->nodes, node, parent, position); !moved) {
        Q_EMIT failed(QString::fromStdString(moved.error().message));
        return;
    }
    ++m_parts->nodeChanges;
    m_parts->postWrite([=](ProjectStore& store) { return store.moveNode(node, parent, position); });
    Q_EMIT nodesChanged();
}

void ProjectService::setPinned(NodeId node, bool pinned) {
    if (Node* found = findNode(m_parts->nodes, node)) found->pinned = pinned;
    ++m_parts->nodeChanges;
    m_parts->postWrite([=](ProjectStore& store) { return store.setPinned(node, pinned); });
    Q_EMIT nodesChanged();
}

void ProjectService::setTrashed(NodeId node, bool trashed) {
    if (Node* found = findNode(m_parts->nodes, node)) found->trashed = trashed;
    ++m_parts->nodeChanges;
    m_parts->postWrite([=](ProjectStore& store) { return store.setTrashed(node, trashed); });
    Q_EMIT nodesChanged();
}

void ProjectService::addDraft(StoredDraft draft, QObject* context, std::function<void(Result<qint64>)> done) {
    m_parts->ask<qint64>(context, std::move(done),
                         [draft = std::move(draft)](ProjectStore& store) { return store.addDraft(draft); });
}

void ProjectService::updateDraft(StoredDraft draft, std::function<QByteArray()> trace) {
    m_parts->postWrite([draft = std::move(draft), trace = std::move(trace)](ProjectStore& store) {
        StoredDraft whole = draft;
        whole.trace = trace();
        return store.updateDraft(whole);
    });
}

void ProjectService::loadDrafts(NodeId node, QObject* context,
                                std::function<void(Result<std::vector<StoredDraft>>)> done) {
    m_parts->ask<std::vector<StoredDraft>>(context, std::move(done),
                                           [node](ProjectStore& store) { return store.drafts(node); });
}

void ProjectService::loadTrace(qint64 draft, QObject* context, std::function<void(Result<QByteArray>)> done) {
    m_parts->ask<QByteArray>(context, std::move(done),
                             [draft](ProjectStore& store) { return store.draftTrace(draft); });
}

QString ProjectService::setting(const QString& key) const {
    return m_parts->settings.value(key);
}

void ProjectService::setSetting(const QString& key, const QString& value) {
    if (m_parts->settings.value(key) == value) return;
    m_parts->settings.insert(key, value);
    m_parts->postWrite([=](ProjectStore& store) { return store.setSetting(key, value); });
}

} // namespace palimpsest

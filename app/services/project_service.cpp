#include "app/services/project_service.h"

#include "app/services/project_service_parts.h"
#include "app/services/rescued_texts.h"
#include "app/storage/node_tree.h"

#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kFirstRetryMs = 2000;
constexpr int kLongestRetryMs = 30'000;

} // namespace

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
    post([ticket, last = takeUnsaved()](ProjectWorker& w) { return w.adopt(ticket, last()); },
         [this](const QString& sentence) {
             if (!sentence.isEmpty()) Q_EMIT service.failed(sentence);
         });
    path = std::move(image.path);
    title = std::move(image.title);
    nodes = std::move(image.nodes);
    markers = std::move(image.markers);
    settings = std::move(image.settings);
    undo.clear();
    redo.clear();
    Q_EMIT service.undoChanged();
    Q_EMIT service.markersChanged();
    Q_EMIT service.savedStateChanged(true);
    Q_EMIT service.nodesChanged();
    sinceBackup.start();
    Q_EMIT service.opened(image.outcome, image.sentence);
    if (image.newerBackup) Q_EMIT service.newerBackupFound(*image.newerBackup);
    for (const NodeId node : image.rescued) Q_EMIT service.rescuedFound(node);
}

// Everything that may not be on disk yet, the newest version of each text. To be called on the worker's thread, after
// the changes that are under way: each text goes on from what they made of it.
std::function<UnsavedTexts()> ProjectService::Parts::takeUnsaved() {
    saveTimer.stop();
    UnsavedTexts last = std::exchange(unsaved(), {});
    last.merge(std::exchange(saving, {}));
    return [last = std::move(last), answers = std::exchange(inFlight, {})] {
        UnsavedTexts texts = last;
        for (const Answer& answer : answers)
            if (*answer && **answer) carryOver(***answer, texts);
        return texts;
    };
}

UnsavedTexts& ProjectService::Parts::unsaved() {
    for (const auto& [node, read] : std::exchange(edits, {})) waiting[node] = read();
    return waiting;
}

// Not while a change is under way: what it makes of the texts is not known here yet. Nor while a lot is being written.
// Either is followed by another look.
void ProjectService::Parts::save() {
    saveTimer.stop();
    if (inFlight.empty() && saving.empty()) give();
}

void ProjectService::Parts::backUpNowAndThen() {
    if (!sinceBackup.hasExpired(kBackupEveryMs)) return;
    sinceBackup.start();
    postWrite([](ProjectStore& store) { return store.makeBackup(); });
}

// All at once: words that went from one text to another are never on disk in both, or in none.
void ProjectService::Parts::give() {
    UnsavedTexts lot = std::exchange(unsaved(), {});
    if (lot.empty()) return;
    const int serial = ++lastSerial;
    for (const auto& [node, text] : lot) {
        saving[node] = text;
        savingSerial[node] = serial;
    }
    post(
        [lot = std::move(lot)](ProjectWorker& w) {
            return w.store() ? w.store()->saveTexts(lot) : Result<ProjectStore::Refused>(kNothingOpen);
        },
        [this, serial](const Result<ProjectStore::Refused>& refused) { onSaved(serial, refused); });
}

void ProjectService::Parts::onSaved(int serial, const Result<ProjectStore::Refused>& refused) {
    UnsavedTexts lot;
    for (auto next = saving.begin(); next != saving.end();) {
        const auto one = next++;
        if (savingSerial[one->first] == serial) lot.insert(saving.extract(one)); // else a newer one is on its way
    }
    std::optional<Error> error;
    if (!refused) error = refused.error();
    for (auto& [node, text] : lot) {
        const auto why = refused ? refused->find(node) : ProjectStore::Refused::const_iterator();
        if (refused && why == refused->end()) {
            Q_EMIT service.textSaved(node);
        } else if (refused && why->second.code == ErrorCode::NotFound && !findNode(nodes, node)) {
            bringBack(node, std::move(text));
        } else {
            unsaved().emplace(node, std::move(text)); // unless there is a newer one
            if (refused) error = why->second;
        }
    }
    if (error) {
        saveTimer.start(retryMs);
        retryMs = std::min(2 * retryMs, kLongestRetryMs);
        Q_EMIT service.failed(QString::fromStdString(error->message));
        return;
    }
    retryMs = kFirstRetryMs;
    backUpNowAndThen();
    if (waits() && !saveTimer.isActive()) save(); // its time came while this lot was written
    if (!hasUnsaved()) Q_EMIT service.savedStateChanged(true);
}

// Written while a change took its scene away: it comes back, with these words. They wait until it is there: not before
// that are they saved.
void ProjectService::Parts::bringBack(NodeId node, SceneText text) {
    apply(broughtBack(node, text), Way::Do, {});
    unsaved().emplace(node, std::move(text));
}

// The mirror ran ahead of the store and one of them took another way: the store's is the truth.
void ProjectService::Parts::takeOverTree() {
    using Image = std::pair<std::vector<Node>, std::vector<Marker>>;
    post(
        [](ProjectWorker& w) -> Result<Image> {
            if (!w.store()) return kNothingOpen;
            auto stored = w.store()->nodes();
            auto lists = w.store()->markers();
            if (!stored || !lists) return stored ? lists.error() : stored.error();
            return Image{std::move(*stored), std::move(*lists)};
        },
        [this, seen = nodeChanges](const Result<Image>& stored) {
            if (!stored) return;
            if (seen != nodeChanges) return takeOverTree(); // out of date already
            nodes = stored->first;
            countUnsaved();
            const bool sameMarkers = std::exchange(markers, stored->second) == stored->second;
            if (!sameMarkers) Q_EMIT service.markersChanged();
            Q_EMIT service.nodesChanged();
        });
}

// The store's tree has the words of the texts it has.
void ProjectService::Parts::countUnsaved() {
    for (const auto* texts : {&saving, &unsaved()})
        for (const auto& [id, text] : *texts)
            if (Node* node = findNode(nodes, id)) node->words = countWords(text.plain());
}

void ProjectService::Parts::onWriteFailed(const Error& error) {
    takeOverTree();
    Q_EMIT service.failed(QString::fromStdString(error.message));
}

ProjectService::ProjectService(QObject* parent) : QObject(parent), m_parts(std::make_unique<Parts>(*this)) {
    Parts& parts = *m_parts;
    parts.retryMs = kFirstRetryMs;
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
            worker->close(last());
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

const std::vector<Marker>& ProjectService::markers() const {
    return m_parts->markers;
}

const Marker* ProjectService::marker(MarkerId id) const {
    const auto found = std::find_if(m_parts->markers.begin(), m_parts->markers.end(),
                                    [id](const Marker& marker) { return marker.id == id; });
    return found == m_parts->markers.end() ? nullptr : &*found;
}

int ProjectService::totalWords() const {
    return wordsOfBook(m_parts->nodes);
}

void ProjectService::loadText(NodeId node, QObject* context, std::function<void(Result<SceneText>)> done) {
    // What is newer here is looked for when the answer comes: a change may have made it another by then.
    ask<SceneText>(
        context, [node](ProjectStore& store) { return store.text(node); },
        [this, node, done = std::move(done)](Result<SceneText> stored) {
            for (const auto* texts : {&m_parts->unsaved(), &m_parts->saving})
                if (const auto newest = texts->find(node); newest != texts->end()) return done(newest->second);
            done(std::move(stored));
        });
}

void ProjectService::textEdited(NodeId node, SceneText text) {
    Node* edited = findNode(m_parts->nodes, node);
    if (!edited) return;
    const int words = countWords(text.plain());
    const bool wasSaved = !m_parts->hasUnsaved();
    m_parts->edits.erase(node);
    m_parts->waiting[node] = std::move(text);
    m_parts->noteEdit(*edited, words, wasSaved);
}

void ProjectService::textEdited(NodeId node, int words, std::function<SceneText()> read) {
    Node* edited = findNode(m_parts->nodes, node);
    if (!edited) return;
    const bool wasSaved = !m_parts->hasUnsaved();
    m_parts->edits[node] = std::move(read);
    m_parts->noteEdit(*edited, words, wasSaved);
}

void ProjectService::Parts::noteEdit(Node& edited, int words, bool wasSaved) {
    const NodeId node = edited.id;
    const bool sameWords = std::exchange(edited.words, words) == words;
    if (!saveTimer.isActive()) saveTimer.start(kSaveDelayMs);
    if (wasSaved) Q_EMIT service.savedStateChanged(false);
    if (!sameWords) Q_EMIT service.wordsChanged(node, words);
}

void ProjectService::readEdits() {
    m_parts->unsaved();
}

void ProjectService::saveNow() {
    m_parts->saveTimer.stop();
    if (m_parts->inFlight.empty()) m_parts->give();
}

bool ProjectService::hasUnsaved() const {
    return m_parts->hasUnsaved();
}

void ProjectService::setMarkers(std::vector<Marker> markers) {
    m_parts->post(
        [markers = std::move(markers)](ProjectWorker& w) {
            return w.store() ? w.store()->setMarkers(markers) : Result<std::vector<Marker>>(kNothingOpen);
        },
        [this](const Result<std::vector<Marker>>& set) {
            if (!set) return m_parts->onWriteFailed(set.error());
            m_parts->takeOverTree(); // nodes may have lost theirs
        });
}

void ProjectService::deleteForGood(std::vector<NodeId> nodes) {
    saveNow(); // stored before it: the backup has all that was written
    m_parts->post(
        [nodes = std::move(nodes)](ProjectWorker& w) {
            return w.store() ? w.store()->deleteForGood(nodes) : Result<void>(kNothingOpen);
        },
        [this](const Result<void>& deleted) {
            if (!deleted) return m_parts->onWriteFailed(deleted.error());
            m_parts->undo.clear(); // some of it is of nodes that are no more
            m_parts->redo.clear();
            m_parts->takeOverTree();
            Q_EMIT undoChanged();
        });
}

void ProjectService::search(const SearchQuery& query, int limit, QObject* context,
                            std::function<void(Result<SearchResults>)> done) {
    Parts& parts = *m_parts;
    parts.searching.request_stop();
    parts.searching = std::stop_source();
    const std::stop_token stop = parts.searching.get_token();
    // Read after them on the same thread: what is on the page is on disk by then.
    saveNow();
    ask<SearchResults>(
        context, [query, limit, stop](ProjectStore& store) { return store.search(query, limit, stop); },
        [stop, done = std::move(done)](Result<SearchResults> results) {
            if (!stop.stop_requested()) done(std::move(results));
        });
}

void ProjectService::post(std::function<void(ProjectStore*)> work, QObject* context, std::function<void()> done) {
    struct Nothing {};
    m_parts->post(
        [work = std::move(work)](ProjectWorker& w) {
            work(w.store());
            return Nothing{};
        },
        [context = QPointer<QObject>(context), done = std::move(done)](Nothing) {
            if (context) done();
        });
}

void ProjectService::reloadTree() {
    m_parts->takeOverTree();
}

void ProjectService::addDraft(StoredDraft draft, QObject* context, std::function<void(Result<qint64>)> done) {
    ask<qint64>(
        context, [draft = std::move(draft)](ProjectStore& store) { return store.addDraft(draft); }, std::move(done));
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
    ask<std::vector<StoredDraft>>(
        context, [node](ProjectStore& store) { return store.drafts(node); }, std::move(done));
}

void ProjectService::loadTrace(qint64 draft, QObject* context, std::function<void(Result<QByteArray>)> done) {
    ask<QByteArray>(
        context, [draft](ProjectStore& store) { return store.draftTrace(draft); }, std::move(done));
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

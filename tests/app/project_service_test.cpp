#include "app/services/project_service.h"
#include "app/services/rescued_texts.h"
#include "app/services/sample_project.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <csignal>
#include <optional>
#include <sys/resource.h>

namespace palimpsest {
namespace {

constexpr int kPatienceMs = 20'000;

SceneText textOf(const QString& words) {
    return {{{BlockKind::Paragraph, 0, {{words, {}, Provenance::Typed, 0}}}}};
}

template<class Condition>
bool waitFor(Condition condition) {
    return QTest::qWaitFor(condition, kPatienceMs);
}

// The text that is on disk now, whoever has the project open: read from the file as any other program would.
QString onDisk(const QString& path, NodeId node) {
    QTemporaryDir copy; // of the file and its log, as they stand
    const QString name = copy.filePath(QStringLiteral("copy.palimpsest"));
    QFile::copy(path, name);
    QFile::copy(path + QStringLiteral("-wal"), name + QStringLiteral("-wal"));
    const auto opened = ProjectStore::open(name);
    if (!opened.store) return opened.sentence;
    const auto text = opened.store->text(node);
    return text ? text->plain() : QString::fromStdString(text.error().message);
}

// A service with a new project and one scene in it.
struct Rig {
    Rig() {
        service = std::make_unique<ProjectService>();
        QSignalSpy opened(service.get(), &ProjectService::opened);
        service->create(path, QStringLiteral("Test"));
        waitFor([&] { return opened.count() == 1; });
        scene = add(0, 0, NodeKind::Scene, QStringLiteral("Scene"));
    }
    NodeId add(NodeId parent, int position, NodeKind kind, const QString& title) {
        QSignalSpy added(service.get(), &ProjectService::nodeAdded);
        service->addNode(parent, position, kind, title);
        waitFor([&] { return added.count() == 1; });
        return added.isEmpty() ? 0 : added[0][0].toLongLong();
    }
    std::optional<Result<SceneText>> load(NodeId node) {
        std::optional<Result<SceneText>> loaded;
        service->loadText(node, service.get(), [&](const Result<SceneText>& text) { loaded = text; });
        waitFor([&] { return loaded.has_value(); });
        return loaded;
    }
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("test.palimpsest"));
    std::unique_ptr<ProjectService> service;
    NodeId scene = 0;
};

struct FullDisk {
    explicit FullDisk(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit limit{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before); }
    rlimit before{};
};

} // namespace

class ProjectServiceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        ::signal(SIGXFSZ, SIG_IGN);
        QVERIFY(m_state.isValid());
        qputenv("XDG_STATE_HOME", m_state.path().toUtf8());
    }

    void openingTellsItsOutcomeAndNeverWaits() {
        ProjectService service;
        QSignalSpy opened(&service, &ProjectService::opened);
        service.open(QStringLiteral("/nonexistent/x.palimpsest"));
        QCOMPARE(opened.count(), 0);
        QVERIFY(!service.isOpen());
        QVERIFY(waitFor([&] { return opened.count() == 1; }));
        QCOMPARE(opened[0][0].value<OpenOutcome>(), OpenOutcome::Unreadable);
        QVERIFY(!opened[0][1].toString().isEmpty());
        QVERIFY(!service.isOpen());
    }

    void whatIsEditedIsOnDiskWhenTextSavedComes() {
        Rig rig;
        QSignalSpy saved(rig.service.get(), &ProjectService::textSaved);
        QSignalSpy state(rig.service.get(), &ProjectService::savedStateChanged);
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("She did not answer.")));
        QVERIFY(rig.service->hasUnsaved());
        QCOMPARE(state.count(), 1);
        QCOMPARE(state[0][0].toBool(), false);
        QVERIFY(waitFor([&] { return saved.count() == 1; }));
        QVERIFY(!rig.service->hasUnsaved());
        QCOMPARE(state.last()[0].toBool(), true);
        QCOMPARE(onDisk(rig.path, rig.scene), QStringLiteral("She did not answer."));
    }

    void theDelayCountsFromTheFirstUnsavedKey() {
        Rig rig;
        QSignalSpy saved(rig.service.get(), &ProjectService::textSaved);
        // A key every 50 ms for as long as it takes: a delay that began anew with each would never end.
        int key = 0;
        QTimer typing;
        connect(&typing, &QTimer::timeout, this,
                [&] { rig.service->textEdited(rig.scene, textOf(QString::number(++key))); });
        typing.start(50);
        QVERIFY(waitFor([&] { return saved.count() == 2; }));
        typing.stop();
        QVERIFY(waitFor([&] { return !rig.service->hasUnsaved(); }));
        QCOMPARE(onDisk(rig.path, rig.scene), QString::number(key)); // and the last key is not forgotten
    }

    void saveNowDoesNotWaitForTheDelay() {
        Rig rig;
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("now")));
        rig.service->saveNow();
        std::optional<Result<QByteArray>> after; // asked after the save: answered after it
        rig.service->loadTrace(1, this, [&](const Result<QByteArray>& trace) { after = trace; });
        QVERIFY(waitFor([&] { return after.has_value(); }));
        QVERIFY(!rig.service->hasUnsaved());
        QCOMPARE(onDisk(rig.path, rig.scene), QStringLiteral("now"));
    }

    void unsavedTextIsSavedAtDestruction() {
        Rig rig;
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("last words")));
        rig.service.reset();
        QCOMPARE(onDisk(rig.path, rig.scene), QStringLiteral("last words"));
        QVERIFY(!QFile::exists(rig.path + QStringLiteral("-wal")));
    }

    void anEditIsReadWhenItIsWantedAndAsItIsByThen() {
        Rig rig;
        QString page = QStringLiteral("first");
        int reads = 0;
        const auto read = [&] {
            ++reads;
            return textOf(page);
        };
        rig.service->textEdited(rig.scene, 1, read);
        page = QStringLiteral("first second");
        rig.service->textEdited(rig.scene, 2, read);
        QCOMPARE(reads, 0); // a key reads nothing
        QVERIFY(rig.service->hasUnsaved());
        QCOMPARE(rig.service->node(rig.scene)->words, 2);
        QCOMPARE((*rig.load(rig.scene))->plain(), QStringLiteral("first second"));
        QCOMPARE(reads, 1);
        page = QStringLiteral("not told of");
        QVERIFY(waitFor([&] { return !rig.service->hasUnsaved(); }));
        QCOMPARE(reads, 1);
        QCOMPARE(onDisk(rig.path, rig.scene), QStringLiteral("first second"));
        page = QStringLiteral("third");
        rig.service->textEdited(rig.scene, 1, read);
        rig.service->readEdits();
        page.clear(); // as when the window has gone
        rig.service.reset();
        QCOMPARE(onDisk(rig.path, rig.scene), QStringLiteral("third"));
    }

    void aTextThatIsNotSavedYetIsTheOneLoaded() {
        Rig rig;
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("newest")));
        const auto loaded = rig.load(rig.scene);
        QVERIFY(loaded && loaded->ok());
        QCOMPARE((*loaded)->plain(), QStringLiteral("newest"));
        QVERIFY(rig.service->hasUnsaved());
    }

    void nothingIsToldToAContextThatIsGone() {
        Rig rig;
        bool told = false;
        auto context = std::make_unique<QObject>();
        rig.service->loadText(rig.scene, context.get(), [&](const Result<SceneText>&) { told = true; });
        context.reset();
        (void)rig.load(rig.scene);
        QVERIFY(!told);
    }

    void aWriteThatFailsIsToldKeptAndRetried() {
        Rig rig;
        QSignalSpy failed(rig.service.get(), &ProjectService::failed);
        QSignalSpy saved(rig.service.get(), &ProjectService::textSaved);
        const QString large = QStringLiteral("much more than fits ").repeated(50'000);
        {
            const FullDisk full(64 * 1024);
            rig.service->textEdited(rig.scene, textOf(large));
            rig.service->saveNow();
            QVERIFY(waitFor([&] { return failed.count() == 1; }));
        }
        QVERIFY(rig.service->hasUnsaved());
        QCOMPARE(saved.count(), 0);
        QVERIFY(waitFor([&] { return saved.count() == 1; })); // by itself
        QCOMPARE(onDisk(rig.path, rig.scene), large);
    }

    void wordsTheProjectCannotTakeAtTheEndAreWrittenElsewhere() {
        const QString large = QStringLiteral("much more than fits ").repeated(20'000);
        Rig rig;
        QVERIFY(QFile::rename(rig.path, rig.path + QStringLiteral(".away"))); // by another program
        rig.service->textEdited(rig.scene, textOf(large));
        rig.service.reset();
        const QDir rescued(m_state.path() + QStringLiteral("/palimpsest/rescued"));
        const QStringList files = rescued.entryList({QStringLiteral("*.txt")}, QDir::Files);
        QCOMPARE(files.size(), 1);
        QFile file(rescued.filePath(files[0]));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(file.readAll()), large);

        // Wherever the project is by then, they go into its history when it is opened.
        rig.service = std::make_unique<ProjectService>();
        QSignalSpy found(rig.service.get(), &ProjectService::rescuedFound);
        rig.service->open(rig.path + QStringLiteral(".away"));
        QVERIFY(waitFor([&] { return found.count() == 1; }));
        QCOMPARE(found[0][0].toLongLong(), rig.scene);
        QVERIFY(rescued.entryList(QDir::Files).isEmpty());
        std::optional<Result<SceneText>> text;
        rig.service->ask<SceneText>(
            rig.service.get(),
            [node = rig.scene](ProjectStore& store) { return store.revisionText(store.revisions(node)->front().id); },
            [&](const Result<SceneText>& earlier) { text = earlier; });
        QVERIFY(waitFor([&] { return text.has_value(); }));
        QCOMPARE((*text)->plain(), large);
    }

    void rescuedWordsOfASceneThatIsGoneBringItBack() {
        Rig rig;
        NodeId gone = 0;
        {
            rig.service = std::make_unique<ProjectService>(); // nothing holds the file
            auto opened = ProjectStore::open(rig.path);
            gone = *opened.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("Gone"));
            QVERIFY(!rescueText(*opened.store, gone, textOf(QStringLiteral("Its last words."))).isEmpty());
            QVERIFY(opened.store->setTrashed(gone, true));
            QVERIFY(opened.store->deleteForGood({gone}));
        }
        QSignalSpy opened(rig.service.get(), &ProjectService::opened);
        rig.service->open(rig.path);
        QVERIFY(waitFor([&] { return opened.count() == 1; }));
        QVERIFY(rig.service->node(gone));
        QVERIFY(!rig.service->node(gone)->trashed);
        rig.service.reset();
        QCOMPARE(onDisk(rig.path, gone), QString("Its last words."));
        QVERIFY(QDir(m_state.path() + QStringLiteral("/palimpsest/rescued")).entryList(QDir::Files).isEmpty());
    }

    void whatComesBackIsSavedOnlyWhenItIsThere() {
        Rig rig;
        NodeId made = 0;
        connect(rig.service.get(), &ProjectService::nodeAdded, this, [&](qint64 node) { made = node; });
        rig.service->addNode(0, -1, NodeKind::Scene, QStringLiteral("New"));
        QVERIFY(waitFor([&] { return made != 0; }));
        bool saved = false, tooEarly = false;
        connect(rig.service.get(), &ProjectService::savedStateChanged, this, [&](bool all) {
            saved = all;
            tooEarly |= all && rig.service->isChanging();
        });
        rig.service->undoChange();
        rig.service->textEdited(made, textOf(QStringLiteral("Typed on.")));
        QVERIFY(waitFor([&] { return saved; }));
        QVERIFY(!tooEarly);
        QVERIFY(rig.service->node(made));
        QCOMPARE(onDisk(rig.path, made), QString("Typed on."));
    }

    void theMirrorChangesAtOnceAndAgreesWithTheFile() {
        Rig rig;
        const NodeId part = rig.add(0, 0, NodeKind::Part, QStringLiteral("Part"));
        const NodeId note = rig.add(0, -1, NodeKind::Note, QStringLiteral("Note"));
        rig.service->apply(
            {QStringLiteral("Rename"), {EditNode{part, QStringLiteral("Part One"), {}, {}, {}, {}, {}, {}}}});
        rig.service->apply({QStringLiteral("Move"), {MoveNode{rig.scene, part, 0}}});
        rig.service->setPinned(note, true);
        rig.service->setTrashed(note, true);
        QCOMPARE(rig.service->node(part)->title, QStringLiteral("Part One"));
        QCOMPARE(rig.service->node(rig.scene)->parent, part);
        QVERIFY(rig.service->node(note)->pinned && rig.service->node(note)->trashed);
        QVERIFY(rig.service->node(999) == nullptr);
        const std::vector<Node> mirror = rig.service->nodes();
        rig.service.reset();
        const auto opened = ProjectStore::open(rig.path);
        const auto stored = opened.store->nodes();
        QVERIFY(*stored == mirror);
    }

    void anAddedNodeAndAMoveBeforeItsAnswerEndInTheFilesOrder() {
        Rig rig;
        (void)rig.add(0, 1, NodeKind::Scene, QStringLiteral("b"));
        QSignalSpy added(rig.service.get(), &ProjectService::nodeAdded);
        rig.service->addNode(0, 1, NodeKind::Scene, QStringLiteral("between"));
        rig.service->apply({QStringLiteral("Move"), {MoveNode{rig.scene, 0, -1}}}); // waits for the other
        QVERIFY(waitFor([&] { return added.count() == 1; }));
        (void)rig.load(rig.scene); // everything asked before has been answered
        const std::vector<Node> mirror = rig.service->nodes();
        rig.service.reset();
        const auto opened = ProjectStore::open(rig.path);
        const auto stored = opened.store->nodes();
        QVERIFY(*stored == mirror);
    }

    void aMoveIntoItselfIsRefusedWithASentence() {
        Rig rig;
        QSignalSpy failed(rig.service.get(), &ProjectService::failed);
        const std::vector<Node> before = rig.service->nodes();
        rig.service->apply({QStringLiteral("Move"), {MoveNode{rig.scene, rig.scene, 0}}});
        rig.service->apply(
            {QStringLiteral("Rename"), {EditNode{rig.scene, QStringLiteral("two\nlines"), {}, {}, {}, {}, {}, {}}}});
        QCOMPARE(failed.count(), 2);
        QVERIFY(rig.service->nodes() == before);
    }

    void wordsAreCountedAtOnceWithoutNotesAndTrash() {
        Rig rig;
        const NodeId part = rig.add(0, -1, NodeKind::Part, QStringLiteral("Part"));
        const NodeId inner = rig.add(part, 0, NodeKind::Scene, QStringLiteral("Inner"));
        const NodeId note = rig.add(0, -1, NodeKind::Note, QStringLiteral("Note"));
        QSignalSpy words(rig.service.get(), &ProjectService::wordsChanged);
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("one two three")));
        rig.service->textEdited(inner, textOf(QStringLiteral("four five")));
        rig.service->textEdited(note, textOf(QStringLiteral("not counted")));
        QCOMPARE(words.count(), 3);
        QCOMPARE(words[0][1].toInt(), 3);
        QCOMPARE(rig.service->totalWords(), 5);
        rig.service->setTrashed(part, true);
        QCOMPARE(rig.service->totalWords(), 3);
    }

    void openingAnotherProjectSavesTheFirstAndKeepsThemApart() {
        Rig rig;
        const QString other = rig.folder.filePath(QStringLiteral("other.palimpsest"));
        QSignalSpy opened(rig.service.get(), &ProjectService::opened);
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("of the first")));
        rig.service->create(other, QStringLiteral("Other"));
        rig.service->textEdited(rig.scene, textOf(QStringLiteral("of the first, later"))); // while it is being made
        QVERIFY(waitFor([&] { return opened.count() == 1; }));
        QCOMPARE(rig.service->title(), QStringLiteral("Other"));
        QVERIFY(rig.service->nodes().empty());
        QVERIFY(!rig.service->hasUnsaved());
        const NodeId scene = rig.add(0, 0, NodeKind::Scene, QStringLiteral("New"));
        QVERIFY((*rig.load(scene))->blocks.empty());
        QCOMPARE(onDisk(rig.path, rig.scene), QStringLiteral("of the first, later"));
    }

    void aRefusedProjectLeavesTheOpenOneOpen() {
        Rig rig;
        QSignalSpy opened(rig.service.get(), &ProjectService::opened);
        rig.service->open(QStringLiteral("/dev/null"));
        rig.service->open(rig.path); // our own, locked by ourselves
        QVERIFY(waitFor([&] { return opened.count() == 2; }));
        QCOMPARE(opened[0][0].value<OpenOutcome>(), OpenOutcome::NotAProject);
        QCOMPARE(opened[1][0].value<OpenOutcome>(), OpenOutcome::Locked);
        QCOMPARE(rig.service->path(), QFileInfo(rig.path).canonicalFilePath());
        QVERIFY(rig.load(rig.scene)->ok());
    }

    void settingsAreThereNextTime() {
        Rig rig;
        rig.service->setSetting(QStringLiteral("scene"), QStringLiteral("3"));
        QCOMPARE(rig.service->setting(QStringLiteral("scene")), QStringLiteral("3"));
        QCOMPARE(rig.service->setting(QStringLiteral("unset")), QString());
        rig.service = std::make_unique<ProjectService>();
        QSignalSpy opened(rig.service.get(), &ProjectService::opened);
        rig.service->open(rig.path);
        QVERIFY(waitFor([&] { return opened.count() == 1; }));
        QCOMPARE(rig.service->setting(QStringLiteral("scene")), QStringLiteral("3"));
    }

    void theSampleBringsTheWordsThatNoDictionaryHas() {
        const QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("sample.palimpsest"));
        QVERIFY(createProjectFrom(QStringLiteral(PALIMPSEST_SOURCE_DIR "/resources/samples/the-winter-ferry"), path));
        const auto opened = ProjectStore::open(path);
        QVERIFY(opened.store);
        const auto settings = opened.store->settings();
        QVERIFY(settings);
        QVERIFY(settings->value(QStringLiteral("spelling_words")).split(u'\n').contains(QStringLiteral("Haldsey")));
    }

    void withoutAProjectQuestionsAreAnsweredWithErrors() {
        ProjectService service;
        std::optional<Result<SceneText>> loaded;
        service.loadText(1, this, [&](const Result<SceneText>& text) { loaded = text; });
        QVERIFY(waitFor([&] { return loaded.has_value(); }));
        QVERIFY(!loaded->ok());
        service.textEdited(1, textOf(QStringLiteral("x")));
        QVERIFY(!service.hasUnsaved());
    }

private:
    QTemporaryDir m_state;
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::ProjectServiceTest)
#include "project_service_test.moc"

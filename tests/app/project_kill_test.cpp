// A writer at random under kill -9: typing, drafts, moves, renames, splits, merges, replacements, snapshots, the trash,
// undoing, closing and opening again; all of it while earlier changes are still on their way to the store, which is slow
// at times. Whenever all is said to be saved, another reader finds every word on disk. After every kill the file opens,
// the tree is whole, every word that was said to be saved is there, and none is in the book twice.
// PALIMPSEST_KILLS sets how many.
#include "app/document/provenance.h"
#include "app/services/project_service.h"
#include "app/storage/node_tree.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTimer>
#include <QtTest>
#include <SQLiteCpp/SQLiteCpp.h>
#include <cstdio>

namespace palimpsest {
namespace {

constexpr int kKills = 100;
constexpr int kFirstScenes = 4;
constexpr int kMostAtOnce = 4;
constexpr int kActsPerOpening = 60;
constexpr int kLongestLifeMs = 350;    // after the child has opened the project
constexpr int kWordsOfALongLife = 400; // after which the child goes by itself
constexpr int kLongLives = 16;
constexpr int kLongestDelayMs = 15; // of a store that is slow

// The number of every word that is on disk at this moment, whoever has the project open.
QSet<int> wordsOnDisk(const QString& path) {
    QSet<int> words;
    SQLite::Database database(path.toStdString(), SQLite::OPEN_READONLY);
    SQLite::Statement row(database, "SELECT body FROM text");
    while (row.executeStep()) {
        const SQLite::Column body = row.getColumn(0);
        const auto text = fromStored(QByteArray(static_cast<const char*>(body.getBlob()), body.getBytes()));
        for (const QString& word : text->plain().simplified().split(u' ', Qt::SkipEmptyParts))
            words.insert(word.mid(1).toInt());
    }
    return words;
}

// The child: does a few things at once every few milliseconds for ever. Every typed word is another one. Says `typed N`
// and, when all is known to be on disk, `saved N`; `gone N` when it is not.
class Writer : public QObject {
public:
    Writer(const QString& path, int seed, int firstWord)
        : m_random(quint32(seed)), m_path(path), m_first(firstWord), m_word(firstWord) {
        connect(&m_timer, &QTimer::timeout, this, [this] {
            for (int atOnce = int(m_random.bounded(1, kMostAtOnce + 1)); atOnce > 0; --atOnce) act();
            if (m_random.bounded(kActsPerOpening) == 0) open();
        });
        open();
    }

private:
    // Closes it first, in the middle of whatever is under way: all that was typed is on disk then.
    void open() {
        m_timer.stop();
        m_texts.clear();
        const bool again = m_service != nullptr;
        m_service.reset();
        if (again) saved();
        m_service = std::make_unique<ProjectService>();
        connect(m_service.get(), &ProjectService::opened, this, [this] {
            if (!m_service->isOpen()) return QCoreApplication::exit(1);
            tell("ready", 0);
            m_timer.start(2);
        });
        connect(m_service.get(), &ProjectService::textReplaced, this,
                [this](qint64 node, const SceneText& text) { m_texts[node] = text; });
        connect(m_service.get(), &ProjectService::savedStateChanged, this, [this](bool all) {
            if (all) saved();
        });
        m_service->open(m_path);
    }

    static void tell(const char* what, int word) {
        std::printf("%s %d\n", what, word);
        std::fflush(stdout);
    }

    void saved() {
        const QSet<int> onDisk = wordsOnDisk(m_path);
        for (int word = m_first + 1; word <= m_word; ++word)
            if (!onDisk.contains(word)) tell("gone", word);
        tell("saved", m_word);
        if (m_word - m_first > kWordsOfALongLife) QCoreApplication::exit(0);
    }

    NodeId anyScene() {
        std::vector<NodeId> scenes;
        for (const Node& node : m_service->nodes())
            if (node.kind == NodeKind::Scene && !isInTrash(m_service->nodes(), node.id)) scenes.push_back(node.id);
        return scenes.empty() ? 0 : scenes[std::size_t(m_random.bounded(int(scenes.size())))];
    }

    // A scene as it is on the page.
    void withText(NodeId node, std::function<void(SceneText&)> act) {
        const auto known = m_texts.find(node);
        if (known != m_texts.end()) return act(known->second);
        m_service->loadText(node, this, [this, node, act = std::move(act)](const Result<SceneText>& text) {
            if (text) act(m_texts.emplace(node, *text).first->second);
        });
    }

    void add() { m_service->addNode(0, -1, NodeKind::Scene, QStringLiteral("Scene")); }

    void type() {
        const NodeId node = anyScene();
        if (node == 0) return add();
        withText(node, [this, node](SceneText& text) {
            if (!m_service->node(node) || isInTrash(m_service->nodes(), node)) return; // it is not on the page
            const QString word = QStringLiteral("w%1 ").arg(++m_word);
            if (text.blocks.empty() || m_random.bounded(4) == 0)
                text.blocks.insert(text.blocks.begin() + m_random.bounded(int(text.blocks.size()) + 1), Block{});
            const TextPlace at = anyPlace(text);
            Block& block = text.blocks[std::size_t(at.block)];
            block = applyEdit(block, {at.offset, 0, word, {}});
            m_service->textEdited(node, text);
            tell("typed", m_word);
        });
    }

    // Before a word of some paragraph, or at its end.
    TextPlace anyPlace(const SceneText& text) {
        if (text.blocks.empty()) return {};
        const int block = int(m_random.bounded(int(text.blocks.size())));
        const QString plain = text.blocks[std::size_t(block)].plain();
        const qsizetype space = plain.indexOf(u' ', m_random.bounded(int(plain.size()) + 1));
        return {block, m_random.bounded(2) == 0 ? 0 : space + 1};
    }

    void split() {
        const NodeId node = anyScene();
        withText(node, [this, node](const SceneText& text) {
            m_service->apply(
                {QStringLiteral("Split"), {SplitText{node, anyPlace(text), 0, QStringLiteral("Rest"), text}}});
        });
    }

    void change(ChangeStep step) { m_service->apply({QStringLiteral("Change"), {std::move(step)}}); }

    void merge() {
        const NodeId first = anyScene(), second = anyScene();
        if (first != second) m_service->apply({QStringLiteral("Merge"), {MergeTexts{first, second, false, false}}});
    }

    void replace() {
        const NodeId node = anyScene();
        withText(node, [this, node](const SceneText& text) {
            SceneText after = text;
            for (Block& block : after.blocks)
                for (Span& span : block.spans) span.text.replace(QStringLiteral("w1"), QStringLiteral("W1"));
            m_service->apply({QStringLiteral("Replace"), {EditText{node, text, after}}, RevisionCause::BeforeReplace});
        });
    }

    void draft() {
        StoredDraft draft;
        draft.node = anyScene();
        draft.created = QDateTime::currentDateTimeUtc();
        draft.text = QStringLiteral("drafted");
        m_service->addDraft(draft, this, [this, draft](const Result<qint64>& id) {
            if (!id) return;
            StoredDraft accepted = draft;
            accepted.id = *id;
            accepted.state = StoredDraft::State::Accepted;
            m_service->updateDraft(accepted, [] { return QByteArray(5000, 't'); });
        });
    }

    void beSlow() {
        m_service->ask<qint64>(
            this,
            [ms = m_random.bounded(kLongestDelayMs)](ProjectStore&) -> Result<qint64> {
                QThread::msleep(ms);
                return qint64(0);
            },
            [](const Result<qint64>&) {});
    }

    void act() {
        if (m_random.bounded(8) == 0) beSlow();
        switch (m_random.bounded(22)) {
        case 0: return split();
        case 1: return merge();
        case 2: return replace();
        case 7: return change(MoveNode{anyScene(), 0, int(m_random.bounded(6))});
        case 3:
        case 11: return change(EditNode{anyScene(), QStringLiteral("Scene %1").arg(m_word), {}, {}, {}, {}, {}, {}});
        case 4: return m_service->undoChange();
        case 5: return m_service->redoChange();
        case 6: return draft();
        case 8:
            return m_service->ask<qint64>(
                this, [](ProjectStore& store) { return store.takeSnapshot(QStringLiteral("Snapshot"), 0); },
                [](const Result<qint64>&) {});
        case 9:
        case 10: return m_service->saveNow();
        case 12:
        case 13: return m_service->setTrashed(anyScene(), true); // few are left: all happens to the same
        default: return type();
        }
    }

    QRandomGenerator m_random;
    QString m_path;
    int m_first; // the last word that was typed before
    int m_word;
    std::unique_ptr<ProjectService> m_service;
    std::map<NodeId, SceneText> m_texts;
    QTimer m_timer;
};

int writeUntilKilled(const QString& path, int seed, int firstWord) {
    Writer writer(path, seed, firstWord);
    return QCoreApplication::exec();
}

int lastNumber(const QList<QByteArray>& lines, const QByteArray& what, int otherwise) {
    for (qsizetype i = lines.size() - 2; i >= 0; --i) // the last line may be cut
        if (lines[i].startsWith(what + ' ')) return lines[i].mid(what.size() + 1).toInt();
    return otherwise;
}

bool positionsAreContiguous(const std::vector<Node>& nodes) {
    QHash<NodeId, int> next;
    for (const Node& node : nodes) // by parent and position
        if (node.position != next[node.parent]++) return false;
    return isTree(nodes);
}

} // namespace

class ProjectKillTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatIsSaidToBeSavedIsOnDisk() {
        QTemporaryDir folder;
        std::vector<std::unique_ptr<QProcess>> writers;
        for (int seed = 0; seed < kLongLives; ++seed) {
            const QString path = folder.filePath(QStringLiteral("%1.palimpsest").arg(seed));
            QVERIFY(make(path));
            start(*writers.emplace_back(std::make_unique<QProcess>()), path, seed, 0);
        }
        for (int seed = 0; seed < kLongLives; ++seed) {
            QVERIFY(writers[std::size_t(seed)]->waitForFinished(120'000));
            const QList<QByteArray> lines = writers[std::size_t(seed)]->readAllStandardOutput().split('\n');
            const int gone = lastNumber(lines, "gone", 0);
            QVERIFY2(gone == 0, qPrintable(QStringLiteral("word %1 is not on disk, seed %2").arg(gone).arg(seed)));
            QVERIFY(lastNumber(lines, "saved", 0) > kWordsOfALongLife);
        }
    }

    void whateverTheWriterDidNothingSavedIsLost() {
        const int kills =
            qEnvironmentVariableIsSet("PALIMPSEST_KILLS") ? qEnvironmentVariableIntValue("PALIMPSEST_KILLS") : kKills;
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("kill.palimpsest"));
        QVERIFY(make(path));
        QRandomGenerator random(17);
        int typed = 0, saved = 0, missing = 0;
        for (int round = 0; round < kills; ++round) {
            QProcess child;
            start(child, path, round, typed);
            QVERIFY(child.waitForReadyRead(30'000));
            QTest::qSleep(int(random.bounded(kLongestLifeMs)));
            QByteArray said = child.readAllStandardOutput();
            if (round % 2 == 0) // at the worst moment: it has just said so
                for (qsizetype from = said.size(); !said.mid(from).contains("saved");) {
                    QVERIFY(child.waitForReadyRead(30'000));
                    said += child.readAllStandardOutput();
                }
            child.kill();
            QVERIFY(child.waitForFinished());
            const QList<QByteArray> lines = (said + child.readAllStandardOutput()).split('\n');
            const int before = typed;
            const int gone = lastNumber(lines, "gone", 0);
            QVERIFY2(gone == 0, qPrintable(QStringLiteral("word %1 is not on disk, round %2").arg(gone).arg(round)));
            saved = lastNumber(lines, "saved", before);
            typed = lastNumber(lines, "typed", before);

            auto opened = ProjectStore::open(path);
            QVERIFY2(opened.outcome == OpenOutcome::Current, qPrintable(opened.sentence));
            QVERIFY(opened.sentence.isEmpty());
            check(*opened.store, before, saved, typed, missing);
            if (QTest::currentTestFailed()) return;
        }
        qInfo("%d kills, %d words typed, %d of them not yet saved when killed and missing", kills, typed, missing);
        QVERIFY(saved > 3 * kills); // enough was written to lose; how much depends on the machine
    }

private:
    static bool make(const QString& path) {
        auto made = ProjectStore::create(path, QStringLiteral("Kill"));
        for (int i = 0; i < kFirstScenes; ++i)
            if (!made.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("Scene"))) return false;
        return true;
    }

    static void start(QProcess& child, const QString& path, int seed, int firstWord) {
        child.start(QCoreApplication::applicationFilePath(),
                    {QStringLiteral("--write"), path, QString::number(seed), QString::number(firstWord)});
    }

    // Words up to `saved` must be there; those typed after it may be.
    static void check(ProjectStore& store, int before, int saved, int typed, int& missing) {
        const auto nodes = *store.nodes();
        QVERIFY(positionsAreContiguous(nodes));
        QSet<int> found;
        for (const Node& node : nodes) {
            const auto text = store.text(node.id);
            QVERIFY2(text.ok(), text ? "" : text.error().message.c_str());
            QCOMPARE(countWords(text->plain()), node.words);
            const bool inBook = !isInTrash(nodes, node.id);
            for (const QString& word : text->plain().split(QRegularExpression("\\s+"), Qt::SkipEmptyParts)) {
                const int number = word.mid(1).toInt();
                // A merged scene lies whole in the trash as well.
                QVERIFY2(!inBook || !m_inBook.contains(number), qPrintable(word + QStringLiteral(" is there twice")));
                if (inBook) m_inBook.insert(number);
                found.insert(number);
            }
            const auto revisions = store.revisions(node.id);
            QVERIFY(revisions.ok());
            if (!revisions->empty()) QVERIFY(store.revisionText(revisions->front().id).ok());
        }
        m_inBook.clear();
        for (int word = 1; word <= typed; ++word) {
            if (found.contains(word)) continue;
            QVERIFY2(word > saved || m_lost.contains(word),
                     qPrintable(QStringLiteral("word %1 is gone, saved up to %2 (round began at %3)")
                                    .arg(word)
                                    .arg(saved)
                                    .arg(before)));
            if (m_lost.contains(word)) continue;
            m_lost.insert(word);
            ++missing;
        }
    }
    static inline QSet<int> m_inBook;
    static inline QSet<int> m_lost; // typed and never saved, in this or an earlier round
};

} // namespace palimpsest

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    if (argc == 5 && qstrcmp(argv[1], "--write") == 0)
        return palimpsest::writeUntilKilled(QString::fromLocal8Bit(argv[2]), atoi(argv[3]), atoi(argv[4]));
    if (!qEnvironmentVariableIsSet("QTEST_FUNCTION_TIMEOUT")) qputenv("QTEST_FUNCTION_TIMEOUT", "7200000"); // 500 kills
    palimpsest::ProjectKillTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "project_kill_test.moc"

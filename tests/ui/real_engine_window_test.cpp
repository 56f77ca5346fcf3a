// One short draft in the real window, written by the real engine with the real weights, from the caret to the file.
//
// Needs the base model that the set-up downloads; without it the test is skipped and says so.
#include "app/services/draft_passage.h"
#include "app/services/draft_trace.h"
#include "app/services/sample_project.h"
#include "engine/base/paths.h"
#include "tests/ui/window_fixture.h"

#include <QCheckBox>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSlider>
#include <QSpinBox>
#include <algorithm>

namespace palimpsest::test {
namespace {

constexpr int kPatienceMs = 60'000; // for what takes two seconds on a machine that does nothing else
constexpr int kWords = 12;
constexpr int kSeed = 7; // the same draft every time on one kind of processor

QByteArray runEngine(const QStringList& arguments) {
    QProcess process;
    process.start(REAL_ENGINE, arguments);
    if (!process.waitForFinished(kPatienceMs) || process.exitCode() != 0)
        qWarning("%s", process.readAllStandardError().constData());
    return process.readAllStandardOutput();
}

// The installed model; else the one of the set-up's download, imported once beside this program. Empty: neither.
QString model() {
    const QString installed =
        QJsonDocument::fromJson(runEngine({"info", "--json"})).object()["default_model"].toString();
    if (!installed.isEmpty()) return installed;
    const QString gguf = QString::fromStdString((cacheFolder() / "gguf" / "SmolLM2-135M-Instruct.Q4_1.gguf").string());
    const QString folder = QString::fromStdString((executableFolder() / "test-model-window").string());
    if (QFileInfo::exists(gguf) && !QFileInfo::exists(folder + "/model.json"))
        runEngine({"import", "--gguf", gguf, "--out", folder});
    return QFileInfo::exists(folder + "/model.json") ? folder : QString();
}

// The sample manuscript in the window, a draft of a dozen words asked for.
struct SampleWindow : WindowFixture {
    explicit SampleWindow(const QString& model) : WindowFixture({}, REAL_ENGINE) {
        path = folder.filePath("sample.palimpsest");
        made = createProjectFrom(QStringLiteral(PALIMPSEST_SOURCE_DIR "/resources/samples/the-winter-ferry"), path);
        engine->loadModel(model);
        for (QSlider* slider : window->panel().findChildren<QSlider*>())
            if (slider->accessibleName() == "Length") slider->setValue(kWords);
        window->openPath(path);
        engine->start();
        window->show();
    }

    bool isReady() {
        return made.ok() && QTest::qWaitForWindowExposed(window.get()) &&
               QTest::qWaitFor([this] { return window->shownNode() != 0; }) &&
               QTest::qWaitFor([this] { return engine->state() == EngineService::State::Ready; }, kPatienceMs);
    }
    bool rests() {
        return QTest::qWaitFor([this] { return passage() && phase() == DraftSession::Phase::Resting; }, kPatienceMs);
    }
    // Before a draft is asked for: what the panel shows now is what it is drafted with.
    bool setSeed(int seed) {
        QCheckBox* drawn = nullptr;
        QSpinBox* field = nullptr;
        for (QCheckBox* each : window->panel().findChildren<QCheckBox*>())
            if (each->accessibleName() == "New seed each time") drawn = each;
        for (QSpinBox* each : window->panel().findChildren<QSpinBox*>())
            if (each->accessibleName() == "Seed") field = each;
        if (!drawn || !field) return false;
        drawn->setChecked(false);
        field->setValue(seed);
        return true;
    }
    // Presses a button of the strip as soon as it may be pressed.
    bool press(const QString& name) {
        QPushButton* found = nullptr;
        for (QPushButton* each : passage()->strip().findChildren<QPushButton*>())
            if (each->accessibleName() == name) found = each;
        if (!found || !QTest::qWaitFor([found] { return found->isEnabled(); })) return false;
        QTest::mouseClick(found, Qt::LeftButton);
        return true;
    }
    const StepTokens& tokens() { return passage()->session().tokens(); }

    Result<void> made;
};

// A word with letters, the first from the middle of the draft on, and then from its beginning: its positions.
PositionRange wordInTheMiddle(const StepTokens& tokens) {
    const int count = int(tokens.size());
    for (int i = 0; i < count; ++i) {
        const int position = (count / 2 + i) % count;
        const PositionRange word = wordAt(tokens, position);
        if (word.count > 0 && QString::fromStdString(tokens[std::size_t(word.first)].text).trimmed().size() > 1)
            return word;
    }
    return {};
}

std::string textOf(const StepTokens& tokens, PositionRange range) {
    const auto first = tokens.begin() + range.first;
    return joinedText({first, first + range.count});
}

} // namespace

class RealEngineWindowTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        m_model = model();
        if (m_model.isEmpty())
            QSKIP("The base model is not here: run installer/build, which downloads it, and then this test again.");
    }

    void aDraftFormsIsLockedMovedAcceptedAndKept() {
        SampleWindow f(m_model);
        QVERIFY2(f.isReady(), qPrintable(f.engine->sentence()));
        QVERIFY(f.setSeed(kSeed));
        const NodeId scene = f.window->shownNode();
        const QString before = f.text();
        const int caret = int(before.indexOf(u'\n'));
        f.caretTo(caret);
        QTest::keyClick(f.window.get(), Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(QTest::qWaitFor([&] { return f.passage() && f.passage()->session().stepCount() >= 2; }, kPatienceMs));
        QVERIFY(f.passage()->view().isVisible());
        QVERIFY(f.rests());
        QVERIFY(f.passage()->session().text().simplified().count(' ') >= 3);
        QCOMPARE(f.text(), before);

        const PositionRange word = wordInTheMiddle(f.tokens());
        QVERIFY(word.count > 0);
        const std::string locked = textOf(f.tokens(), word);
        f.passage()->session().toggleLock(word.first);
        QVERIFY(f.press("Move the rest"));
        QVERIFY(QTest::qWaitFor([&] { return f.passage()->session().candidateCount() == 2; }, kPatienceMs));
        QVERIFY(f.rests());
        std::string kept;
        for (const StepToken& token : f.tokens())
            if (token.state == PositionState::Locked) kept += token.text;
        QCOMPARE(QString::fromStdString(kept).trimmed(), QString::fromStdString(locked).trimmed());

        const QString words = f.passage()->session().text();
        QVERIFY(f.press("Accept"));
        QVERIFY(f.text().startsWith(before.left(caret)));
        QVERIFY(f.text().size() > before.size());
        f.editor().undoEdit();
        QCOMPARE(f.text(), before);
        QVERIFY(!f.editor().document()->isUndoAvailable());
        f.editor().redoEdit();
        checkFile(f, scene, words);
    }

private:
    // What a new reader of the file finds: the words as drafted, and the draft they came from, whole.
    static void checkFile(SampleWindow& f, NodeId scene, const QString& words) {
        f.window.reset();
        f.project.reset();
        const auto opened = ProjectStore::open(f.path);
        QVERIFY2(opened.store, qPrintable(opened.sentence));
        QString drafted;
        qint64 draft = 0;
        const auto text = opened.store->text(scene);
        for (const Block& block : text->blocks) {
            for (const Span& span : block.spans) {
                if (span.provenance != Provenance::Drafted) continue;
                drafted += span.text;
                draft = span.draft;
            }
            drafted += u'\n'; // the model may have begun a paragraph
        }
        QCOMPARE(drafted.simplified(), words.simplified());
        const auto drafts = opened.store->drafts(scene);
        QCOMPARE(drafts->size(), std::size_t(1));
        const StoredDraft& stored = drafts->front();
        QCOMPARE(stored.id, draft);
        QCOMPARE(stored.state, StoredDraft::State::Accepted);
        QCOMPARE(stored.text, words);
        QVERIFY(!stored.model.isEmpty() && !stored.modelHash.isEmpty());
        const auto packed = opened.store->draftTrace(draft);
        const auto trace = unpackTrace(*packed);
        QVERIFY(trace.ok());
        QCOMPARE(trace->size(), std::size_t(2)); // the first writing, and the rest moved
        QVERIFY(trace->front().steps.size() >= 2);
        QCOMPARE(trace->front().locks.size(), std::size_t(1));
    }

    QString m_model;
};

} // namespace palimpsest::test

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    palimpsest::test::RealEngineWindowTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "real_engine_window_test.moc"

// How long a key takes until it is painted, and how long the window takes to stand: typing_bench [KEYS [CASE]]. Offscreen, the
// whole window, spelling and smart punctuation on, no engine. For docs/performance.md; nothing is asserted.
#include "app/storage/project_store.h"
#include "ui/editor/scene_editor.h"
#include "ui/main_window.h"
#include "ui/settings/translations.h"
#include "ui/settings/writing.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QKeyEvent>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>

namespace palimpsest {
namespace {

constexpr int kSceneWords = 1500;
const char* const kWords[] = {"the",  "ferry", "was",     "late",  "again", "and",     "she",   "waited", "on",
                              "slip", "with",  "her",     "hands", "in",    "pockets", "until", "bell",   "rang",
                              "over", "water", "harbour", "grey",  "as",    "slate",   "while", "Anders", "counted"};

QString paragraph(int words, std::mt19937& random) {
    QString text;
    for (int i = 0; i < words; ++i) {
        text += QLatin1String(kWords[random() % std::size(kWords)]);
        text += i % 12 == 11 ? QStringLiteral(". ") : QStringLiteral(" ");
    }
    return text;
}

SceneText scene(int words, int wordsInParagraph, std::mt19937& random) {
    SceneText text;
    for (int left = words; left > 0; left -= wordsInParagraph)
        text.blocks.push_back({BlockKind::Paragraph, 0, {{paragraph(wordsInParagraph, random), {}, {}, 0}}});
    return text;
}

void makeProject(const QString& path, int words, int sceneWords, int paragraphWords) {
    std::mt19937 random(1);
    auto made = ProjectStore::create(path, "Bench");
    for (int i = 0; i * sceneWords < words; ++i) {
        const NodeId node = *made.store->addNode(0, i, NodeKind::Scene, QString("Scene %1").arg(i + 1));
        if (!made.store->saveText(node, scene(sceneWords, paragraphWords, random))) qFatal("cannot write the project");
    }
}

class PaintWatch : public QObject {
public:
    int paints = 0;

protected:
    bool eventFilter(QObject*, QEvent* event) override {
        paints += event->type() == QEvent::Paint;
        return false;
    }
};

// Of this thread alone: what a busy machine takes away is not in it.
double ownMilliseconds() {
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return double(spent.tv_sec) * 1e3 + double(spent.tv_nsec) / 1e6;
}

double milliseconds(const QElapsedTimer& timer) {
    return double(timer.nsecsElapsed()) / 1e6;
}

void print(const char* what, const char* kind, std::vector<double> times) {
    std::sort(times.begin(), times.end());
    std::printf("%-46s %-9s median %6.2f ms   p99 %6.2f ms   most %6.2f ms\n", what, kind, times[times.size() / 2],
                times[times.size() * 99 / 100], times.back());
    std::fflush(stdout);
}

void typeInto(SceneEditor& editor, int keys, const char* what) {
    PaintWatch watch;
    editor.viewport()->installEventFilter(&watch);
    QTextCursor middle(editor.document()->findBlockByNumber(editor.document()->blockCount() / 2));
    middle.setPosition(middle.block().position() + middle.block().length() / 2);
    editor.setTextCursor(middle);
    editor.ensureCursorVisible();
    QTest::qWait(500);
    std::mt19937 random(2);
    std::vector<double> times, own;
    for (int i = 0; i < keys; ++i) {
        const QString letter = i % 6 == 5 ? QStringLiteral(" ") : QString(QChar('a' + int(random() % 26)));
        QKeyEvent press(QEvent::KeyPress, letter == " " ? Qt::Key_Space : Qt::Key_A, {}, letter);
        const int before = watch.paints;
        QElapsedTimer timer;
        timer.start();
        const double ownBefore = ownMilliseconds();
        QCoreApplication::sendEvent(&editor, &press);
        while (watch.paints == before) QCoreApplication::sendPostedEvents(), QCoreApplication::processEvents();
        times.push_back(milliseconds(timer));
        own.push_back(ownMilliseconds() - ownBefore);
        QTest::qWait(15); // what is done between keys is done
    }
    editor.viewport()->removeEventFilter(&watch);
    print(what, "painted", times);
    print(what, "computed", own);
}

void run(const QString& path, const char* what, int keys, std::function<void(WritingChoices&)> with,
         bool together = false) {
    if (qApp->arguments().size() > 2 && !QString(what).contains(qApp->arguments()[2])) return;
    QElapsedTimer start;
    start.start();
    Theme theme(*qApp);
    EngineService engine(QString{}, QStringList{});
    ProjectService project;
    MainWindow window(theme, engine, project);
    window.resize(1440, 900);
    WritingChoices choices;
    choices.language = "en_US";
    if (with) with(choices);
    window.writing().choose(choices);
    window.openPath(path);
    window.show();
    PaintWatch watch;
    window.editor().viewport()->installEventFilter(&watch);
    while (!window.shownNode()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 5);
    if (together) {
        std::vector<qint64> all;
        for (const Node& node : project.nodes()) all.push_back(node.id);
        QElapsedTimer opening;
        opening.start();
        window.openTogether(all);
        window.editor().viewport()->repaint();
        std::printf("%-46s shown as one text %.1f ms\n", what, milliseconds(opening));
        QTest::qWait(500);
        window.openNode(all[all.size() / 2]);
        QTest::qWait(500);
    }
    const int before = watch.paints;
    if (together) window.editor().viewport()->update();
    while (watch.paints == before) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 5);
    std::printf("%-46s open and painted %.0f ms\n", what, milliseconds(start));
    typeInto(window.editor(), keys, what);
}

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    using namespace palimpsest;
    QTemporaryDir folder;
    for (const char* variable : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"})
        qputenv(variable, folder.path().toUtf8());
    if (qEnvironmentVariableIsEmpty("DISPLAY")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    const Translations translations(application, QLocale());
    const int keys = argc > 1 ? std::max(100, atoi(argv[1])) : 500;
    const QString small = folder.filePath("small.palimpsest"), big = folder.filePath("big.palimpsest"),
                  long1 = folder.filePath("long.palimpsest"), one = folder.filePath("one.palimpsest");
    makeProject(small, 300'000, kSceneWords, 90);
    makeProject(big, 1'000'000, kSceneWords, 90);
    makeProject(long1, 10'000, 10'000, 10'000);
    makeProject(one, 300'000, 300'000, 90);
    run(small, "300k words in scenes of 1,500", keys, {});
    run(big, "1M words in scenes of 1,500", keys, {});
    run(big, "the same, focus on the sentence, typewriter", keys, [](WritingChoices& choices) {
        choices.focus = FocusOn::Sentence;
        choices.typewriter = true;
    });
    run(big, "1M words as one continuous text", keys, {}, true);
    run(long1, "a paragraph of 10k words", keys, {});
    run(long1, "the same, spelling off", keys, [](WritingChoices& choices) { choices.spelling = false; });
    run(long1, "the same, in DejaVu Serif", keys, [](WritingChoices& choices) { choices.family = "DejaVu Serif"; });
    run(one, "300k words in one scene", keys, {});
    return 0;
}

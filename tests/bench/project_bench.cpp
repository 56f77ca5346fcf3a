// A project of a million words: opening, searching, saving, changing; and the program, from its start to the first words
// on its page. Medians and 99th percentiles; asserts nothing.
#include "app/services/project_service.h"
#include "app/storage/project_store.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace palimpsest {
namespace {

constexpr int kScenes = 1000, kFewerScenes = 300, kWordsOfScene = 1000, kWordsOfParagraph = 60, kVocabulary = 30'000;

QString wordOf(int number) { // letters only, the frequent ones short
    QString word;
    do word += QChar(u'a' + number % 26);
    while ((number /= 26) > 0);
    return word;
}

SceneText randomText(QRandomGenerator& random, int words) {
    SceneText text;
    for (int done = 0; done < words; done += kWordsOfParagraph) {
        QString paragraph;
        for (int i = 0; i < kWordsOfParagraph; ++i) // Zipf's law, near enough
            paragraph += wordOf(int(std::pow(double(kVocabulary), random.generateDouble()))) + u' ';
        text.blocks.push_back({BlockKind::Paragraph, 0, {{paragraph, {}, Provenance::Typed, 0}}});
    }
    return text;
}

void say(const char* what, std::vector<double> ms) {
    std::sort(ms.begin(), ms.end());
    std::printf("%-58s %9.2f %9.2f   %zu times\n", what, ms[ms.size() / 2],
                ms[std::min(ms.size() - 1, ms.size() * 99 / 100)], ms.size());
    std::fflush(stdout);
}

template<class Act>
void measure(const char* what, int times, Act act) {
    std::vector<double> ms;
    for (int i = 0; i < times; ++i) {
        QElapsedTimer timer;
        timer.start();
        act(i);
        ms.push_back(double(timer.nsecsElapsed()) / 1e6);
    }
    say(what, std::move(ms));
}

void makeProject(const QString& path, int scenes) {
    auto made = ProjectStore::create(path, QStringLiteral("Long"));
    QRandomGenerator random(1);
    ProjectChange change;
    for (int i = 0; i < scenes; ++i) {
        Node node;
        node.title = QStringLiteral("Scene %1").arg(i);
        node.position = -1;
        change.steps.push_back(AddNode{node, randomText(random, kWordsOfScene)});
    }
    if (!made.store->apply(change)) qFatal("the project cannot be made");
}

void measureStore(const QString& path) {
    measure("open, checked whole, nothing to back up", 15, [&](int) { (void)ProjectStore::open(path); });
    auto opened = ProjectStore::open(path);
    ProjectStore& store = *opened.store;
    const auto search = [&](const char* what, const SearchQuery& query) {
        int matches = 0;
        measure(what, 30, [&](int) { matches = store.search(query, 10'000)->matches; });
        std::printf("    %d matches\n", matches);
    };
    search("search a rare whole word", {wordOf(29'000), false, true, false});
    search("search a phrase of whole words", {wordOf(3) + u' ' + wordOf(5), false, true, false});
    search("search a frequent whole word, the first 10,000", {wordOf(3), false, true, false});
    search("search letters anywhere", {QStringLiteral("xyzq"), false, false, false});
    search("search a regular expression", {QStringLiteral("q[xyz]q\\w+"), true, false, false});
    QRandomGenerator random(2);
    const NodeId scene = store.nodes()->front().id;
    SceneText text = randomText(random, 3000);
    measure("save a scene of 3,000 words (worker)", 200, [&](int i) {
        text.blocks[0].spans[0].text += wordOf(i) + u' ';
        (void)store.saveText(scene, text).ok();
    });
    measure("snapshot of the whole project (worker)", 5,
            [&](int i) { (void)store.takeSnapshot(QString::number(i), 0).ok(); });
}

void measureService(const QString& path) {
    ProjectService service;
    QEventLoop loop;
    QObject::connect(&service, &ProjectService::opened, &loop, &QEventLoop::quit);
    service.open(path);
    loop.exec();
    QRandomGenerator random(3);
    const NodeId scene = service.nodes().front().id;
    SceneText text = randomText(random, 3000);
    QObject::connect(&service, &ProjectService::textSaved, &loop, &QEventLoop::quit);
    std::vector<double> saving;
    measure("take an edit of 3,000 words over (UI thread)", 200, [&](int i) {
        text.blocks[0].spans[0].text += wordOf(i) + u' ';
        service.textEdited(scene, text);
    });
    measure("hand the text to the worker: autosave (UI thread)", 200, [&](int i) {
        text.blocks[0].spans[0].text += wordOf(i) + u' ';
        service.textEdited(scene, text);
        QElapsedTimer timer;
        timer.start();
        service.saveNow();
        saving.push_back(double(timer.nsecsElapsed()) / 1e6);
        loop.exec();
    });
    std::sort(saving.begin(), saving.end());
    std::printf("    of it on the UI thread: %.3f median, %.3f 99 %%\n", saving[saving.size() / 2],
                saving[saving.size() * 99 / 100]);
    measure("rename, move (UI thread)", 200, [&](int i) {
        if (i % 2 == 0)
            service.apply({QStringLiteral("Rename"), {EditNode{scene, QString::number(i), {}, {}, {}, {}, {}, {}}}});
        else
            service.apply({QStringLiteral("Move"), {MoveNode{scene, 0, i}}});
    });
}

// The real program, offscreen, as a process of its own; see first_paint_probe.cpp.
void measureStart(const char* what, const QStringList& arguments) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_GENERIC_PLUGINS"), QStringLiteral("firstpaint"));
    environment.insert(QStringLiteral("QT_PLUGIN_PATH"), QStringLiteral(PROBE_PLUGINS));
    if (!environment.contains(QStringLiteral("QT_QPA_PLATFORM")))
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    std::vector<double> ms;
    for (int i = 0; i < 21; ++i) {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        const auto started = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
        environment.insert(QStringLiteral("PALIMPSEST_BENCH_STARTED"), QString::number(started));
        QProcess program;
        program.setProcessEnvironment(environment);
        program.start(QStringLiteral(PALIMPSEST_PROGRAM), arguments);
        program.waitForFinished();
        const QByteArray said = program.readAllStandardOutput();
        if (!said.startsWith("painted ")) qFatal("the program painted nothing: %s", said.constData());
        if (i > 0) ms.push_back(said.mid(8).trimmed().toDouble()); // the first makes its settings
    }
    say(what, std::move(ms));
}

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    QTemporaryDir folder;
    for (const char* home : {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"})
        qputenv(home, folder.path().toUtf8());
    const QString path = folder.filePath(QStringLiteral("million.palimpsest"));
    const QString shorter = folder.filePath(QStringLiteral("shorter.palimpsest"));
    palimpsest::makeProject(path, palimpsest::kScenes);
    palimpsest::makeProject(shorter, palimpsest::kFewerScenes);
    std::printf("%d scenes of %d words, %.1f MB\n%-58s %9s %9s\n", palimpsest::kScenes, palimpsest::kWordsOfScene,
                double(QFileInfo(path).size()) / 1e6, "milliseconds", "median", "99 %");
    palimpsest::measureStart("start to first words, the sample", {QStringLiteral("--sample")});
    palimpsest::measureStart("start to first words, 300,000 words", {shorter});
    palimpsest::measureStart("start to first words, a million words", {path});
    palimpsest::measureStore(path);
    palimpsest::measureService(path);
}

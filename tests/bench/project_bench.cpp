// A project of a million words: opening, searching, saving, changing. Medians and 99th percentiles; asserts nothing.
#include "app/services/project_service.h"
#include "app/storage/project_store.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace palimpsest {
namespace {

constexpr int kScenes = 1000, kWordsOfScene = 1000, kWordsOfParagraph = 60, kVocabulary = 30'000;

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

template<class Act>
void measure(const char* what, int times, Act act) {
    std::vector<double> ms;
    for (int i = 0; i < times; ++i) {
        QElapsedTimer timer;
        timer.start();
        act(i);
        ms.push_back(double(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(ms.begin(), ms.end());
    std::printf("%-58s %9.2f %9.2f   %d times\n", what, ms[ms.size() / 2],
                ms[std::min(ms.size() - 1, ms.size() * 99 / 100)], times);
    std::fflush(stdout);
}

void makeProject(const QString& path) {
    auto made = ProjectStore::create(path, QStringLiteral("Million"));
    QRandomGenerator random(1);
    ProjectChange change;
    for (int i = 0; i < kScenes; ++i) {
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
            service.renameNode(scene, QString::number(i));
        else
            service.moveNode(scene, 0, i);
    });
}

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    QTemporaryDir folder;
    qputenv("XDG_STATE_HOME", folder.path().toUtf8());
    const QString path = folder.filePath(QStringLiteral("million.palimpsest"));
    palimpsest::makeProject(path);
    std::printf("%d scenes of %d words, %.1f MB\n%-58s %9s %9s\n", palimpsest::kScenes, palimpsest::kWordsOfScene,
                double(QFileInfo(path).size()) / 1e6, "milliseconds", "median", "99 %");
    palimpsest::measureStore(path);
    palimpsest::measureService(path);
}

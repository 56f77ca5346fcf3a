// Keeps the layers of ARCHITECTURE.md: which folder may include which, and that Torch, Qt and SQLite stay
// where they belong. Reads the sources of the tree; compiles nothing.
#include <QDirIterator>
#include <QRegularExpression>
#include <QtTest>

namespace {

struct Layer {
    const char* folder; // longest match wins
    QStringList mayUse; // folders of ours it may include from, besides itself
    bool torch = false, qt = false, sqlite = false;
};

const QList<Layer>& layers() {
    static const QList<Layer> all{
        {"kernels/torch", {"kernels"}, true},
        {"kernels", {}},
        {"models", {"kernels", "kernels/torch", "engine/base"}, true},
        {"engine/base", {}},
        {"engine/api", {"engine/base"}},
        {"engine/inference", {"engine/base", "engine/api", "models", "kernels", "kernels/torch"}, true},
        {"engine/data", {"engine/base", "models", "kernels"}},
        {"engine/training", {"engine/base", "engine/data", "models", "kernels", "kernels/torch"}, true},
        {"engine/evaluation",
         {"engine/base", "engine/api", "engine/data", "engine/inference", "models", "kernels"},
         true},
        {"engine/tuning",
         {"engine/base", "engine/api", "engine/data", "engine/inference", "engine/training", "models", "kernels"},
         true},
        {"engine/server", {"engine/base", "engine/api"}},
        {"engine/commands",
         {"engine/base", "engine/api", "engine/inference", "engine/training", "engine/evaluation", "engine/tuning",
          "engine/server", "models", "kernels", "kernels/torch"},
         true},
        {"app/document", {"engine/base"}, false, true},
        {"app/storage", {"engine/base", "app/document"}, false, true, true},
        {"app/services", {"engine/base", "engine/api", "app/document", "app/storage"}, false, true},
        {"ui", {"engine/base", "engine/api", "app/document", "app/storage", "app/services"}, false, true},
        {"app/main", {"engine/base", "engine/api", "app/document", "app/storage", "app/services", "ui"}, false, true},
    };
    return all;
}

const Layer* layerOf(const QString& path) {
    const Layer* best = nullptr;
    for (const Layer& layer : layers()) {
        const QString folder = QString::fromLatin1(layer.folder);
        if ((path.startsWith(folder + '/')) && (!best || folder.size() > qsizetype(qstrlen(best->folder))))
            best = &layer;
    }
    return best;
}

struct Include {
    QString file, target;
    bool system = false;
};

QStringList sources(const QStringList& folders) {
    QStringList files;
    const QDir root(PALIMPSEST_SOURCE_DIR);
    for (const QString& folder : folders) {
        QDirIterator it(root.filePath(folder), {"*.h", "*.cpp", "*.cu", "*.cuh"}, QDir::Files,
                        QDirIterator::Subdirectories);
        while (it.hasNext()) files << root.relativeFilePath(it.next());
    }
    files.sort();
    return files;
}

QString contents(const QString& file) {
    QFile f(QDir(PALIMPSEST_SOURCE_DIR).filePath(file));
    return f.open(QIODevice::ReadOnly) ? QString::fromUtf8(f.readAll()) : QString();
}

QList<Include> includesOf(const QString& file) {
    // No raw string: moc loses its way in one that holds quotes.
    static const QRegularExpression pattern("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]",
                                            QRegularExpression::MultilineOption);
    QList<Include> found;
    auto it = pattern.globalMatch(contents(file));
    while (it.hasNext()) {
        const auto match = it.next();
        found << Include{file, match.captured(2), match.captured(1) == "<"};
    }
    return found;
}

bool isTorch(const QString& target) {
    static const QRegularExpression pattern("^(torch|ATen|c10|caffe2)/");
    return pattern.match(target).hasMatch();
}
bool isQt(const QString& target) {
    static const QRegularExpression pattern("^(Q[A-Z]|Qt[A-Z]|Qt$)");
    return pattern.match(target).hasMatch();
}
bool isSqlite(const QString& target) {
    return target.startsWith("SQLiteCpp/") || target == "sqlite3.h";
}

const QStringList kFolders{"app", "ui", "engine", "kernels", "models"};

} // namespace

class LayersTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everySourceBelongsToALayer() {
        const QStringList files = sources(kFolders);
        QVERIFY(files.size() > 20);
        for (const QString& file : files) QVERIFY2(layerOf(file), qPrintable(file + " is in no layer"));
    }

    void noLayerUsesAHigherOne() {
        for (const QString& file : sources(kFolders)) {
            const Layer* layer = layerOf(file);
            for (const Include& include : includesOf(file)) {
                const Layer* used = layerOf(include.target);
                if (!used || used == layer) continue;
                QVERIFY2(layer->mayUse.contains(used->folder), qPrintable(file + " may not include " + include.target));
            }
        }
    }

    void torchQtAndSqliteStayInTheirLayers() {
        for (const QString& file : sources(kFolders)) {
            const Layer* layer = layerOf(file);
            for (const Include& include : includesOf(file)) {
                const QString what = file + " may not include " + include.target;
                QVERIFY2(layer->torch || !isTorch(include.target), qPrintable(what));
                QVERIFY2(layer->qt || !isQt(include.target), qPrintable(what));
                QVERIFY2(layer->sqlite || !isSqlite(include.target), qPrintable(what));
            }
        }
    }

    void torchAndQtNeverMeetInOneFile() {
        for (const QString& file : sources(kFolders + QStringList{"tests"})) {
            bool torch = false, qt = false;
            for (const Include& include : includesOf(file)) {
                torch = torch || isTorch(include.target) || (layerOf(include.target) && layerOf(include.target)->torch);
                qt = qt || isQt(include.target);
            }
            QVERIFY2(!(torch && qt), qPrintable(file + " includes both Torch and Qt"));
        }
    }

    void everyTestFileIsRegistered() {
        for (const QString& file : sources({"tests"})) {
            if (!file.endsWith("_test.cpp")) continue;
            const QFileInfo info(file);
            const QString list = contents(info.path() + "/CMakeLists.txt");
            QVERIFY2(list.contains(info.fileName()), qPrintable(file + " is not registered in its CMakeLists.txt"));
        }
    }

    void everyHeaderIsGuardedAndSaysWhatItIsFor() {
        for (const QString& file : sources(kFolders)) {
            if (!file.endsWith(".h")) continue;
            const QString text = contents(file);
            QVERIFY2(text.contains("#pragma once"), qPrintable(file + " has no #pragma once"));
            QVERIFY2(text.startsWith("//"), qPrintable(file + " does not begin with what it is for"));
        }
    }
};

QTEST_GUILESS_MAIN(LayersTest)
#include "layers_test.moc"

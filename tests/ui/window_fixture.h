// The real window over a project of its own and an engine that is told what to do.
#pragma once

#include "app/storage/project_store.h"
#include "tests/support/typed_text.h"
#include "ui/drafting/drafting.h"
#include "ui/editor/passage_strip.h"
#include "ui/editor/passage_view.h"
#include "ui/editor/scene_document.h"
#include "ui/main_window.h"
#include "ui/outline/binder.h"
#include "ui/widgets/message_bar.h"

#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

namespace palimpsest::test {

inline const QStringList kParagraphs{"She did not answer him at once.", "It was a bell buoy in those days, red once.",
                                     "He stood on the slip with his watch."};

class WindowFixture {
public:
    // `program`: the engine; the fake one unless told otherwise.
    explicit WindowFixture(const QStringList& engineArguments = {}, const QString& program = FAKE_ENGINE) {
        qputenv("XDG_CONFIG_HOME", folder.path().toUtf8());
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        path = folder.filePath("book.palimpsest");
        auto made = ProjectStore::create(path, "Book");
        scene = *made.store->addNode(0, 0, NodeKind::Scene, "Second buoy");
        other = *made.store->addNode(0, 1, NodeKind::Scene, "Other");
        note = *made.store->addNode(0, 2, NodeKind::Note, "@Marta");
        if (!made.store->saveText(scene, typed(kParagraphs)) ||
            !made.store->saveText(note, typed({"A postmistress."})) || !made.store->setPinned(note, true))
            qFatal("cannot make the project of the test");
        made.store.reset();
        theme = std::make_unique<Theme>(*qApp);
        engine = std::make_unique<EngineService>(program, engineArguments);
        project = std::make_unique<ProjectService>();
        window = std::make_unique<MainWindow>(*theme, *engine, *project);
    }

    // Shows the window with the scene open and the engine ready.
    bool ready() {
        window->openPath(path);
        engine->start();
        window->show();
        return QTest::qWaitForWindowExposed(window.get()) &&
               QTest::qWaitFor([this] { return window->shownNode() == scene; }) &&
               QTest::qWaitFor([this] { return engine->state() == EngineService::State::Ready; });
    }

    SceneEditor& editor() { return window->editor(); }
    Passage* passage() { return window->drafting().passage(); }
    QString text() { return editor().toPlainText(); }
    DraftSession::Phase phase() { return passage()->session().phase(); }

    void caretTo(int position) {
        QTextCursor cursor = editor().textCursor();
        cursor.setPosition(position);
        editor().setTextCursor(cursor);
    }
    void select(int begin, int end) {
        QTextCursor cursor = editor().textCursor();
        cursor.setPosition(begin);
        cursor.setPosition(end, QTextCursor::KeepAnchor);
        editor().setTextCursor(cursor);
    }
    bool waitForRest() {
        return QTest::qWaitFor([this] { return passage() && phase() == DraftSession::Phase::Resting; });
    }
    bool waitForSteps(int steps) {
        return QTest::qWaitFor([=, this] { return passage() && passage()->session().stepCount() >= steps; });
    }
    // Text of the scene as a new reader of the file finds it.
    SceneText stored() {
        window.reset();
        project.reset();
        auto opened = ProjectStore::open(path);
        return opened.store ? *opened.store->text(scene) : SceneText{};
    }

    QTemporaryDir folder;
    QString path;
    NodeId scene = 0, other = 0, note = 0;
    std::unique_ptr<Theme> theme;
    std::unique_ptr<EngineService> engine;
    std::unique_ptr<ProjectService> project;
    std::unique_ptr<MainWindow> window;
};

} // namespace palimpsest::test

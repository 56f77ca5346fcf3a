// A chapter, a part or several scenes as one continuous text, in the real window.
#include "tests/ui/binder_fixture.h"
#include "ui/annotations/margin_card.h"
#include "ui/editor/continuous_text.h"
#include "ui/editor/find_bar.h"
#include "ui/editor/split_page.h"

#include <QClipboard>
#include <QLineEdit>
#include <QRandomGenerator>
#include <QScrollBar>

namespace palimpsest::test {
namespace {

// Two chapters of two scenes each; the part is on the page as one text, the caret in scene `a`.
struct Together : BinderFixture {
    Together() {
        auto opened = ProjectStore::open(path);
        for (const auto& [node, words] :
             {std::pair(a, QStringList{"Alpha one.", "Alpha two."}),
              std::pair(b, QStringList{"Beta one.", "Beta two."}), std::pair(c, QStringList{"Gamma one."}),
              std::pair(d, QStringList{"Delta one."})})
            if (!opened.store->saveText(node, typed(words))) qFatal("not saved");
    }
    bool open() {
        if (!ready()) return false;
        Q_EMIT binder().togetherAsked({part});
        return QTest::qWaitFor([&] { return window->shownNode() == a && together().documents().size() == 4; });
    }
    ContinuousText& together() { return window->together(); }
    QTextCursor caret() { return editor().textCursor(); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(&editor(), key, modifiers); }
    QString of(NodeId node) {
        const std::vector<NodeId> nodes = together().nodes();
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (nodes[i] == node) return together().documents()[i]->toPlainText();
        return "?";
    }
    // Where words of one of the texts are on the editor's viewport.
    QPoint placeOf(NodeId node, int position) {
        const std::vector<NodeId> nodes = together().nodes();
        const auto at = std::find(nodes.begin(), nodes.end(), node) - nodes.begin();
        QTextDocument& document = *together().documents()[std::size_t(at)];
        const auto& layout = static_cast<PageLayout&>(*document.documentLayout());
        const QTextBlock block = document.findBlock(position);
        const QRectF whole = layout.blockBoundingRect(block);
        const QTextLine line = block.layout()->lineForTextPosition(position - block.position());
        return QPoint(int(whole.left() + line.cursorToX(position - block.position())),
                      int(whole.top() + line.y() + line.height() / 2) - editor().verticalScrollBar()->value());
    }
    QString onDisk(NodeId node) {
        std::optional<QString> text;
        project->loadText(node, project.get(), [&](const Result<SceneText>& t) { text = t ? t->plain() : "?"; });
        return QTest::qWaitFor([&] { return text.has_value(); }) ? *text : "?";
    }
    void drag(QPoint from, QPoint to) {
        QWidget* page = editor().viewport();
        QTest::mousePress(page, Qt::LeftButton, {}, from);
        QMouseEvent move(QEvent::MouseMove, to, page->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
        QCoreApplication::sendEvent(page, &move);
        QTest::mouseRelease(page, Qt::LeftButton, {}, to);
    }
};

} // namespace

class ContinuousTextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aChapterChosenInTheBinderIsOneText() {
        Together f;
        QVERIFY(f.ready());
        f.choose({f.first});
        QTRY_COMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.together().nodes(), (std::vector<NodeId>{f.a, f.b}));
        QTRY_COMPARE(f.together().documents().size(), std::size_t(2));
        QVERIFY(f.placeOf(f.b, 0).y() > f.placeOf(f.a, 12).y());
        QVERIFY(f.placeOf(f.b, 0).y() < f.editor().viewport()->height());
        f.choose({f.b}); // and a scene chosen is alone again
        QTRY_COMPARE(f.window->shownNode(), f.b);
        QVERIFY(f.together().nodes().empty());
        QCOMPARE(f.editor().pageLayout()->above(), 0.0); // nothing is left of it
        QVERIFY(!f.editor().together());
    }

    void severalChosenScenesAreOneTextByCommand() {
        Together f;
        QVERIFY(f.ready());
        f.choose({f.a, f.c});
        Q_EMIT f.binder().togetherAsked(f.binder().chosen());
        QTRY_COMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.together().nodes(), (std::vector<NodeId>{f.a, f.c}));
    }

    void theCaretGoesFromOneSceneIntoTheNextAndBack() {
        Together f;
        QVERIFY(f.open());
        f.key(Qt::Key_Down);
        QCOMPARE(f.window->shownNode(), f.a);
        f.key(Qt::Key_Down);
        QCOMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.caret().position(), 0);
        f.key(Qt::Key_Left);
        QCOMPARE(f.window->shownNode(), f.a);
        QVERIFY(f.caret().atEnd());
        f.key(Qt::Key_Right);
        QCOMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.caret().position(), 0);
        f.key(Qt::Key_Up);
        QCOMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.caret().position(), 11); // at the head of the last row, as it was
        f.key(Qt::Key_End, Qt::ControlModifier);
        QCOMPARE(f.window->shownNode(), f.d);
        QVERIFY(f.caret().atEnd());
        f.key(Qt::Key_Home, Qt::ControlModifier);
        QCOMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.caret().position(), 0);
    }

    void undoIsOfferedAsTheSceneWithTheCaretHasSomethingToUndo() {
        Together f;
        QVERIFY(f.open());
        const QList<QAction*> actions = f.window->findChildren<QAction*>();
        const auto undo = std::find_if(actions.begin(), actions.end(), [](const QAction* action) {
            return action->shortcut() == QKeySequence(QKeySequence::Undo);
        });
        QVERIFY(undo != actions.end());
        QVERIFY(!(*undo)->isEnabled());
        QTest::keyClicks(&f.editor(), "x");
        QVERIFY((*undo)->isEnabled());
        f.key(Qt::Key_End, Qt::ControlModifier);
        QVERIFY(!(*undo)->isEnabled());
        f.key(Qt::Key_Home, Qt::ControlModifier);
        QVERIFY((*undo)->isEnabled());
    }

    void whatIsTypedGoesIntoTheSceneWithTheCaret() {
        Together f;
        QVERIFY(f.open());
        f.key(Qt::Key_Down);
        f.key(Qt::Key_Down);
        QTest::keyClicks(&f.editor(), "New. ");
        QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, {}, f.placeOf(f.d, 5));
        QCOMPARE(f.window->shownNode(), f.d);
        QCOMPARE(f.caret().position(), 5);
        QTest::keyClicks(&f.editor(), "!");
        QCOMPARE(f.onDisk(f.a), QString("Alpha one.\nAlpha two."));
        QCOMPARE(f.onDisk(f.b), QString("New. Beta one.\nBeta two."));
        QCOMPARE(f.onDisk(f.c), QString("Gamma one."));
        QCOMPARE(f.onDisk(f.d), QString("Delta! one."));
        f.editor().undoEdit(); // of the scene one is in
        QCOMPARE(f.of(f.d), QString("Delta one."));
        QCOMPARE(f.of(f.b), QString("New. Beta one.\nBeta two."));
    }

    void whatFollowsMovesDownWithWhatIsTyped() {
        Together f;
        QVERIFY(f.open());
        const int before = f.placeOf(f.d, 0).y();
        for (int i = 0; i < 3; ++i) f.key(Qt::Key_Return);
        QVERIFY(f.placeOf(f.d, 0).y() > before + 40);
        QCOMPARE(int(f.editor().pageLayout()->documentSize().height()),
                 f.editor().verticalScrollBar()->maximum() + f.editor().viewport()->height());
    }

    void aBorderCannotBeDeleted() {
        Together f;
        QVERIFY(f.open());
        f.key(Qt::Key_Down);
        f.key(Qt::Key_Down);
        f.key(Qt::Key_Backspace);
        QVERIFY(f.window->bar().sentence().contains("Merge"));
        f.key(Qt::Key_Left);
        f.key(Qt::Key_Delete);
        QCOMPARE(f.of(f.a), QString("Alpha one.\nAlpha two."));
        QCOMPARE(f.of(f.b), QString("Beta one.\nBeta two."));
        QCOMPARE(f.together().nodes().size(), std::size_t(4));
    }

    void aSelectionOverSeveralScenesIsCopiedAndCutAsOne() {
        Together f;
        QVERIFY(f.open());
        f.caretTo(6); // "Alpha |one."
        QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, Qt::ShiftModifier, f.placeOf(f.c, 5));
        QCOMPARE(f.window->shownNode(), f.a);
        f.editor().copySelection();
        const Block border{BlockKind::SceneBreak, 0, {}};
        SceneText wanted = typed({"one.", "Alpha two.", "", "Beta one.", "Beta two.", "", "Gamma"});
        wanted.blocks[2] = wanted.blocks[5] = border;
        QCOMPARE(QApplication::clipboard()->text(), wanted.plain());
        f.key(Qt::Key_X, Qt::ControlModifier);
        QCOMPARE(f.of(f.a), QString("Alpha "));
        QCOMPARE(f.of(f.b), QString());
        QCOMPARE(f.of(f.c), QString(" one."));
        QCOMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.caret().position(), 6);
        f.editor().undoEdit(); // all of it
        QCOMPARE(f.of(f.a), QString("Alpha one.\nAlpha two."));
        QCOMPARE(f.of(f.b), QString("Beta one.\nBeta two."));
        QCOMPARE(f.of(f.c), QString("Gamma one."));
        f.editor().redoEdit();
        QCOMPARE(f.of(f.b), QString());
        f.editor().undoEdit();
        QCOMPARE(f.of(f.b), QString("Beta one.\nBeta two."));
    }

    void theCaretIsInSightWhereASelectionWasDeleted() {
        Together f;
        QVERIFY(f.open());
        for (int i = 0; i < 40; ++i) f.key(Qt::Key_Return); // above what follows
        f.caretTo(0);
        f.key(Qt::Key_End, Qt::ControlModifier);
        for (int i = 0; i < 40; ++i) f.key(Qt::Key_Return);
        QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, Qt::ShiftModifier, f.placeOf(f.a, 5));
        f.key(Qt::Key_Delete);
        QCOMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.of(f.a), QString(5, u'\n'));
        QTest::qWait(300); // the others are placed anew
        QVERIFY(f.editor().viewport()->rect().contains(f.editor().cursorRect().center()));
    }

    void typingOverASelectionPutsTheWordsWhereItBegan() {
        Together f;
        QVERIFY(f.open());
        f.key(Qt::Key_End, Qt::ControlModifier); // the caret is in the last, the selection goes upwards
        QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, Qt::ShiftModifier, f.placeOf(f.b, 5));
        QTest::keyClicks(&f.editor(), "!");
        QCOMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.of(f.b), QString("Beta !"));
        QCOMPARE(f.of(f.c), QString());
        QCOMPARE(f.of(f.d), QString());
        QCOMPARE(f.of(f.a), QString("Alpha one.\nAlpha two."));
        f.editor().undoEdit(); // the word
        f.editor().undoEdit(); // the rest
        QCOMPARE(f.of(f.d), QString("Delta one."));
        QCOMPARE(f.of(f.b), QString("Beta one.\nBeta two."));
    }

    void theMouseAndTheKeysSelectAcrossBorders() {
        Together f;
        QVERIFY(f.open());
        f.drag(f.placeOf(f.a, 11), f.placeOf(f.b, 4));
        QCOMPARE(f.together().selections().size(), std::size_t(2));
        QCOMPARE(f.together().selections()[0].selectedText(), QString("Alpha two."));
        QCOMPARE(f.together().selections()[1].selectedText(), QString("Beta"));
        f.key(Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(f.together().selections()[1].selectedText(), QString("Beta "));
        f.key(Qt::Key_Up, Qt::ShiftModifier); // back in the first one
        QVERIFY(f.together().selections().empty());
        f.key(Qt::Key_Right); // only ends it
        QVERIFY(!f.caret().hasSelection());
        f.key(Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(f.together().selections().size(), std::size_t(4));
        f.editor().toggleBold();
        for (QTextDocument* document : f.together().documents())
            QCOMPARE(marksOf(QTextCursor(document->lastBlock()).charFormat()).bold ||
                         document->lastBlock().length() == 1 ||
                         marksOf(document->lastBlock().begin().fragment().charFormat()).bold,
                     true);
        f.editor().undoEdit();
        for (QTextDocument* document : f.together().documents())
            QVERIFY(!marksOf(document->lastBlock().begin().fragment().charFormat()).bold);
    }

    void aDraftOnThePageStaysInSightFromTheOtherScenes() {
        Together f;
        QVERIFY(f.open());
        f.key(Qt::Key_Down);
        f.key(Qt::Key_Down);
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, {}, f.placeOf(f.a, 2));
        QCOMPARE(f.window->shownNode(), f.a);
        QVERIFY(f.passage());
        QVERIFY(f.passage()->view().isVisible());
        const QString before = f.of(f.b);
        f.passage()->accept();
        QCOMPARE(f.window->shownNode(), f.b);
        QVERIFY(f.of(f.b).size() > before.size());
        QCOMPARE(f.of(f.a), QString("Alpha one.\nAlpha two."));
    }

    void whatIsAddedMovedOrTrashedIsSoOnThePage() {
        Together f;
        QVERIFY(f.open());
        f.project->addNode(f.first, 1, NodeKind::Scene, "between");
        QTRY_COMPARE(f.together().nodes().size(), std::size_t(5));
        QVERIFY(f.together().nodes()[1] != f.b);
        f.window->openNode(f.c);
        QTRY_COMPARE(f.window->shownNode(), f.c);
        f.binder().edits().setTrashed({f.c}, true);
        QTRY_COMPARE(f.window->shownNode(), f.d);
        QCOMPARE(f.together().nodes().size(), std::size_t(4));
    }

    void aSceneIsSplitInTheMidstOfIt() {
        Together f;
        QVERIFY(f.open());
        f.caretTo(11);
        f.key(Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(f.together().nodes().size(), std::size_t(5));
        QTRY_COMPARE(f.of(f.a), QString("Alpha one."));
        const NodeId made = f.together().nodes()[1];
        QTRY_COMPARE(f.of(made), QString("Alpha two."));
        QCOMPARE(f.of(f.b), QString("Beta one.\nBeta two."));
    }

    void itIsThereAgainAtTheNextOpening() {
        Together f;
        QVERIFY(f.open());
        QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, {}, f.placeOf(f.c, 3));
        QCOMPARE(f.window->shownNode(), f.c);
        const QString second = f.path + ".other.palimpsest";
        QVERIFY(ProjectStore::create(second, "Other").store);
        f.window->openPath(second);
        QTRY_COMPARE(f.project->path(), second);
        QTRY_VERIFY(f.together().nodes().empty());
        f.window->openPath(f.path);
        QTRY_COMPARE(f.window->shownNode(), f.c);
        QCOMPARE(f.together().nodes(), (std::vector<NodeId>{f.a, f.b, f.c, f.d}));
        QTRY_COMPARE(f.caret().position(), 3);
        QTRY_COMPARE(f.binder().current(), f.part);
        QCOMPARE(f.window->shownNode(), f.c);
    }

    void textsAreLoadedWhenTheyComeIntoSight() {
        Together f;
        NodeId last = 0;
        {
            auto opened = ProjectStore::open(f.path);
            const NodeId chapter = *opened.store->addNode(f.part, 2, NodeKind::Chapter, "Long");
            for (int i = 0; i < 60; ++i) {
                last = *opened.store->addNode(chapter, i, NodeKind::Scene, QString("s%1").arg(i));
                if (!opened.store->saveText(last, typed(QStringList(12, "A paragraph of a few words, and more of them.")
                                                        << QString("The end of %1.").arg(i))))
                    qFatal("not saved");
            }
        }
        QVERIFY(f.ready());
        Q_EMIT f.binder().togetherAsked({f.part});
        QTRY_COMPARE(f.window->shownNode(), f.a);
        QTest::qWait(100);
        QVERIFY2(f.together().documents().size() < 20, qPrintable(QString::number(f.together().documents().size())));
        f.key(Qt::Key_End, Qt::ControlModifier);
        QTRY_COMPARE(f.window->shownNode(), last);
        QVERIFY(f.caret().atEnd());
        QVERIFY(f.editor().viewport()->rect().contains(f.editor().cursorRect()));
        QVERIFY(f.together().documents().size() < 40);
        QTest::keyClicks(&f.editor(), " Really.");
        QVERIFY(f.onDisk(last).endsWith("\nThe end of 59. Really."));
        f.key(Qt::Key_A, Qt::ControlModifier);
        QTRY_COMPARE(f.together().selections().size(), std::size_t(64));
    }

    // Each scene is written in a letter of its own, what is typed in digits.
    void whateverIsDoneNoWordLeavesItsScene() {
        Together f;
        const std::vector<NodeId> scenes{f.a, f.b, f.c, f.d};
        const auto letter = [](std::size_t scene) { return QChar('a' + char(scene)); };
        {
            auto opened = ProjectStore::open(f.path);
            for (std::size_t i = 0; i < scenes.size(); ++i)
                if (!opened.store->saveText(scenes[i], typed({QString(30, letter(i)), QString(9, letter(i))})))
                    qFatal("not saved");
        }
        QVERIFY(f.open());
        QStringList first;
        for (const NodeId scene : scenes) first << f.of(scene);
        const std::vector<Qt::Key> moves{Qt::Key_Left, Qt::Key_Right, Qt::Key_Up,     Qt::Key_Down,    Qt::Key_Home,
                                         Qt::Key_End,  Qt::Key_Up,    Qt::Key_PageUp, Qt::Key_PageDown};
        QRandomGenerator random(11);
        for (int i = 0; i < 600; ++i) {
            const Qt::Key move = moves[random.bounded(quint32(moves.size()))];
            const QPoint place(int(random.bounded(f.editor().viewport()->width())),
                               int(random.bounded(f.editor().viewport()->height())));
            switch (random.bounded(12)) {
            case 0:
            case 1: f.key(move); break;
            case 2:
            case 3: f.key(move, Qt::ShiftModifier); break;
            case 4: f.key(move, Qt::ControlModifier | (i % 2 ? Qt::ShiftModifier : Qt::NoModifier)); break;
            case 5: QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, {}, place); break;
            case 6: QTest::mouseClick(f.editor().viewport(), Qt::LeftButton, Qt::ShiftModifier, place); break;
            case 7: f.key(i % 2 ? Qt::Key_Backspace : Qt::Key_Delete); break;
            case 8: i % 2 ? f.editor().undoEdit() : f.editor().redoEdit(); break;
            case 9: f.key(Qt::Key_Return); break;
            default: QTest::keyClicks(&f.editor(), QString::number(i)); break;
            }
            for (std::size_t scene = 0; scene < scenes.size(); ++scene)
                for (const QChar each : f.of(scenes[scene]))
                    QVERIFY2(each == letter(scene) || each.isDigit() || each == u'\n', qPrintable(QString::number(i)));
        }
        QCOMPARE(f.together().nodes(), scenes);
        for (std::size_t scene = 0; scene < scenes.size(); ++scene)
            QCOMPARE(f.onDisk(scenes[scene]), f.of(scenes[scene]));
        const std::vector<QTextDocument*> documents = f.together().documents();
        for (std::size_t scene = 0; scene < scenes.size(); ++scene) {
            while (documents[scene]->isUndoAvailable()) documents[scene]->undo();
            QCOMPARE(f.of(scenes[scene]), first[int(scene)]);
        }
    }

    void theMarginIsForAllScenesInSight() {
        Together f;
        {
            auto opened = ProjectStore::open(f.path);
            SceneText text = typed({"Beta one.", "Beta two."});
            text.blocks[1].spans[0].comment = "Really?";
            if (!opened.store->saveText(f.b, text)) qFatal("not saved");
        }
        QVERIFY(f.open());
        const auto cards = [&f] { return f.editor().viewport()->findChildren<MarginCard*>(); };
        QTRY_COMPARE(cards().size(), 1);
        QCOMPARE(Annotations::of(*f.together().documents()[1]).all().size(), std::size_t(1));
        QTRY_VERIFY(std::abs(cards()[0]->y() - f.placeOf(f.b, 12).y()) < 30);
        QCOMPARE(f.window->shownNode(), f.a);
        Q_EMIT cards()[0]->pageAsked(); // back from writing in it
        QCOMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.caret().position(), 19); // behind the words
    }

    void whatIsDroppedGoesIntoTheSceneUnderTheMouse() {
        Together f;
        QVERIFY(f.open());
        QMimeData words;
        words.setText("dropped ");
        QWidget* page = f.editor().viewport();
        QDragEnterEvent enters(f.placeOf(f.c, 6), Qt::CopyAction, &words, Qt::LeftButton, {});
        QCoreApplication::sendEvent(page, &enters);
        QDropEvent drop(f.placeOf(f.c, 6), Qt::CopyAction, &words, Qt::LeftButton, {});
        QCoreApplication::sendEvent(page, &drop);
        QCOMPARE(f.of(f.c), QString("Gamma dropped one."));
        QCOMPARE(f.window->shownNode(), f.c);
        QCOMPARE(f.of(f.a), QString("Alpha one.\nAlpha two."));
    }

    void theOtherHalfMayShowOneOfItsScenes() {
        Together f;
        QVERIFY(f.open());
        Q_EMIT f.binder().besideAsked(f.b);
        QTRY_COMPARE(f.window->halves().view().toPlainText(), QString("Beta one.\nBeta two."));
        f.key(Qt::Key_Down);
        f.key(Qt::Key_Down);
        QCOMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.window->halves().other(), f.b); // the page did not go there
        QTest::keyClicks(&f.editor(), "New. ");
        QCOMPARE(f.window->halves().view().toPlainText(), f.of(f.b));
        QCOMPARE(f.together().nodes().size(), std::size_t(4));
    }

    void allAreReplacedInAllScenesAndComeBackTogether() {
        Together f;
        QVERIFY(f.open());
        f.window->findBar().open(true);
        const QList<QLineEdit*> terms = f.window->findBar().findChildren<QLineEdit*>();
        terms[0]->setText("one");
        terms[1]->setText("eins");
        for (QPushButton* button : f.window->findBar().findChildren<QPushButton*>())
            if (button->text().remove('&') == "Replace all") button->click();
        QCOMPARE(f.of(f.a), QString("Alpha eins.\nAlpha two."));
        QCOMPARE(f.of(f.c), QString("Gamma eins."));
        QCOMPARE(f.of(f.d), QString("Delta eins."));
        f.editor().undoEdit();
        QCOMPARE(f.of(f.a), QString("Alpha one.\nAlpha two."));
        QCOMPARE(f.of(f.d), QString("Delta one."));
    }

    void findGoesOnInTheNextScene() {
        Together f;
        QVERIFY(f.open());
        f.window->findBar().open(false);
        f.window->findBar().findChild<QLineEdit*>()->setText("two");
        QTRY_COMPARE(f.caret().selectedText(), QString("two"));
        QCOMPARE(f.window->shownNode(), f.a);
        f.window->findBar().goTo(false);
        QTRY_COMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.caret().selectedText(), QString("two"));
        f.window->findBar().goTo(false); // round the end
        QTRY_COMPARE(f.window->shownNode(), f.a);
        f.window->findBar().goTo(true);
        QTRY_COMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.caret().selectedText(), QString("two"));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::ContinuousTextTest)
#include "continuous_text_test.moc"

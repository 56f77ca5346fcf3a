// Two halves in the real window: a scene beside the page, and the writer going from one to the other.
#include "tests/ui/binder_fixture.h"
#include "ui/annotations/annotation_marks.h"
#include "ui/editor/split_page.h"

#include <QScrollBar>

namespace palimpsest::test {
namespace {

// The window with `a` on the page and `b` beside it, each with its words.
struct Halves : BinderFixture {
    Halves() {
        auto opened = ProjectStore::open(path);
        for (const auto& [node, words] : {std::pair(a, "alpha"), std::pair(b, "beta"), std::pair(c, "gamma")})
            if (!opened.store->saveText(node, typed({words}))) qFatal("not saved");
    }
    bool split() {
        if (!ready()) return false;
        window->openNode(a);
        if (!QTest::qWaitFor([&] { return window->shownNode() == a; })) return false;
        Q_EMIT binder().besideAsked(b);
        return QTest::qWaitFor([&] { return other() == "beta"; });
    }
    QString other() { return window->halves().view().toPlainText(); }
    void clickOther() {
        SceneEditor& view = window->halves().view();
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.cursorRect().center());
    }
    QString onDisk(NodeId node) {
        std::optional<QString> text;
        project->loadText(node, project.get(), [&](const Result<SceneText>& t) { text = t ? t->plain() : "?"; });
        return QTest::qWaitFor([&] { return text.has_value(); }) ? *text : "?";
    }
};

} // namespace

class SplitPageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aClickIntoTheOtherHalfMovesThePageThere() {
        Halves f;
        QVERIFY(f.split());
        const QList<int> sizes = f.window->halves().sizes();
        QVERIFY2(std::abs(sizes[0] - sizes[1]) < 40, qPrintable(QString("%1 %2").arg(sizes[0]).arg(sizes[1])));
        const QWidget* page = f.window->editor().parentWidget();
        const int left = page->mapToGlobal(QPoint()).x();
        f.clickOther();
        QTRY_COMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.window->halves().other(), f.a);
        QCOMPARE(f.other(), QString("alpha"));
        QTRY_VERIFY(page->mapToGlobal(QPoint()).x() > left); // it is where the click was
        f.window->editor().moveCursor(QTextCursor::End);
        QTest::keyClicks(&f.window->editor(), " two");
        QCOMPARE(f.text(), QString("beta two"));
        QCOMPARE(f.other(), QString("alpha"));
        QCOMPARE(f.onDisk(f.b), QString("beta two"));
        QCOMPARE(f.onDisk(f.a), QString("alpha"));
    }

    void choosingWhatTheOtherHalfShowsGoesThere() {
        Halves f;
        QVERIFY(f.split());
        f.window->openNode(f.b);
        QTRY_COMPARE(f.window->shownNode(), f.b);
        QCOMPARE(f.window->halves().other(), f.a);
        f.window->openNode(f.c); // the other half stays
        QTRY_COMPARE(f.window->shownNode(), f.c);
        QCOMPARE(f.window->halves().other(), f.a);
    }

    void undoInOneHalfLeavesTheOtherAlone() {
        Halves f;
        QVERIFY(f.split());
        f.window->editor().moveCursor(QTextCursor::End);
        QTest::keyClicks(&f.window->editor(), "!");
        f.clickOther();
        QTRY_COMPARE(f.window->shownNode(), f.b);
        QTest::keyClick(&f.window->editor(), Qt::Key_Z, Qt::ControlModifier); // nothing to undo here
        QCOMPARE(f.other(), QString("alpha!"));
        f.clickOther();
        QTRY_COMPARE(f.window->shownNode(), f.a);
        f.window->editor().undoEdit();
        QCOMPARE(f.text(), QString("alpha"));
    }

    void theOtherHalfClosesWithItsSceneAndIsThereAgainAtTheNextOpening() {
        Halves f;
        QVERIFY(f.split());
        const QString second = f.path + ".other.palimpsest";
        QVERIFY(ProjectStore::create(second, "Other").store);
        f.window->openPath(second);
        QTRY_COMPARE(f.window->halves().other(), NodeId(0));
        f.window->openPath(f.path);
        QTRY_COMPARE(f.window->halves().other(), f.b);
        QTRY_COMPARE(f.other(), QString("beta"));
        f.binder().edits().setTrashed({f.b}, true);
        QTRY_COMPARE(f.window->halves().other(), NodeId(0));
        QVERIFY(!f.window->halves().view().isVisible());
    }

    void theSameSceneStandsInBothHalvesEachAtItsOwnPlace() {
        Halves f;
        QVERIFY(f.split());
        Q_EMIT f.binder().besideAsked(f.a);
        QTRY_COMPARE(f.other(), QString("alpha"));
        f.window->editor().moveCursor(QTextCursor::End);
        QTest::keyClicks(&f.window->editor(), " one");
        for (int i = 0; i < 80; ++i) QTest::keyClick(&f.window->editor(), Qt::Key_Return);
        QTest::keyClicks(&f.window->editor(), "last");
        QCOMPARE(f.other(), f.text());
        f.window->editor().undoEdit();
        f.window->editor().redoEdit();
        QCOMPARE(f.other(), f.text());
        QCOMPARE(f.window->halves().view().verticalScrollBar()->value(), 0); // only the page went on
        const int scrolled = f.window->editor().verticalScrollBar()->value();
        QVERIFY(scrolled > 0);
        const SceneEditor& view = f.window->halves().view();
        const QRectF head = view.pageLayout()->blockBoundingRect(view.document()->begin());
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, head.topLeft().toPoint() + QPoint(2, 8));
        QTRY_COMPARE(f.window->halves().view().verticalScrollBar()->value(), scrolled);
        QCOMPARE(f.window->shownNode(), f.a);
        QCOMPARE(f.window->editor().verticalScrollBar()->value(), 0);
        QCOMPARE(f.window->editor().textCursor().blockNumber(), 0);
        QTest::keyClicks(&f.window->editor(), "x");
        QCOMPARE(f.other(), f.text());
        QVERIFY(f.onDisk(f.a).contains('x'));
    }

    void commentsAndFootnotesAreMarkedInTheOtherHalf() {
        Halves f;
        QVERIFY(f.split());
        Q_EMIT f.binder().besideAsked(f.a);
        QTRY_COMPARE(f.other(), QString("alpha"));
        const QTextDocument& other = *f.window->halves().view().document();
        QVERIFY(carriedMarks(other.begin()).empty());
        const auto picture = [&f] { return f.window->halves().view().grab().toImage(); };
        const QImage before = picture();
        setCarried(selected(f.window->editor().document(), 0, 5), Carried::Footnote, "A letter.");
        QCOMPARE(carriedMarks(other.begin()).size(), std::size_t(1));
        QCOMPARE(carriedMarks(other.begin()).front().number, 1);
        QTRY_VERIFY(picture() != before);
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::SplitPageTest)
#include "split_page_test.moc"

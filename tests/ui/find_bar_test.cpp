// Finding and replacing in the scene, through the bar under the page.
#include "tests/ui/window_fixture.h"
#include "ui/editor/find_bar.h"

#include <QLineEdit>
#include <QToolButton>

namespace palimpsest::test {
namespace {

template<class Widget>
Widget& named(QWidget& in, const QString& name) {
    for (Widget* each : in.findChildren<Widget*>())
        if (each->accessibleName() == name) return *each;
    qFatal("nothing is called %s", qPrintable(name));
}

int pixelsOf(const QWidget& widget, const QColor& colour) {
    const QImage image = const_cast<QWidget&>(widget).grab().toImage();
    int pixels = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) pixels += image.pixelColor(x, y) == colour;
    return pixels;
}

SceneText drafted() {
    SceneText text;
    text.blocks.push_back(
        {BlockKind::Paragraph,
         0,
         {{"The bell rang. ", {}, Provenance::Drafted, 7}, {"No bell answered.", {}, Provenance::Drafted, 7}}});
    return text;
}

} // namespace

class FindBarTest : public QObject {
    Q_OBJECT
    std::unique_ptr<WindowFixture> m_rig;

    FindBar& bar() { return m_rig->window->findBar(); }
    SceneFind& find() { return bar().find(); }
    QLineEdit& words() { return named<QLineEdit>(bar(), "Find"); }
    QString selected() { return m_rig->editor().textCursor().selectedText(); }
    int caret() { return m_rig->editor().textCursor().selectionStart(); }
    QString text() { return m_rig->text(); }
    void press(Qt::Key key, Qt::KeyboardModifiers with = {}) {
        QTest::keyClick(QApplication::focusWidget(), key, with);
    }
    void turnOn(const char* name) { named<QToolButton>(bar(), name).setChecked(true); }
    void fill(const SceneText& text) { fillDocument(*m_rig->editor().document(), text); }

private Q_SLOTS:
    void init() {
        m_rig = std::make_unique<WindowFixture>();
        QVERIFY(m_rig->ready());
        m_rig->editor().setFocus();
    }
    void cleanup() { m_rig.reset(); }

    void whatIsTypedIsFoundAtOnceAndReturnGoesOnRoundTheEnd() {
        press(Qt::Key_F, Qt::ControlModifier);
        QVERIFY(bar().isVisible() && words().hasFocus());
        QTest::keyClicks(&words(), "he");
        QCOMPARE(caret(), int(text().indexOf("he", 0, Qt::CaseInsensitive)));
        QCOMPARE(find().count(), int(text().count("he", Qt::CaseInsensitive)));
        QCOMPARE(find().selectedNumber(), 1);
        press(Qt::Key_Return);
        QCOMPARE(find().selectedNumber(), 2);
        press(Qt::Key_Return, Qt::ShiftModifier);
        press(Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(find().selectedNumber(), find().count());
        QVERIFY(find().wrapped());
        press(Qt::Key_Escape);
        QVERIFY(!bar().isVisible() && m_rig->editor().hasFocus());
        QCOMPARE(selected().toLower(), QString("he"));
    }

    void aLongerPatternStartsAgainFromWhereTheSearchBegan() {
        m_rig->caretTo(int(kParagraphs[0].size()) + 1);
        press(Qt::Key_F, Qt::ControlModifier);
        QTest::keyClicks(&words(), "s");
        QTest::keyClicks(&words(), "li");
        QCOMPARE(caret(), int(text().indexOf("slip")));
        words().setText("once");
        QCOMPARE(caret(), int(text().lastIndexOf("once")));
    }

    void everyHitIsPaintedAndTheDocumentStaysAsItWas() {
        const QColor hit = m_rig->theme->colours().found;
        QCOMPARE(pixelsOf(*m_rig->editor().viewport(), hit), 0);
        press(Qt::Key_F, Qt::ControlModifier);
        QTest::keyClicks(&words(), "once");
        QVERIFY(pixelsOf(*m_rig->editor().viewport(), hit) > 100);
        QVERIFY(!m_rig->editor().document()->isUndoAvailable());
        QVERIFY(!m_rig->editor().document()->isModified());
        press(Qt::Key_Escape);
        QCOMPARE(pixelsOf(*m_rig->editor().viewport(), hit), 0);
    }

    void theSelectionIsWhatIsSearchedFor() {
        const int at = int(text().indexOf("buoy"));
        m_rig->select(at, at + 4);
        press(Qt::Key_F, Qt::ControlModifier);
        QCOMPARE(words().text(), QString("buoy"));
        QCOMPARE(caret(), at);
    }

    void f3OnThePageGoesOnAndBack() {
        press(Qt::Key_F3);
        QVERIFY(bar().isVisible());
        QTest::keyClicks(&words(), "at");
        m_rig->editor().setFocus();
        const int first = caret();
        press(Qt::Key_F3);
        QVERIFY(caret() > first);
        press(Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(caret(), first);
        press(Qt::Key_Escape);
        QVERIFY(!bar().isVisible());
    }

    void theCountFollowsTyping() {
        press(Qt::Key_F, Qt::ControlModifier);
        QTest::keyClicks(&words(), "buoy");
        QCOMPARE(find().count(), 1);
        m_rig->editor().setFocus();
        m_rig->caretTo(0);
        QTest::keyClicks(&m_rig->editor(), "A buoy. ");
        QVERIFY(QTest::qWaitFor([&] { return find().isCounted() && find().count() == 2; }));
    }

    void replacingGoesFromHitToHit() {
        press(Qt::Key_H, Qt::ControlModifier);
        QTest::keyClicks(&words(), "once");
        QLineEdit& with = named<QLineEdit>(bar(), "Replace with");
        with.setFocus();
        QTest::keyClicks(&with, "twice");
        press(Qt::Key_Return);
        QVERIFY2(text().startsWith("She did not answer him at twice."), qPrintable(text()));
        QCOMPARE(selected(), QString("once"));
        QVERIFY(text().contains("red once"));
    }

    void replacingAllIsOneStepToUndo() {
        const QString before = text();
        press(Qt::Key_H, Qt::ControlModifier);
        turnOn("Keep the case of what is replaced");
        words().setText("she|he\\b");
        turnOn("Regular expression");
        turnOn("Whole words only");
        named<QLineEdit>(bar(), "Replace with").setText("they");
        QTest::mouseClick(&named<QPushButton>(bar(), "Replace all"), Qt::LeftButton);
        QVERIFY2(text().startsWith("They did not") && text().contains("They stood") && text().contains("those"),
                 qPrintable(text()));
        m_rig->editor().undoEdit();
        QCOMPARE(text(), before);
        QVERIFY(!m_rig->editor().document()->isUndoAvailable());
    }

    void whatReplacesADraftedWordIsTypedAndItsSentenceEdited() {
        fill(drafted());
        press(Qt::Key_H, Qt::ControlModifier);
        words().setText("bell rang");
        named<QLineEdit>(bar(), "Replace with").setText("horn blew");
        QTest::mouseClick(&named<QPushButton>(bar(), "Replace all"), Qt::LeftButton);
        const std::vector<Span> spans = readDocument(*m_rig->editor().document()).blocks[0].spans;
        QCOMPARE(spans.size(), std::size_t(4));
        QCOMPARE(spans[0].provenance, Provenance::Edited);
        QCOMPARE(spans[1].text, QString("horn blew"));
        QCOMPARE(spans[1].provenance, Provenance::Typed);
        QCOMPARE(spans[1].draft, qint64(0));
        QCOMPARE(spans[3].provenance, Provenance::Drafted);
    }

    void whatReplacesBoldIsBold() {
        SceneText bold;
        bold.blocks.push_back(
            {BlockKind::Paragraph, 0, {{"a ", {}, {}, 0}, {"bell", {true}, {}, 0}, {" x", {}, {}, 0}}});
        fill(bold);
        press(Qt::Key_H, Qt::ControlModifier);
        words().setText("bell");
        named<QLineEdit>(bar(), "Replace with").setText("horn");
        QTest::mouseClick(&named<QPushButton>(bar(), "Replace"), Qt::LeftButton);
        const std::vector<Span> spans = readDocument(*m_rig->editor().document()).blocks[0].spans;
        QCOMPARE(spans[1].text, QString("horn"));
        QVERIFY(spans[1].marks.bold);
    }

    void aBadPatternIsSaidInTheBar() {
        press(Qt::Key_F, Qt::ControlModifier);
        turnOn("Regular expression");
        QTest::keyClicks(&words(), "once(");
        QVERIFY2(find().problem().contains("goes wrong"), qPrintable(find().problem()));
        QCOMPARE(find().count(), 0);
        QTest::keyClicks(&words(), ")");
        QVERIFY(find().problem().isEmpty());
        QCOMPARE(find().count(), 2);
    }

    void rightToLeftTextIsFoundAndReplaced() {
        fill(typed({"היא לא ענתה לו מיד.", "היא עמדה."}));
        press(Qt::Key_H, Qt::ControlModifier);
        words().setText("היא");
        QCOMPARE(find().count(), 2);
        QVERIFY(pixelsOf(*m_rig->editor().viewport(), m_rig->theme->colours().found) > 50);
        named<QLineEdit>(bar(), "Replace with").setText("הוא");
        QTest::mouseClick(&named<QPushButton>(bar(), "Replace all"), Qt::LeftButton);
        QCOMPARE(text(), QString("הוא לא ענתה לו מיד.\nהוא עמדה."));
    }

    void whatAPassageHidesIsNotFound() {
        const int at = int(text().indexOf("bell"));
        m_rig->select(at, at + 9);
        m_rig->window->drafting().start(DraftKind::Rewrite);
        QVERIFY(m_rig->waitForRest());
        bar().open(false);
        words().setText("bell");
        QCOMPARE(find().count(), 0);
        words().setText("days");
        QCOMPARE(find().count(), 1);
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::FindBarTest)
#include "find_bar_test.moc"

// What the writer types, cuts and pastes, and what becomes of where words came from.
#include "tests/ui/open_page.h"

#include <QClipboard>
#include <QMimeData>
#include <QtTest>

namespace palimpsest {
namespace {

SceneText drafted() {
    SceneText text;
    text.blocks.push_back({BlockKind::Paragraph,
                           0,
                           {{"She rowed. ", {}, Provenance::Typed, 0},
                            {"The water was still. It had no colour.", {}, Provenance::Drafted, 7},
                            {" He waited.", {}, Provenance::Typed, 0}}});
    return text;
}

QString provenances(const SceneText& text) {
    QString all;
    for (const Block& block : text.blocks) {
        for (const Span& span : block.spans)
            all += QString("[%1%2]").arg(QStringList{"", "d:", "e:", "i:"}[int(span.provenance)], span.text);
        all += u'|';
    }
    return all;
}

} // namespace

class SceneEditorTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTextDocument> m_document;
    std::unique_ptr<SceneEditor> m_editor;

    void caretTo(int position) {
        QTextCursor cursor = m_editor->textCursor();
        cursor.setPosition(position);
        m_editor->setTextCursor(cursor);
    }
    void select(int begin, int end) {
        QTextCursor cursor = m_editor->textCursor();
        cursor.setPosition(begin);
        cursor.setPosition(end, QTextCursor::KeepAnchor);
        m_editor->setTextCursor(cursor);
    }
    int find(const QString& text) { return int(m_editor->toPlainText().indexOf(text)); }
    QString spans() { return provenances(readDocument(*m_document)); }

private Q_SLOTS:
    void init() { test::openPage(m_document, m_editor, drafted()); }
    void cleanup() {
        m_editor.reset();
        m_document.reset();
    }

    // "B1 text|N2 text|P text": kinds and levels of the blocks.
    QString kinds() {
        QStringList all;
        for (const Block& block : readDocument(*m_document).blocks)
            all << QString("PHQSBN").mid(int(block.kind), 1) +
                       (block.level ? QString::number(block.level) : QString()) + u' ' + block.plain();
        return all.join(u'|');
    }
    void emptyPage() { test::openPage(m_document, m_editor, {}); }
    void key(Qt::Key pressed, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(m_editor.get(), pressed, modifiers);
    }

    void aListGoesOnWithReturnAndEndsWithAnEmptyItem() {
        emptyPage();
        m_editor->toggleList(BlockKind::Numbered);
        QTest::keyClicks(m_editor.get(), "one");
        key(Qt::Key_Return);
        QTest::keyClicks(m_editor.get(), "two");
        key(Qt::Key_Return);
        key(Qt::Key_Tab);
        QTest::keyClicks(m_editor.get(), "deep");
        QCOMPARE(kinds(), QString("N1 one|N1 two|N2 deep"));
        key(Qt::Key_Return);
        key(Qt::Key_Return); // an empty one: a level up
        key(Qt::Key_Return); // and out of the list
        QTest::keyClicks(m_editor.get(), "after");
        QCOMPARE(kinds(), QString("N1 one|N1 two|N2 deep|P after"));
        QTextBlock block = m_document->begin();
        for (const int number : {1, 2, 1}) {
            QCOMPARE(listNumberOf(block), number);
            block = block.next();
        }
        while (m_document->isUndoAvailable()) m_editor->undoEdit();
        QCOMPARE(kinds(), QString());
    }

    void itemsChangeTheirLevelAndLeaveTheListByKeys() {
        test::openPage(m_document, m_editor, paragraphsOf("one\ntwo\nthree\nfour"));
        m_editor->selectAll();
        m_editor->toggleList(BlockKind::Numbered);
        caretTo(5);
        key(Qt::Key_Tab);
        QCOMPARE(kinds(), QString("N1 one|N2 two|N1 three|N1 four"));
        QCOMPARE(listNumberOf(m_document->findBlockByNumber(2)), 2); // what hangs under the first does not count
        key(Qt::Key_Backtab);
        QCOMPARE(kinds(), QString("N1 one|N1 two|N1 three|N1 four"));
        caretTo(4);
        key(Qt::Key_Backspace); // at the head of an item
        QCOMPARE(kinds(), QString("N1 one|P two|N1 three|N1 four"));
        QCOMPARE(listNumberOf(m_document->findBlockByNumber(3)), 2); // a new list
        caretTo(0);
        m_editor->toggleList(BlockKind::Bullet);
        QCOMPARE(kinds(), QString("B1 one|P two|N1 three|N1 four"));
        m_editor->toggleList(BlockKind::Bullet);
        QCOMPARE(kinds(), QString("P one|P two|N1 three|N1 four"));
    }

    void itemsStandInAndHaveTheirMarksBeforeThem() {
        test::openPage(m_document, m_editor, paragraphsOf("one\ntwo"));
        const auto left = [this](int block) {
            return m_document->findBlockByNumber(block).layout()->lineAt(0).naturalTextRect().left();
        };
        const auto marked = [this] { // anything before the text of the second paragraph
            const QRectF row = m_editor->pageLayout()->blockBoundingRect(m_document->lastBlock());
            const QImage shown = m_editor->viewport()->grab(QRectF(row.topLeft(), QSizeF(20, 20)).toRect()).toImage();
            for (int y = 0; y < shown.height(); ++y)
                for (int x = 0; x < shown.width(); ++x)
                    if (shown.pixel(x, y) != shown.pixel(0, 0)) return true;
            return false;
        };
        m_editor->pageLayout()->setColours(
            {Qt::white, Qt::white, Qt::black, Qt::gray, Qt::gray, Qt::blue, Qt::yellow, Qt::red});
        caretTo(5);
        m_editor->toggleList(BlockKind::Bullet);
        QVERIFY(left(1) > 20);
        QVERIFY(marked());
        m_editor->deepenList(1);
        QVERIFY(left(1) > 40);
        QCOMPARE(left(0), 0.0);
        m_editor->toggleList(BlockKind::Numbered);
        QVERIFY(left(1) > 40);
    }

    void textFollowsAHeadingAndASceneBreak() {
        emptyPage();
        m_editor->setBlockKind(BlockKind::Heading, 2);
        QTest::keyClicks(m_editor.get(), "Head");
        key(Qt::Key_Return);
        QTest::keyClicks(m_editor.get(), "text");
        QCOMPARE(kinds(), QString("H2 Head|P text"));
        caretTo(2);
        key(Qt::Key_Return); // in its midst both are headings
        QCOMPARE(kinds(), QString("H2 He|H2 ad|P text"));
    }

    void headingsAndListsArePastedAsThat() {
        emptyPage();
        auto* rich = new QMimeData;
        rich->setHtml("<h2>Title</h2><p>text</p><ul><li>a<ul><li>b</li></ul></li></ul><ol><li>c</li></ol>");
        QApplication::clipboard()->setMimeData(rich);
        m_editor->paste();
        QCOMPARE(kinds(), QString("H2 Title|P text|B1 a|B2 b|N1 c"));
    }

    void typingAfterADraftIsTheWritersOwn() {
        caretTo(find(" He waited"));
        QTest::keyClicks(m_editor.get(), " So");
        QCOMPARE(spans(), QString("[She rowed. ][d:The water was still. It had no colour.][ So He waited.]|"));
    }

    void typingInsideADraftMakesThatSentenceEdited() {
        caretTo(find("was still"));
        QTest::keyClicks(m_editor.get(), "ab ");
        QCOMPARE(spans(),
                 QString("[She rowed. ][e:The water ][ab ][e:was still. ][d:It had no colour.][ He waited.]|"));
    }

    void oneUndoBringsBackTheTextAndWhereItCameFrom() {
        const SceneText before = readDocument(*m_document);
        caretTo(find("was still"));
        QTest::keyClick(m_editor.get(), Qt::Key_X);
        QTest::keyClick(m_editor.get(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY2(readDocument(*m_document) == before, qPrintable(spans()));
        QVERIFY(!m_document->isUndoAvailable());
    }

    void undoingInsideADraftLeavesTheCaretThere() {
        caretTo(find("was still"));
        QTest::keyClick(m_editor.get(), Qt::Key_X);
        m_editor->undoEdit();
        QCOMPARE(m_editor->textCursor().position(), find("was still"));
    }

    void replacingASelectionInsideADraftIsTyped() {
        select(find("still"), find("still") + 5);
        QTest::keyClicks(m_editor.get(), "calm");
        QCOMPARE(spans(), QString("[She rowed. ][e:The water was ][calm][e:. ][d:It had no colour.][ He waited.]|"));
    }

    void deletingInsideADraftMakesThatSentenceEdited() {
        caretTo(find("still"));
        QTest::keyClick(m_editor.get(), Qt::Key_Delete);
        QCOMPARE(spans(), QString("[She rowed. ][e:The water was till. ][d:It had no colour.][ He waited.]|"));
    }

    void makingADraftedWordBoldDoesNotEditIt() {
        select(find("still"), find("still") + 5);
        m_editor->toggleBold();
        const SceneText text = readDocument(*m_document);
        QCOMPARE(text.blocks[0].spans.size(), std::size_t(5));
        QCOMPARE(text.blocks[0].spans[2].provenance, Provenance::Drafted);
        QVERIFY(text.blocks[0].spans[2].marks.bold);
    }

    void splittingAParagraphBetweenSentencesKeepsTheDraft() {
        caretTo(find("It had"));
        QTest::keyClick(m_editor.get(), Qt::Key_Return);
        QCOMPARE(spans(), QString("[She rowed. ][d:The water was still. ]|[d:It had no colour.][ He waited.]|"));
    }

    void whatIsPastedIsTypedWithOurMarksOnly() {
        auto* data = new QMimeData;
        data->setHtml("<p style='color:red;font-size:40px'>a <b>bold</b> <a "
                      "href='x'>link</a></p><table><tr><td>t</td></tr></table>");
        QApplication::clipboard()->setMimeData(data);
        caretTo(0);
        m_editor->paste();
        const SceneText text = readDocument(*m_document);
        QVERIFY(text.plain().startsWith("a bold link\nt"));
        QVERIFY(text.blocks[0].spans[1].marks.bold);
        for (QTextBlock block = m_document->begin(); block.isValid(); block = block.next())
            for (auto it = block.begin(); !it.atEnd(); ++it)
                QVERIFY(!it.fragment().charFormat().hasProperty(QTextFormat::ForegroundBrush));
    }

    void copiedDraftIsTypedWhereItIsPasted() {
        select(find("The water"), find(" It had"));
        m_editor->copy();
        m_editor->moveCursor(QTextCursor::End);
        m_editor->paste();
        QVERIFY2(spans().endsWith("[ He waited.The water was still.]|"), qPrintable(spans()));
    }

    void plainTextIsPastedAsParagraphs() {
        QApplication::clipboard()->setText("one\n\ntwo");
        caretTo(0);
        m_editor->paste();
        QVERIFY2(m_editor->toPlainText().startsWith("one\ntwoShe rowed."), qPrintable(m_editor->toPlainText()));
        m_editor->undoEdit();
        QVERIFY(readDocument(*m_document) == drafted());
    }

    void insertingADraftIsOneUndoStep() {
        m_editor->insertDraft(0, 0, paragraphsOf("New. ", Provenance::Drafted, 8));
        QVERIFY2(spans().startsWith("[d:New. ][She"), qPrintable(spans()));
        m_editor->undoEdit();
        QVERIFY(readDocument(*m_document) == drafted());
        QVERIFY(!m_document->isUndoAvailable());
    }

    void typingAfterAnAcceptedDraftIsAStepOfItsOwn() {
        m_editor->insertDraft(0, 0, paragraphsOf("New. ", Provenance::Drafted, 8));
        QTest::keyClicks(m_editor.get(), "abc");
        m_editor->undoEdit();
        QVERIFY2(spans().startsWith("[d:New. ][She"), qPrintable(spans()));
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::SceneEditorTest)
#include "scene_editor_test.moc"

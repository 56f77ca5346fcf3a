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

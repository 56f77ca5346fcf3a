// Comments, footnotes, links and pins on the words of a document, through everything that is done to the words.
#include "tests/ui/open_page.h"
#include "ui/annotations/annotations.h"
#include "ui/annotations/links.h"

#include <QClipboard>
#include <QRandomGenerator>
#include <QtTest>

namespace palimpsest {

class AnnotationsTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTextDocument> m_document;
    std::unique_ptr<SceneEditor> m_editor;

    void select(int begin, int end) {
        QTextCursor cursor = m_editor->textCursor();
        cursor.setPosition(begin);
        cursor.setPosition(end, QTextCursor::KeepAnchor);
        m_editor->setTextCursor(cursor);
    }
    void select(const QString& words) {
        const int begin = int(m_editor->toPlainText().indexOf(words));
        QVERIFY(begin >= 0);
        select(begin, begin + int(words.size()));
    }
    void caretBehind(const QString& words) {
        const int end = int(m_editor->toPlainText().indexOf(words) + words.size());
        select(end, end);
    }
    void hang(const QString& words, Carried kind, const QString& text) {
        select(words);
        setCarried(m_editor->textCursor(), kind, text);
    }
    void rewrite(const QString& words, const QString& draft) {
        select(words);
        const QTextCursor at = m_editor->textCursor();
        m_editor->insertDraft(at.selectionStart(), at.selectionEnd(), paragraphsOf(draft, Provenance::Drafted, 3));
    }
    const std::vector<Annotation>& all() { return Annotations::of(*m_document).all(); }
    // "[comment: words]" of every annotation.
    QString shown() {
        QString shown;
        for (const Annotation& each : all())
            shown += QString("[%1: %2]").arg(each.text, Annotations::of(*m_document).wordsOf(each).selectedText());
        return shown;
    }

private Q_SLOTS:
    void init() {
        test::openPage(m_document, m_editor,
                       paragraphsOf("She rowed the boat out.\nIt had no name.\nHe waited on the slip."));
        Annotations::of(*m_document);
    }
    void cleanup() {
        m_editor.reset();
        m_document.reset();
    }

    void aCommentIsInTheTextButNotInItsWords() {
        const QString words = modelText(readDocument(*m_document));
        hang("boat", Carried::Comment, "which one?");
        const SceneText text = readDocument(*m_document);
        QCOMPARE(text.blocks[0].spans[1].comment, QString("which one?"));
        QCOMPARE(modelText(text), words);
        QCOMPARE(reportProvenance(text).words, countWords(words));
        QCOMPARE(modelText(*m_document, 0, m_document->characterCount() - 1), words);
    }

    void hangingACommentIsOneUndoStep() {
        hang("boat out.\nIt had", Carried::Comment, "too fast");
        QCOMPARE(shown(), QString("[too fast: boat out.\u2029It had]"));
        m_editor->undoEdit();
        QCOMPARE(shown(), QString());
        QVERIFY(!m_document->isUndoAvailable());
        m_editor->redoEdit();
        QCOMPARE(all().size(), std::size_t(1));
    }

    void takingOneOffLeavesOthersOnTheSameWords() {
        hang("boat", Carried::Comment, "c");
        hang("boat", Carried::Footnote, "f");
        hang("boat", Carried::Link, "https://example.org");
        hang("boat", Carried::Pin, "1");
        QCOMPARE(all().size(), std::size_t(4));
        hang("boat", Carried::Footnote, "");
        QCOMPARE(shown(), QString("[c: boat][https://example.org: boat][1: boat]"));
    }

    void typingInsideBelongsToTheCommentAndTypingBehindItDoesNot() {
        hang("rowed the boat", Carried::Comment, "c");
        caretBehind("rowed the");
        QTest::keyClicks(m_editor.get(), " old");
        QCOMPARE(shown(), QString("[c: rowed the old boat]"));
        caretBehind("old boat");
        QTest::keyClicks(m_editor.get(), ", slowly,");
        QCOMPARE(shown(), QString("[c: rowed the old boat]"));
        caretBehind("She ");
        QTest::keyClicks(m_editor.get(), "never ");
        QCOMPARE(shown(), QString("[c: rowed the old boat]"));
    }

    void goingOnWithAWordGoesOnWithWhatHangsOnIt() {
        hang("boat", Carried::Footnote, "f");
        caretBehind("boat");
        QTest::keyClicks(m_editor.get(), "s left");
        QCOMPARE(shown(), QString("[f: boats]"));
    }

    void aCommentStaysWhenItsWordsAreTypedOver() {
        hang("boat", Carried::Comment, "c");
        select("boat");
        QTest::keyClicks(m_editor.get(), "skiff");
        QCOMPARE(m_editor->toPlainText().section('\n', 0, 0), QString("She rowed the skiff out."));
        QCOMPARE(shown(), QString("[c: skiff]"));
    }

    void cutAndPasteTakeEverythingAlong() {
        hang("boat", Carried::Comment, "c");
        hang("boat", Carried::Pin, "1");
        select("the boat");
        m_editor->cutSelection();
        QCOMPARE(shown(), QString());
        caretBehind("waited on");
        QTest::keyClicks(m_editor.get(), " ");
        m_editor->paste();
        QCOMPARE(shown(), QString("[c: boat][1: boat]"));
    }

    void aPasteIntoACommentBelongsToIt() {
        hang("rowed the boat", Carried::Comment, "c");
        QGuiApplication::clipboard()->setText("old ");
        caretBehind("the ");
        m_editor->paste();
        QCOMPARE(shown(), QString("[c: rowed the old boat]"));
    }

    void anAcceptedDraftKeepsTheCommentOfWhatItReplaces() {
        hang("It had no name.", Carried::Comment, "weak");
        rewrite("It had no name.", "Nobody had named it.");
        QCOMPARE(shown(), QString("[weak: Nobody had named it.]"));
        QCOMPARE(readDocument(*m_document).blocks[1].spans[0].provenance, Provenance::Drafted);
    }

    void aRewriteKeepsWhatHangsOnTheWordsItKeeps() {
        hang("rowed the boat", Carried::Comment, "c");
        hang("boat", Carried::Footnote, "f");
        hang("name", Carried::Pin, "1");
        rewrite("She rowed the boat out.\nIt had no name.", "Slowly she rowed the old boat away.\nIt had no name.");
        QCOMPARE(shown(), QString("[c: rowed the old boat][f: boat][1: name]"));
        QCOMPARE(m_editor->toPlainText(),
                 QString("Slowly she rowed the old boat away.\nIt had no name.\nHe waited on the slip."));
        m_editor->undoEdit();
        QCOMPARE(shown(), QString("[c: rowed the boat][f: boat][1: name]"));
    }

    void aRewriteHandsOverWhatHungOnTheWordsItReplaces() {
        hang("boat", Carried::Comment, "which one?");
        hang("no name", Carried::Pin, "1");
        hang("name", Carried::Footnote, "In the register it had.");
        rewrite("She rowed the boat out.\nIt had no name.", "She rowed the old skiff out.\nIt had lost its letters.");
        QCOMPARE(shown(),
                 QString("[which one?: old skiff][1: lost its letters][In the register it had.: its letters]"));
        m_editor->undoEdit();
        QCOMPARE(shown(), QString("[which one?: boat][1: no name][In the register it had.: name]"));
    }

    void aRewriteThatKeepsNoWordKeepsEveryCommentAtItsPlace() {
        hang("rowed", Carried::Comment, "too quiet");
        hang("out", Carried::Comment, "where to?");
        rewrite("rowed the boat out", "took nine oars seaward");
        QCOMPARE(shown(), QString("[too quiet: took][where to?: seaward]"));
        rewrite("took nine oars seaward", "left"); // both have to share a word
        QCOMPARE(shown(), QString("[too quiet\nwhere to?: left]"));
    }

    void aCommentOnWordsThatARewriteTakesOutGoesToTheWordBefore() {
        hang("boat", Carried::Comment, "which one?");
        hang("boat", Carried::Link, "https://example.org");
        hang("She", Carried::Footnote, "Marta.");
        rewrite("She rowed the boat out.", "rowed the out.");
        QCOMPARE(shown(), QString("[Marta.: rowed][which one?: the]"));
    }

    void makingWordsBoldLeavesTheCommentWhole() {
        hang("rowed the boat", Carried::Comment, "c");
        select("the");
        m_editor->toggleBold();
        QCOMPARE(shown(), QString("[c: rowed the boat]"));
    }

    void footnotesAreNumberedByPlace() {
        hang("slip", Carried::Footnote, "second");
        hang("name", Carried::Footnote, "first");
        QCOMPARE(all()[0].number, 1);
        QCOMPARE(all()[0].text, QString("first"));
        QCOMPARE(all()[1].number, 2);
    }

    void aFootnoteMakesRoomForItsNumberOnThePage() {
        const auto right = [this] {
            const QTextLine line = m_document->begin().layout()->lineAt(0);
            return line.cursorToX(int(QString("She rowed the boat").size()));
        };
        const qreal before = right();
        hang("boat", Carried::Footnote, "f");
        QVERIFY(right() > before + 3);
        QVERIFY(right() < before + 14);
        m_editor->undoEdit();
        QCOMPARE(right(), before);
    }

    void theTenthFootnoteGetsTheRoomOfTwoDigits() {
        fillDocument(*m_document, paragraphsOf("a b c d e f g h i j"));
        const QString words = "bcdefghij"; // nine
        for (const QChar word : words) hang(QString(word), Carried::Footnote, QString("on ") + word);
        const auto width = [this] { return m_document->begin().layout()->lineAt(0).naturalTextWidth(); };
        QCoreApplication::processEvents();
        const qreal nine = width();
        hang("a", Carried::Footnote, "on a"); // the last becomes the tenth
        QTRY_COMPARE(all().back().number, 10);
        const qreal digit = QFontMetricsF(footnoteFont(m_editor->pageLayout()->metrics().font)).horizontalAdvance("0");
        QTRY_VERIFY2(width() > nine + 1.8 * digit, qPrintable(QString("%1 %2 %3").arg(nine).arg(width()).arg(digit)));
    }

    void theNextOneIsFoundRoundTheEnd() {
        hang("boat", Carried::Comment, "a");
        hang("slip", Carried::Comment, "b");
        const Annotations& annotations = Annotations::of(*m_document);
        QCOMPARE(annotations.next(0, Carried::Comment, false)->text, QString("a"));
        QCOMPARE(annotations.next(all()[0].begin, Carried::Comment, false)->text, QString("b"));
        QCOMPARE(annotations.next(all()[1].begin, Carried::Comment, false)->text, QString("a"));
        QCOMPARE(annotations.next(all()[0].begin, Carried::Comment, true)->text, QString("b"));
        QVERIFY(!annotations.next(0, Carried::Link, false));
    }

    void theListIsWhatAFreshReadingGives() {
        QRandomGenerator random(7);
        int compared = 0;
        for (int i = 0; i < 300; ++i) {
            const int last = m_document->characterCount() - 1;
            const int a = int(random.bounded(last + 1)), b = int(random.bounded(last + 1));
            select(std::min(a, b), std::min(std::max(a, b), std::min(a, b) + 5));
            switch (random.bounded(8)) {
            case 0:
            case 1: setCarried(m_editor->textCursor(), Carried(random.bounded(4)), QString::number(i % 5)); break;
            case 2: setCarried(m_editor->textCursor(), Carried(random.bounded(4)), {}); break;
            case 3: m_editor->textCursor().insertText("one\ntwo"); break;
            case 4: QTest::keyClick(m_editor.get(), Qt::Key_Backspace); break;
            case 5: m_editor->undoEdit(); break;
            case 6: m_editor->redoEdit(); break;
            default: QTest::keyClicks(m_editor.get(), "x "); break;
            }
            QTextDocument fresh;
            fillDocument(fresh, readDocument(*m_document));
            if (fresh.characterCount() != m_document->characterCount()) continue; // empty ones are not stored
            compared += !all().empty();
            QVERIFY2(Annotations::of(fresh).all() == all(), qPrintable(QString("after step %1").arg(i)));
        }
        QVERIFY2(compared > 100, qPrintable(QString::number(compared)));
    }

    void onlyWebAndMailAddressesAreLinks() {
        QCOMPARE(addressFrom("example.org/a"), QUrl("https://example.org/a"));
        QCOMPARE(addressFrom(" http://example.org "), QUrl("http://example.org"));
        QCOMPARE(addressFrom("a@example.org"), QUrl("mailto:a@example.org"));
        for (const char* bad : {"", "file:///etc/passwd", "javascript:alert(1)", "smb://x/y", "two words", "https://",
                                "mailto:", "x://example.org"})
            QVERIFY2(addressFrom(bad).isEmpty(), bad);
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::AnnotationsTest)
#include "annotations_test.moc"

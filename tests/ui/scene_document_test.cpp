#include "ui/editor/scene_document.h"

#include <QRandomGenerator>
#include <QTextCursor>
#include <QtTest>

namespace palimpsest {
namespace {

SceneText everything() {
    SceneText text;
    text.blocks.push_back({BlockKind::Heading, 2, {{"The slip", {}, Provenance::Typed, 0}}});
    text.blocks.push_back({BlockKind::Paragraph,
                           0,
                           {{"Plain, ", {}, Provenance::Typed, 0},
                            {"bold", {true, false, false, false}, Provenance::Typed, 0},
                            {" and ", {}, Provenance::Drafted, 7},
                            {"all four", {true, true, true, true}, Provenance::Edited, 7},
                            {" 🌊 שלום", {}, Provenance::Imported, 0}}});
    text.blocks.push_back({BlockKind::SceneBreak, 0, {}});
    text.blocks.push_back(
        {BlockKind::Quote, 0, {{"Said the king.", {false, true, false, false}, Provenance::Drafted, 9}}});
    text.blocks.push_back({BlockKind::Paragraph, 0, {}});
    return text;
}

} // namespace

class SceneDocumentTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyMarkKindAndProvenanceComesBack() {
        QTextDocument document;
        fillDocument(document, everything());
        QVERIFY(readDocument(document) == everything());
        QVERIFY(!document.isUndoAvailable());
    }

    void anEmptySceneStaysEmpty() {
        QTextDocument document;
        fillDocument(document, {});
        QVERIFY(readDocument(document).blocks.empty());
    }

    void anEditedBlockIsReadAnew() {
        QTextDocument document;
        document.documentLayout(); // without one a document does not tell of its changes
        fillDocument(document, everything());
        connect(&document, &QTextDocument::contentsChange, this,
                [&document](int position, int, int added) { refreshBlocks(document, position, added); });
        readDocument(document);
        QTextCursor cursor(document.findBlockByNumber(3));
        cursor.insertText("X", {});
        QCOMPARE(readDocument(document).blocks[3].spans.front().text, QString("X"));
        document.undo();
        QVERIFY(readDocument(document) == everything());
    }

    void whatIsKeptOfTheBlocksIsWhatReadingAnewGives() {
        QTextDocument document;
        document.documentLayout();
        fillDocument(document, everything());
        connect(&document, &QTextDocument::contentsChange, this,
                [&document](int position, int, int added) { refreshBlocks(document, position, added); });
        QTextDocument copy; // of all that is done
        copy.documentLayout();
        fillDocument(copy, everything());
        connect(&copy, &QTextDocument::contentsChange, this,
                [&copy](int position, int, int added) { refreshBlocks(copy, position, added); });
        connect(&document, &QTextDocument::contentsChange, this,
                [&](int position, int removed, int added) { repeatEdit(document, copy, position, removed, added); });
        QRandomGenerator random(7);
        const QStringList pieces{"word", " ", "two words", "\n", "it's", "-", "x\ny\nz"};
        for (int i = 0; i < 2000; ++i) {
            QTextCursor cursor(&document);
            const int last = document.characterCount() - 1;
            cursor.setPosition(int(random.bounded(last + 1)));
            cursor.setPosition(std::min(last, cursor.position() + int(random.bounded(40))), QTextCursor::KeepAnchor);
            QTextCharFormat bold;
            bold.setFontWeight(QFont::Bold);
            switch (random.bounded(8)) {
            case 0: cursor.removeSelectedText(); break;
            case 1: cursor.mergeCharFormat(bold); break;
            case 2: cursor.setBlockFormat(blockFormatOf(BlockKind::Quote)); break;
            case 3: document.undo(); break;
            case 4: document.redo(); break;
            case 5: insertSceneText(cursor, paragraphsOf(pieces.back(), Provenance::Drafted, 3)); break;
            default: cursor.insertText(pieces[int(random.bounded(pieces.size()))]); break;
            }
            if (i % 20 != 0) continue;
            QVERIFY2(readDocument(copy) == readDocument(document), qPrintable(QString::number(i)));
            QTextCursor whole(&document);
            whole.select(QTextCursor::Document);
            const SceneText text = readSelection(whole); // from what is there, not from what is kept
            if (whole.hasSelection()) QVERIFY2(readDocument(document) == text, qPrintable(QString::number(i)));
            QCOMPARE(wordsOf(document), countWords(text.plain()));
        }
        fillDocument(document, paragraphsOf("Three words here."));
        QCOMPARE(wordsOf(document), 3);
        QVERIFY(readDocument(copy) == readDocument(document));
    }

    void insertingIsOneUndoStep() {
        QTextDocument document;
        fillDocument(document, paragraphsOf("One.\nTwo."));
        QTextCursor cursor(&document);
        cursor.setPosition(2);
        insertSceneText(cursor, paragraphsOf(" a\n\nb ", Provenance::Drafted, 3));
        QCOMPARE(document.toPlainText(), QString("On a\nb e.\nTwo."));
        document.undo();
        QCOMPARE(document.toPlainText(), QString("One.\nTwo."));
        QVERIFY(!document.isUndoAvailable());
    }

    void lineBreaksAtTheEndsOfADraftAreKept() {
        QTextDocument document;
        fillDocument(document, paragraphsOf("One."));
        QTextCursor cursor(&document);
        cursor.movePosition(QTextCursor::End);
        insertSceneText(cursor, paragraphsOf("\n\nTwo."));
        QCOMPARE(document.toPlainText(), QString("One.\nTwo."));
    }

    void windowsLineEndsPartParagraphs() { QCOMPARE(paragraphsOf("a\r\nb\rc").plain(), QString("a\nb\nc")); }

    void theModelReadsParagraphsWithAnEmptyLineBetween() {
        QTextDocument document;
        fillDocument(document, paragraphsOf("One.\nTwo.\nThree."));
        const int two = document.findBlockByNumber(1).position(), end = document.characterCount() - 1;
        QCOMPARE(modelText(document, 0, end), QString("One.\n\nTwo.\n\nThree."));
        QCOMPARE(modelText(document, 0, two), QString("One.\n\n"));
        QCOMPARE(modelText(document, two + 4, end), QString("\n\nThree."));
        QCOMPARE(modelText(document, 0, two + 2), QString("One.\n\nTw"));
    }

    void theTextBeforeAndAfterAPlaceIsTheWholeText() {
        QTextDocument document;
        fillDocument(document, paragraphsOf("One.\nTwo.\nThree."));
        const int end = document.characterCount() - 1;
        for (int at = 0; at <= end; ++at) {
            QString joined = modelText(document, 0, at) + modelText(document, at, end);
            QCOMPARE(joined.replace("\n\n\n\n", "\n\n"), QString("One.\n\nTwo.\n\nThree."));
        }
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::SceneDocumentTest)
#include "scene_document_test.moc"

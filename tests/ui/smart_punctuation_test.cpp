#include "ui/editor/smart_punctuation.h"

#include "ui/editor/scene_document.h"
#include "ui/editor/scene_editor.h"

#include <QtTest>

namespace palimpsest {

class SmartPunctuationTest : public QObject {
    Q_OBJECT
    QTextDocument m_document;
    std::unique_ptr<SceneEditor> m_editor;

    static QString typed(const QString& keys, const QString& language) {
        QString text;
        for (QChar key : keys) {
            text += key;
            if (const auto change = smartChange(text, language)) text = text.chopped(change->taken) + change->given;
        }
        return text;
    }

private Q_SLOTS:
    void whatIsTypedIsSetAsItsLanguageHasIt_data() {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("keys");
        QTest::addColumn<QString>("set");
        const auto row = [](const char* language, const char* keys, const char* set) {
            QTest::addRow("%s %s", language, keys) << language << QString::fromUtf8(keys) << QString::fromUtf8(set);
        };
        row("en_US", "\"Don't,\" she said. (\"No.\")", "“Don’t,” she said. (“No.”)");
        row("en_US", "\"'Yes' is what he said.\"", "“‘Yes’ is what he said.”");
        row("en_US", "\"I was--\" he said--\"was I?\"", "“I was—” he said—“was I?”");
        row("en_US", "Wait... no....", "Wait… no….");
        row("en_US", "the summer of '68", "the summer of ’68");
        row("en_US", "a well-known ---", "a well-known —-");
        row("en_US", "5'10\"", "5’10”");
        row("de_DE", "\"Ich hab's\", sagte er. 'So'", "„Ich hab’s“, sagte er. ‚So‘");
        row("de_DE", "ja -- nein --- doch", "ja – nein — doch");
        row("fr_FR", "\"Oui\" l'ami", "«\u202FOui\u202F» l’ami");
        row("sv_SE", "\"Ja\"", "”Ja”");
        row("pl_PL", "\"Tak\"", "„Tak”");
        row("ru_RU", "\"Да\"", "«Да»");
    }
    void whatIsTypedIsSetAsItsLanguageHasIt() {
        QFETCH(QString, language);
        QFETCH(QString, keys);
        QFETCH(QString, set);
        QCOMPARE(typed(keys, language), set);
    }

    void init() {
        fillDocument(m_document, {});
        m_document.setDocumentLayout(new PageLayout(&m_document));
        connect(&m_document, &QTextDocument::contentsChange, this,
                [this](int position, int, int added) { refreshBlocks(m_document, position, added); });
        m_editor = std::make_unique<SceneEditor>();
        m_editor->showDocument(&m_document);
        m_editor->setSmartPunctuation("en_US");
        m_editor->show();
    }
    void cleanup() {
        m_editor.reset();
        m_document.disconnect(this);
    }

    void oneUndoGivesThePlainCharacterBackAndItStays() {
        QTest::keyClicks(m_editor.get(), "so \"");
        QCOMPARE(m_editor->toPlainText(), QString("so “"));
        m_editor->undoEdit();
        QCOMPARE(m_editor->toPlainText(), QString("so \""));
        QTest::keyClicks(m_editor.get(), "x");
        QCOMPARE(m_editor->toPlainText(), QString("so \"x"));
    }

    void whatIsTypedAfterwardsIsAnUndoStepOfItsOwn() {
        QTest::keyClicks(m_editor.get(), "a--bc");
        QCOMPARE(m_editor->toPlainText(), QString("a—bc"));
        m_editor->undoEdit();
        QCOMPARE(m_editor->toPlainText(), QString("a—"));
        m_editor->undoEdit();
        QCOMPARE(m_editor->toPlainText(), QString("a--"));
    }

    void switchedOffKeysAreWhatTheyAre() {
        m_editor->setSmartPunctuation({});
        QTest::keyClicks(m_editor.get(), "\"a\"--...");
        QCOMPARE(m_editor->toPlainText(), QString("\"a\"--..."));
    }

    void theTextBehindTheCaretAndItsBoldStay() {
        SceneText text;
        text.blocks.push_back({BlockKind::Paragraph, 0, {{"Yes", {true}, {}, 0}, {" he", {}, {}, 0}}});
        fillDocument(m_document, text);
        m_editor->moveCursor(QTextCursor::Start);
        QTest::keyClicks(m_editor.get(), "\"");
        QCOMPARE(m_editor->toPlainText(), QString("“Yes he"));
        QCOMPARE(m_editor->textCursor().position(), 1);
        QVERIFY(readDocument(m_document).blocks[0].spans[0].marks.bold);
    }

    void insideADraftTheQuoteIsTypedAndTheSentenceEdited() {
        fillDocument(m_document, paragraphsOf("The bell rang.", Provenance::Drafted, 7));
        QTextCursor caret(&m_document);
        caret.setPosition(4);
        m_editor->setTextCursor(caret);
        QTest::keyClicks(m_editor.get(), "\"");
        const std::vector<Span> spans = readDocument(m_document).blocks[0].spans;
        QCOMPARE(spans.size(), std::size_t(3));
        QCOMPARE(spans[1].text, QString("“"));
        QCOMPARE(spans[1].provenance, Provenance::Typed);
        QCOMPARE(spans[0].provenance, Provenance::Edited);
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::SmartPunctuationTest)
#include "smart_punctuation_test.moc"

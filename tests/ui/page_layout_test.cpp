// Where text is on the page, and where it is while a passage stands in its midst.
#include "ui/editor/page_layout.h"
#include "ui/editor/scene_document.h"

#include <QTextLayout>
#include <QtTest>
#include <random>

namespace palimpsest {
namespace {

constexpr int kWidth = 800;
constexpr qreal kGap = 90;

std::vector<StepToken> tokensOf(const QString& text) {
    std::vector<StepToken> tokens;
    for (qsizetype at = 0; at < text.size();) {
        qsizetype end = text.indexOf(u' ', at + 1);
        if (end < 0) end = text.size();
        tokens.push_back({text.mid(at, end - at).toStdString(), 1, PositionState::Committed});
        at = end;
    }
    return tokens;
}

} // namespace

class PageLayoutTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTextDocument> m_document;
    PageLayout* m_layout = nullptr;
    PassageFlow m_flow;

    void open(const QString& plain) {
        m_document = std::make_unique<QTextDocument>();
        PageMetrics metrics;
        metrics.font.setPixelSize(19);
        m_document->setDefaultFont(metrics.font);
        fillDocument(*m_document, paragraphsOf(plain));
        m_layout = new PageLayout(m_document.get());
        m_document->setDocumentLayout(m_layout);
        m_layout->setMetrics(metrics);
        m_document->setPageSize(QSizeF(kWidth, -1));
    }
    void show(int begin, int end, const QString& passage) {
        m_flow.setWords(passageWords(tokensOf(passage)));
        m_layout->showPassage(begin, end, &m_flow, kGap);
    }
    // The middle of the character at a position, as it is painted.
    QPointF middleOf(int position) const {
        const QTextBlock block = m_document->findBlock(position);
        const int offset = position - block.position();
        const QTextLine line = block.layout()->lineForTextPosition(offset);
        const qreal x = (line.cursorToX(offset) + line.cursorToX(offset + 1)) / 2;
        return m_layout->blockBoundingRect(block).topLeft() + QPointF(x, line.y() + line.height() / 2);
    }
    int nearest(QPointF point) const { return m_layout->hitTest(point, Qt::FuzzyHit); }
    bool mapsToItself(int position) const {
        QPointF at = middleOf(position);
        at.rx() -= 0.5;
        const int hit = nearest(at);
        return hit == position || hit == position + 1;
    }
    // Keys, new paragraphs, joined ones, longer deletions, kinds, several at once, and undo of all of them.
    void editAtRandom(std::mt19937& random) {
        const auto below = [&random](int limit) { return int(random() % unsigned(std::max(1, limit))); };
        QTextCursor cursor(m_document.get());
        cursor.setPosition(below(m_document->characterCount()));
        switch (below(8)) {
        case 0: return cursor.insertBlock();
        case 1: return cursor.deletePreviousChar();
        case 2:
            cursor.setPosition(std::min(cursor.position() + below(300), m_document->characterCount() - 1),
                               QTextCursor::KeepAnchor);
            return cursor.insertText(QStringLiteral("in its place\nanother"));
        case 3: return cursor.setBlockFormat(blockFormatOf(BlockKind(below(6)), 1));
        case 4: return m_document->undo();
        case 5:
            cursor.beginEditBlock(); // as many paragraphs as before, but others
            cursor.insertBlock();
            cursor.movePosition(QTextCursor::End);
            cursor.movePosition(QTextCursor::StartOfBlock);
            cursor.deletePreviousChar();
            return cursor.endEditBlock();
        default: return cursor.insertText(QStringLiteral("a key or two "));
        }
    }
    QString longText() const {
        QString text;
        for (int paragraph = 0; paragraph < 5; ++paragraph) {
            for (int i = 0; i < 40; ++i) text += QString("first waffle %1 the ").arg(i);
            text = text.trimmed() + u'\n';
        }
        return text.trimmed();
    }

private Q_SLOTS:
    void everyVisibleCharacterIsFoundWhereItIsPainted_data() {
        QTest::addColumn<int>("begin");
        QTest::addColumn<int>("end");
        QTest::addColumn<QString>("passage");
        const int paragraph = int(longText().indexOf('\n'));
        const QString words = " The water had been so still that she could see the chain going down and down, green.";
        QTest::newRow("no passage") << -1 << -1 << QString();
        QTest::newRow("before everything") << 0 << 0 << words;
        QTest::newRow("in the midst of a paragraph") << 200 << 200 << words;
        QTest::newRow("before a space") << 5 << 5 << words;
        QTest::newRow("inside a word with a ligature") << 8 << 8 << words;
        QTest::newRow("at the end of a paragraph") << paragraph << paragraph << words;
        QTest::newRow("at the beginning of a paragraph") << paragraph + 1 << paragraph + 1 << words;
        QTest::newRow("instead of words") << 150 << 260 << words;
        QTest::newRow("instead of a space") << 5 << 6 << words;
        QTest::newRow("instead of a paragraph") << paragraph + 1 << 2 * paragraph << words;
        QTest::newRow("across paragraphs") << paragraph - 30 << 2 * paragraph + 40 << words;
        QTest::newRow("across many paragraphs") << 40 << 3 * paragraph << words;
        QTest::newRow("with paragraphs") << 200 << 260 << words + "\n\nAnd then." + words;
        QTest::newRow("one word") << 200 << 200 << QString("x");
        QTest::newRow("a word wider than the page") << 200 << 200 << QString(300, u'm');
        QTest::newRow("nothing yet") << 200 << 220 << QString();
    }
    void everyVisibleCharacterIsFoundWhereItIsPainted() {
        QFETCH(int, begin);
        QFETCH(int, end);
        QFETCH(QString, passage);
        open(longText());
        if (begin >= 0) show(begin, end, passage);
        const QString text = m_document->toPlainText();
        int checked = 0;
        for (int position = 0; position < text.size(); ++position) {
            if (text[position].isSpace() || (position >= begin && position < end)) continue;
            QVERIFY2(mapsToItself(position),
                     qPrintable(QString("character %1 is found at %2").arg(position).arg(nearest(middleOf(position)))));
            ++checked;
        }
        QVERIFY(checked > 1000);
    }

    void passageAndTextNeverOverlap_data() { everyVisibleCharacterIsFoundWhereItIsPainted_data(); }
    void passageAndTextNeverOverlap() {
        QFETCH(int, begin);
        QFETCH(int, end);
        QFETCH(QString, passage);
        if (begin < 0) return;
        open(longText());
        show(begin, end, passage);
        const QString text = m_document->toPlainText();
        for (int position = 0; position < text.size(); ++position) {
            if (text[position].isSpace() || (position >= begin && position < end)) continue;
            const QPointF at = middleOf(position) - m_layout->passageOrigin();
            for (const PassageFlow::Piece& piece : m_flow.pieces())
                QVERIFY2(!piece.rect.adjusted(1, 1, -1, -1).contains(at), qPrintable(QString::number(position)));
        }
        for (const PassageFlow::Piece& piece : m_flow.pieces())
            QVERIFY(piece.rect.left() >= -0.5 && piece.rect.right() <= m_layout->columnWidth() + 0.5);
    }

    void textUnderThePassageMovesDownByItsHeightAndTheGap() {
        open("One.\nTwo.\nThree.");
        const QRectF before = m_layout->blockBoundingRect(m_document->findBlockByNumber(1));
        show(4, 4, " More words here.");
        QCOMPARE(m_layout->blockBoundingRect(m_document->findBlockByNumber(1)).top(), before.top() + kGap);
        m_layout->removePassage();
        QCOMPARE(m_layout->blockBoundingRect(m_document->findBlockByNumber(1)), before);
    }

    void theDocumentKnowsNothingOfThePassage() {
        open(longText());
        const QString text = m_document->toPlainText();
        QSignalSpy changed(m_document.get(), &QTextDocument::contentsChanged);
        show(10, 400, "Something else.");
        m_flow.setWords(passageWords(tokensOf("Something else again.")));
        m_layout->passageChanged();
        m_layout->removePassage();
        QCOMPARE(m_document->toPlainText(), text);
        QCOMPARE(changed.count(), 0);
        QVERIFY(!m_document->isUndoAvailable());
    }

    void thePassageStaysWithItsPlaceWhenTextChangesAround() {
        open("One two three four.");
        show(8, 13, "3");
        QTextCursor cursor(m_document.get());
        cursor.insertText("Zero ");
        QCOMPARE(m_layout->passageBegin(), 13);
        QCOMPARE(m_layout->passageEnd(), 18);
        cursor.setPosition(18);
        cursor.insertText("!");
        QCOMPARE(m_layout->passageEnd(), 18);
        cursor.setPosition(13);
        cursor.insertText("?");
        QCOMPARE(m_layout->passageBegin(), 14);
        cursor.setPosition(0);
        cursor.setPosition(m_document->characterCount() - 1, QTextCursor::KeepAnchor);
        cursor.removeSelectedText();
        QCOMPARE(m_layout->passageBegin(), 0);
        QCOMPARE(m_layout->passageEnd(), 0);
    }

    void textIsLaidOutInAColumnInTheMiddle() {
        open(longText());
        QCOMPARE(std::abs(m_layout->columnLeft() * 2 + m_layout->columnWidth() - kWidth) < 2, true);
        m_document->setPageSize(QSizeF(300, -1));
        QVERIFY(m_layout->columnWidth() <= 300);
        QCOMPARE(m_layout->documentSize().width(), 300.0);
    }

    void afterAnyEditEveryParagraphStandsWhereAFreshLayoutPutsIt() {
        open(longText());
        std::mt19937 random(7);
        for (int edit = 0; edit < 400; ++edit) {
            editAtRandom(random);
            std::vector<QRectF> places;
            for (QTextBlock block = m_document->begin(); block.isValid(); block = block.next())
                places.push_back(m_layout->blockBoundingRect(block));
            const QSizeF size = m_layout->documentSize();
            m_layout->setMetrics(m_layout->metrics()); // lays all out anew
            QCOMPARE(m_layout->documentSize(), size);
            for (int i = 0; i < m_document->blockCount(); ++i)
                QCOMPARE(places[std::size_t(i)], m_layout->blockBoundingRect(m_document->findBlockByNumber(i)));
        }
    }

    void rightToLeftTextKeepsItsPlacesToo() {
        QString text;
        for (int i = 0; i < 60; ++i) text += QString::fromUtf8("שלום עולם ");
        open(text.trimmed());
        show(100, 100, QString::fromUtf8(" מים שקטים"));
        for (int position = 0; position < 400; ++position) {
            if (m_document->toPlainText()[position].isSpace()) continue;
            QVERIFY2(mapsToItself(position), qPrintable(QString::number(position)));
        }
    }

    void aParagraphOfHebrewBeginsAtTheRightEdgeOfTheColumn() {
        open(QString::fromUtf8("She wrote.\nשלום עולם."));
        const auto rectOf = [this](int number) {
            return m_document->findBlockByNumber(number).layout()->lineAt(0).naturalTextRect();
        };
        QVERIFY(rectOf(0).left() < 1);
        QVERIFY(std::abs(rectOf(1).right() - m_layout->columnWidth()) < 1);
        QVERIFY(rectOf(1).left() > m_layout->columnWidth() / 2);
        QVERIFY(middleOf(11).x() > middleOf(16).x()); // its first letter stands right of its sixth
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::PageLayoutTest)
#include "page_layout_test.moc"

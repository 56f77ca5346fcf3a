// Comments and footnotes beside the page, links and pins on it, by key and mouse, in the real window.
#include "tests/ui/window_fixture.h"
#include "ui/annotations/annotation_commands.h"
#include "ui/annotations/annotation_list.h"

#include <QDesktopServices>
#include <QInputDialog>
#include <QListWidget>

namespace palimpsest::test {

class MarginTest : public QObject {
    Q_OBJECT
    std::unique_ptr<WindowFixture> m_it;

    SceneEditor& editor() { return m_it->editor(); }
    Margin& margin() { return m_it->window->annotations().margin(); }
    const std::vector<Annotation>& all() { return Annotations::of(*editor().document()).all(); }
    void press(int key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(qApp->focusWidget() ? qApp->focusWidget() : m_it->window.get(), Qt::Key(key), modifiers);
    }
    void comment(int begin, int end, const QString& text) {
        m_it->select(begin, end);
        press(Qt::Key_M, Qt::ControlModifier | Qt::AltModifier);
        QTRY_VERIFY(qobject_cast<MarginCard*>(qApp->focusWidget()->parentWidget()));
        QTest::keyClicks(qApp->focusWidget(), text);
        press(Qt::Key_Escape);
        QTRY_VERIFY(editor().hasFocus());
    }

public Q_SLOTS:
    void opened(const QUrl& url) { m_opened << url; }

private:
    QList<QUrl> m_opened;

private Q_SLOTS:
    void init() {
        m_it = std::make_unique<WindowFixture>();
        m_it->window->resize(1440, 900);
        QVERIFY(m_it->ready());
        m_it->window->activateWindow();
        editor().setFocus();
        QTRY_VERIFY(editor().hasFocus());
    }
    void cleanup() { m_it.reset(); }

    void aCommentIsWrittenInTheMarginByKeysAndStored() {
        const qreal left = editor().pageLayout()->columnLeft();
        comment(4, 7, "Why not?");
        QCOMPARE(all().size(), std::size_t(1));
        QTRY_COMPARE(margin().cards().size(), std::size_t(1));
        QVERIFY(editor().pageLayout()->columnLeft() < left); // the margin made room
        MarginCard* card = margin().cards().front();
        QVERIFY(card->isVisible());
        QVERIFY(card->x() > editor().pageLayout()->columnLeft() + editor().pageLayout()->columnWidth());
        QVERIFY(card->geometry().right() <= editor().viewport()->width());
        QVERIFY(card->accessibleName().contains("did"));
        const SceneText text = m_it->stored();
        QCOMPARE(text.blocks[0].spans[1].comment, QString("Why not?"));
        QCOMPARE(text.blocks[0].spans[1].text, QString("did"));
    }

    void writingACommentIsOneUndoStepHoweverLongItTook() {
        m_it->select(4, 7);
        press(Qt::Key_M, Qt::ControlModifier | Qt::AltModifier);
        QTest::keyClicks(qApp->focusWidget(), "Why");
        QTRY_COMPARE(all().size(), std::size_t(1)); // stored while it is written
        QTest::keyClicks(qApp->focusWidget(), " not?");
        QTRY_COMPARE(all()[0].text, QString("Why not?"));
        press(Qt::Key_Escape);
        press(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(all().empty());
        QTRY_VERIFY(margin().cards().empty());
        QCOMPARE(m_it->text(), kParagraphs.join('\n'));
    }

    void anEmptyCommentIsNone() {
        comment(4, 7, "");
        QVERIFY(all().empty());
        QTRY_VERIFY(margin().cards().empty());
        QVERIFY(!editor().document()->isUndoAvailable());
    }

    void withoutASelectionItIsTheWordAtTheCaret() {
        m_it->caretTo(6);
        press(Qt::Key_M, Qt::ControlModifier | Qt::AltModifier);
        QTest::keyClicks(qApp->focusWidget(), "c");
        press(Qt::Key_Escape);
        QCOMPARE(all().size(), std::size_t(1));
        QCOMPARE(Annotations::of(*editor().document()).wordsOf(all()[0]).selectedText(), QString("did"));
        press(Qt::Key_M, Qt::ControlModifier | Qt::AltModifier); // again: the same one
        QTest::keyClicks(qApp->focusWidget(), "d");
        press(Qt::Key_Escape);
        QCOMPARE(all().size(), std::size_t(1));
        QCOMPARE(all()[0].text, QString("cd"));
    }

    void theTickTakesItOffAndUndoBringsItBack() {
        comment(4, 7, "c");
        QTRY_COMPARE(margin().cards().size(), std::size_t(1));
        auto* tick = margin().cards().front()->findChild<QToolButton*>();
        QVERIFY(!tick->accessibleName().isEmpty());
        QTest::mouseClick(tick, Qt::LeftButton);
        QVERIFY(all().empty());
        QTRY_VERIFY(editor().hasFocus());
        press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(all().size(), std::size_t(1));
        QTRY_COMPARE(margin().cards().size(), std::size_t(1));
    }

    void keysWalkTheComments() {
        comment(4, 7, "a");
        comment(40, 44, "b");
        m_it->caretTo(0);
        press(Qt::Key_F4);
        QCOMPARE(editor().textCursor().position(), 4);
        press(Qt::Key_F4);
        QCOMPARE(editor().textCursor().position(), 40);
        press(Qt::Key_F4, Qt::ShiftModifier);
        QCOMPARE(editor().textCursor().position(), 4);
    }

    void cardsStandUnderOneAnotherAndDoNotOverlap() {
        comment(0, 3, "First of three on one row.");
        comment(4, 7, "Second.");
        comment(8, 11, "Third, at the caret, which stands at its words.");
        QTRY_COMPARE(margin().cards().size(), std::size_t(3));
        QCoreApplication::processEvents();
        const auto cards = margin().cards();
        for (std::size_t i = 1; i < 3; ++i) QVERIFY(cards[i]->geometry().top() > cards[i - 1]->geometry().bottom());
    }

    void inANarrowWindowAMarkerOpensTheCard() {
        comment(4, 7, "Why not?");
        m_it->window->resize(1000, 700);
        QTRY_COMPARE(margin().markers().size(), std::size_t(1));
        QTRY_VERIFY(margin().cards().empty());
        QToolButton* marker = margin().markers().front();
        QVERIFY(marker->accessibleName().contains("Why not?"));
        QTest::mouseClick(marker, Qt::LeftButton);
        QTRY_COMPARE(margin().cards().size(), std::size_t(1));
        QVERIFY(margin().cards().front()->isVisible());
        QVERIFY(margin().cards().front()->geometry().right() <= editor().viewport()->width());
        press(Qt::Key_Escape);
        QTRY_VERIFY(margin().cards().empty());
    }

    void aFootnoteHasItsNumberOnItsCard() {
        m_it->select(4, 7);
        press(Qt::Key_F, Qt::ControlModifier | Qt::AltModifier);
        QTest::keyClicks(qApp->focusWidget(), "See the log.");
        press(Qt::Key_Escape);
        QCOMPARE(all().size(), std::size_t(1));
        QCOMPARE(all()[0].kind, Carried::Footnote);
        QTRY_VERIFY(margin().cards().size() == 1 && margin().cards()[0]->accessibleName().contains("Footnote 1"));
    }

    void theListGoesToAnAnnotationAndTakesItOff() {
        comment(4, 7, "a");
        comment(40, 44, "b");
        m_it->caretTo(0);
        press(Qt::Key_C, Qt::ControlModifier | Qt::AltModifier);
        auto* list = m_it->window->findChild<AnnotationList*>();
        QVERIFY(list);
        QCOMPARE(list->list().count(), 2);
        QTest::keyClick(&list->list(), Qt::Key_Delete);
        QCOMPARE(all().size(), std::size_t(1));
        QCOMPARE(list->list().count(), 1);
        QTest::keyClick(&list->list(), Qt::Key_Return);
        QCOMPARE(editor().textCursor().position(), 40);
    }

    void aLinkIsWrittenInItsDialogAndOpenedByKeyAndByCtrlClick() {
        m_it->select(4, 7);
        press(Qt::Key_U, Qt::ControlModifier | Qt::AltModifier);
        auto* dialog = m_it->window->findChild<QInputDialog*>();
        QVERIFY(dialog);
        dialog->setTextValue("example.org");
        dialog->accept();
        QCOMPARE(all().size(), std::size_t(1));
        QCOMPARE(all()[0].text, QString("https://example.org"));
        QDesktopServices::setUrlHandler("https", this, "opened");
        m_opened.clear();
        m_it->caretTo(5);
        m_it->window->activateWindow();
        press(Qt::Key_O, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(m_opened, QList<QUrl>{QUrl("https://example.org")});
        const QPoint there = editor().cursorRect().center();
        QTest::mouseClick(editor().viewport(), Qt::LeftButton, Qt::ControlModifier, there);
        QCOMPARE(m_opened.size(), 2);
        QTest::mouseClick(editor().viewport(), Qt::LeftButton, {}, there);
        QCOMPARE(m_opened.size(), 2);
        QDesktopServices::unsetUrlHandler("https");
    }

    void pinningTheSelectionIsStoredAndPinningItAgainUnpins() {
        m_it->select(0, 10);
        press(Qt::Key_I, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(all().size(), std::size_t(1));
        QCOMPARE(all()[0].kind, Carried::Pin);
        m_it->caretTo(3);
        press(Qt::Key_I, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(all().empty());
        press(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(m_it->stored().blocks[0].spans[0].pinned);
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::MarginTest)
#include "margin_test.moc"

// Focus, typewriter scrolling, the page's font and measure, and the dialog and menus that change them.
#include "tests/ui/window_fixture.h"
#include "ui/settings/app_settings.h"
#include "ui/settings/settings_dialog.h"

#include <QAction>
#include <QComboBox>
#include <QScrollBar>
#include <QSlider>
#include <QStatusBar>

namespace palimpsest::test {
namespace {

const QStringList kLong = [] {
    QStringList paragraphs;
    for (int i = 0; i < 60; ++i) paragraphs << QString("Paragraph %1 is here. It has a second sentence.").arg(i);
    return paragraphs;
}();

} // namespace

class WritingTest : public QObject {
    Q_OBJECT
    std::unique_ptr<WindowFixture> m_rig;

    Writing& writing() { return m_rig->window->writing(); }
    SceneEditor& editor() { return m_rig->editor(); }
    PageLayout& layout() { return *editor().pageLayout(); }
    void change(std::function<void(WritingChoices&)> by) {
        WritingChoices choices = writing().choices();
        by(choices);
        writing().choose(choices);
    }
    void trigger(const QKeySequence& keys) {
        for (QAction* action : m_rig->window->findChildren<QAction*>())
            if (action->shortcuts().contains(keys)) return action->trigger();
        QFAIL("no command has these keys");
    }
    // The darkest ink in a block, 0 … 255.
    int ink(int blockNumber) {
        const QRect rect = layout().blockBoundingRect(editor().document()->findBlockByNumber(blockNumber)).toRect();
        const QImage image =
            editor().viewport()->grab(rect.translated(0, -editor().verticalScrollBar()->value())).toImage();
        int darkest = 255;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) darkest = std::min(darkest, qGray(image.pixel(x, y)));
        return darkest;
    }
    int inkOf(const QString& words) {
        const int at = int(m_rig->text().indexOf(words));
        QTextCursor begin(editor().document()), end(editor().document());
        begin.setPosition(at);
        end.setPosition(at + int(words.size()));
        QRect rect = editor().cursorRect(begin).united(editor().cursorRect(end));
        const QImage image = editor().viewport()->grab(rect.adjusted(2, 0, -2, 0)).toImage();
        int darkest = 255;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) darkest = std::min(darkest, qGray(image.pixel(x, y)));
        return darkest;
    }
    void fillLong() {
        fillDocument(*editor().document(), typed(kLong));
        m_rig->caretTo(0);
    }

private Q_SLOTS:
    void init() {
        m_rig = std::make_unique<WindowFixture>();
        m_rig->theme->choose(Theme::Choice::Light);
        QVERIFY(m_rig->ready());
        writing().choose({});
        editor().setFocus();
    }
    void cleanup() { m_rig.reset(); }

    void focusOnTheParagraphDimsTheOthersAndFollowsTheCaret() {
        fillLong();
        const int full = ink(1);
        trigger(QKeySequence(Qt::SHIFT | Qt::Key_F6));
        QVERIFY(ink(0) <= full + 10);
        QVERIFY(ink(1) > full + 60);
        QTest::keyClick(&editor(), Qt::Key_Down);
        QVERIFY(ink(0) > full + 60);
        QVERIFY(ink(1) <= full + 10);
        QVERIFY(!editor().document()->isUndoAvailable());
        trigger(QKeySequence(Qt::SHIFT | Qt::Key_F6));
        QVERIFY(ink(0) <= full + 10);
    }

    void focusOnTheSentenceDimsTheRestOfItsParagraph() {
        fillLong();
        const int full = inkOf("0 is here");
        trigger(QKeySequence(Qt::Key_F6));
        QVERIFY(inkOf("0 is here") <= full + 10);
        QVERIFY(inkOf("It has") > full + 60);
        m_rig->caretTo(int(m_rig->text().indexOf("has a")));
        QVERIFY(inkOf("0 is here") > full + 60);
        QVERIFY(inkOf("It has") <= full + 10);
        editor().moveCursor(QTextCursor::EndOfBlock); // behind the last sentence one is still in it
        QVERIFY(inkOf("It has") <= full + 10);
    }

    void oneFocusTakesTheOtherOff() {
        trigger(QKeySequence(Qt::Key_F6));
        QCOMPARE(writing().choices().focus, FocusOn::Sentence);
        trigger(QKeySequence(Qt::SHIFT | Qt::Key_F6));
        QCOMPARE(writing().choices().focus, FocusOn::Paragraph);
        trigger(QKeySequence(Qt::SHIFT | Qt::Key_F6));
        QCOMPARE(writing().choices().focus, FocusOn::Everything);
    }

    void theTypewriterKeepsTheRowWhereItIsAlsoAtTheEndOfTheText() {
        fillLong();
        trigger(QKeySequence(Qt::Key_F8));
        editor().moveCursor(QTextCursor::End);
        const int height = editor().cursorRect().center().y();
        QVERIFY(std::abs(height - editor().viewport()->height() * 0.45) < 30);
        QTest::keyClick(&editor(), Qt::Key_Return);
        QTest::keyClicks(&editor(), "More.");
        QVERIFY(std::abs(editor().cursorRect().center().y() - height) <= 2);
        for (int i = 0; i < 10; ++i) QTest::keyClick(&editor(), Qt::Key_Up);
        QVERIFY(std::abs(editor().cursorRect().center().y() - height) <= 2);
    }

    void aClickDoesNotScrollTheTypewriter() {
        fillLong();
        trigger(QKeySequence(Qt::Key_F8));
        m_rig->caretTo(int(m_rig->text().indexOf("Paragraph 30")));
        const int before = editor().verticalScrollBar()->value();
        QTest::mouseClick(editor().viewport(), Qt::LeftButton, {}, QPoint(editor().viewport()->width() / 2, 40));
        QCOMPARE(editor().verticalScrollBar()->value(), before);
    }

    void theMeasureAndTheFontOfThePageAreTheWriters() {
        const qreal width = layout().columnWidth();
        change([](WritingChoices& c) { c.characters = 44; });
        QCOMPARE(layout().columnWidth(), width * 44 / 66);
        change([](WritingChoices& c) { c.lineHeight = 2; });
        QCOMPARE(layout().metrics().pitch, 38.0);
        change([](WritingChoices& c) { c.family = "DejaVu Sans"; });
        QCOMPARE(QFontInfo(editor().document()->defaultFont()).family(), QString("DejaVu Sans"));
        trigger(QKeySequence(Qt::CTRL | Qt::Key_Plus));
        QCOMPARE(layout().metrics().font.pixelSize(), 20);
        trigger(QKeySequence(Qt::CTRL | Qt::Key_0));
        QCOMPARE(layout().metrics().font.pixelSize(), 19);
    }

    void whatWasChosenIsRememberedAndNonsenseIsBroughtIntoRange() {
        change([](WritingChoices& c) {
            c.focus = FocusOn::Sentence;
            c.pixels = 24;
            c.lineHeight = 99;
        });
        const Writing again;
        QCOMPARE(again.choices().focus, FocusOn::Sentence);
        QCOMPARE(again.choices().pixels, 24);
        QCOMPARE(again.choices().lineHeight, WritingChoices::kMostLineHeight);
    }

    void theSettingsTakeEffectAsTheyAreChangedAndFollowTheMenus() {
        trigger(QKeySequence(Qt::CTRL | Qt::Key_Comma));
        auto* dialog = m_rig->window->findChild<SettingsDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        const auto slider = [dialog](const QString& name) {
            for (QSlider* each : dialog->findChildren<QSlider*>())
                if (each->accessibleName() == name) return each;
            return static_cast<QSlider*>(nullptr);
        };
        slider("Size")->setValue(26);
        QCOMPARE(layout().metrics().font.pixelSize(), 26);
        trigger(QKeySequence(Qt::CTRL | Qt::Key_Minus));
        QCOMPARE(slider("Size")->value(), 25);
        for (QWidget* widget : dialog->findChildren<QWidget*>())
            if (widget->focusPolicy() != Qt::NoFocus && !widget->objectName().startsWith("qt_") &&
                widget->parentWidget() == dialog)
                QVERIFY2(!widget->accessibleName().isEmpty(), widget->metaObject()->className());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QVERIFY(QTest::qWaitFor([&] { return !m_rig->window->findChild<SettingsDialog*>(); }));
    }

    void fullScreenShowsThePageAlone() {
        trigger(QKeySequence(Qt::Key_F11));
        QVERIFY(QTest::qWaitFor([&] { return m_rig->window->isFullScreen(); }));
        QVERIFY(!m_rig->window->binder().isVisible());
        QVERIFY(!m_rig->window->panel().isVisible());
        QVERIFY(!m_rig->window->statusBar()->isVisible());
        QVERIFY(QTest::qWaitFor([&] { return editor().size() == m_rig->window->size(); }));
        trigger(QKeySequence(Qt::Key_F11));
        QVERIFY(QTest::qWaitFor([&] { return m_rig->window->binder().isVisible(); }));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::WritingTest)
#include "writing_test.moc"

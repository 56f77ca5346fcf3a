// Lines of text where there may be no room: cut off in their own direction, at the side the control reads from.
#include "ui/editor/passage_flow.h"
#include "ui/search/hit_list.h"
#include "ui/widgets/draft_card.h"
#include "ui/widgets/line_of_text.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QtTest>

namespace palimpsest {
namespace {

const QString kHebrew = QStringLiteral("\u05E9\u05DC\u05D5\u05DD \u05E2\u05D5\u05DC\u05DD");

// From the first to the last column that holds the colour, or one as dark but for `near`: letters have soft edges.
std::pair<int, int> columnsOf(const QImage& image, const QColor& colour, int near = 0) {
    const auto isIt = [&](const QColor& pixel) {
        return near > 0 ? std::abs(pixel.lightness() - colour.lightness()) <= near : pixel == colour;
    };
    std::pair<int, int> found{image.width(), -1};
    for (int x = 0; x < image.width(); ++x)
        for (int y = 0; y < image.height(); ++y)
            if (isIt(image.pixelColor(x, y))) found = {std::min(found.first, x), x};
    return found;
}

std::pair<int, int> inkOf(const QString& text, Qt::LayoutDirection direction, int width = 300) {
    QImage image(width, 30, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    painter.setLayoutDirection(direction); // as a widget's is
    painter.setPen(Qt::black);
    drawLineOfText(painter, image.rect(), text, direction, Qt::AlignLeading | Qt::AlignVCenter);
    painter.end();
    return columnsOf(image, Qt::black, 120);
}

} // namespace

class LineOfTextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aLineStandsWhereItsControlReadsFromWhateverItSays() {
        for (const QString& text : {QString("A title"), kHebrew}) {
            const auto [left, leftEnd] = inkOf(text, Qt::LeftToRight);
            QVERIFY2(left < 8 && leftEnd < 150, qPrintable(text));
            const auto [right, rightEnd] = inkOf(text, Qt::RightToLeft);
            QVERIFY2(rightEnd > 290 && right > 150, qPrintable(text));
        }
    }

    void aLabelGivesWayAndSaysTheRestInATip() {
        QWidget window;
        auto* row = new QHBoxLayout(&window);
        auto* label = new LineLabel("What stands behind the clock of the post office on the island", &window);
        row->addWidget(label);
        window.resize(120, 40);
        window.show();
        QCOMPARE(window.width(), 120);
        QCOMPARE(label->toolTip(), label->text());
        window.resize(900, 40);
        QTRY_VERIFY(label->toolTip().isEmpty());
    }

    void quotationMarksAreNotDoubled() {
        QCOMPARE(withoutQuotes(u"“They say,” he said"), QString("They say,” he said"));
        QCOMPARE(withoutQuotes(u"«Oui.»"), QString("Oui."));
        QCOMPARE(withoutQuotes(u"” "), QString());
        QCOMPARE(withoutQuotes(u"don’t"), QString("don’t"));
    }

    void onlyWhatReadsTheOtherWayIsIsolated() {
        QCOMPARE(isolated("Anders", Qt::LeftToRight), QString("Anders"));
        QCOMPARE(isolated(kHebrew, Qt::RightToLeft), kHebrew);
        QCOMPARE(isolated(kHebrew, Qt::LeftToRight).size(), kHebrew.size() + 2);
    }

    void aDraftOfHebrewBeginsAtTheRightEndOfItsRow() {
        PassageFlow flow;
        flow.setWords(passageWords({{kHebrew.toStdString(), 1, PositionState::Committed}}));
        flow.flow(0, 500, true);
        QVERIFY(flow.pieces().front().rect.right() > 498);
        flow.flow(120, 500, true); // behind text that takes up the row so far
        QVERIFY(std::abs(flow.pieces().front().rect.right() - 380) < 2);
    }

    void aHitIsSeenWholeHoweverNarrowTheList() {
        Theme theme(*qApp);
        theme.choose(Theme::Choice::Light);
        for (const QString& word : {QString("lantern"), QString(kHebrew.left(4))}) {
            HitList list(theme, nullptr);
            const bool hebrew = word.isRightToLeft();
            const QString before = (hebrew ? kHebrew + ' ' : QString("slowly over a ")).repeated(3);
            list.setScenes(
                {{1, "A scene", {{0, before + word + before, {before.size(), before.size() + word.size()}}}}});
            list.setPreview([&](const PickedHit&) { return word; });
            list.resize(hebrew ? 170 : 210, 120);
            list.show();
            const QImage image = list.grab().toImage();
            const auto [from, to] = columnsOf(image, theme.colours().selection);
            QVERIFY2(to > from + 15, qPrintable(word));
            QVERIFY2(hebrew ? from > 40 : to < image.width() - 40, qPrintable(word)); // and what replaces it
        }
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::LineOfTextTest)
#include "line_of_text_test.moc"

// The lists of statuses and labels, edited in the real window.
#include "tests/ui/binder_fixture.h"
#include "ui/outline/markers_dialog.h"

#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>

namespace palimpsest::test {
namespace {

QPushButton* button(const QWidget& in, const QString& name) {
    for (auto* each : in.findChildren<QPushButton*>())
        if (each->accessibleName() == name) return each;
    return nullptr;
}

QStringList names(const BinderFixture& f, Marker::Family family) {
    QStringList names;
    for (const Marker& marker : f.project->markers())
        if (marker.family == family) names << marker.name;
    return names;
}

void pick(QComboBox& box, int index) {
    box.setCurrentIndex(index);
    Q_EMIT box.activated(index);
}

} // namespace

class MarkersDialogTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsChangedBeforeOk() {
        BinderFixture f;
        QVERIFY(f.ready());
        const std::vector<Marker> before = f.project->markers();
        MarkersDialog dialog(*f.project, f.window.get());
        dialog.list(Marker::Family::Status).item(0)->setText("Idea");
        button(dialog, "Remove from Labels")->click();
        dialog.reject();
        QTest::qWait(50);
        QVERIFY(f.project->markers() == before);
    }

    void aStatusIsRenamedMovedPaintedAndAdded() {
        BinderFixture f;
        QVERIFY(f.ready());
        MarkersDialog dialog(*f.project, f.window.get());
        QListWidget& list = dialog.list(Marker::Family::Status);
        QCOMPARE(list.count(), 4);
        list.setCurrentRow(1);
        list.item(1)->setText("  Rough   draft ");
        list.item(2)->setText(" "); // no name: the old one comes back
        QCOMPARE(list.item(2)->text(), QString("Revised"));
        pick(*dialog.findChildren<QComboBox*>()[0], int(MarkerShape::Star));
        pick(*dialog.findChildren<QComboBox*>()[1], 5); // blue
        button(dialog, "Up in Statuses")->click();
        button(dialog, "Add to Statuses")->click();
        list.item(4)->setText("At the editor's");
        dialog.accept();
        QTRY_COMPARE(names(f, Marker::Family::Status),
                     QStringList({"Rough draft", "To do", "Revised", "Done", "At the editor's"}));
        const Marker first = f.project->markers().front();
        QVERIFY(first.shape == MarkerShape::Star && first.colour == 0x0072B2);
        QCOMPARE(names(f, Marker::Family::Label).size(), 4);
    }

    void whatIsRemovedIsTakenOffAndTheWriterToldSo() {
        BinderFixture f;
        QVERIFY(f.ready());
        const MarkerId removed = f.project->markers().front().id;
        f.binder().edits().setMarker({f.a, f.b}, Marker::Family::Status, removed);
        MarkersDialog dialog(*f.project, f.window.get());
        button(dialog, "Remove from Statuses")->click();
        bool told = false;
        for (const QLabel* label : dialog.findChildren<QLabel*>()) told |= label->text().startsWith("2 items");
        QVERIFY(told);
        dialog.accept();
        QTRY_VERIFY(!f.project->marker(removed));
        QTRY_COMPARE(f.project->node(f.a)->status, MarkerId(0));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::MarkersDialogTest)
#include "markers_dialog_test.moc"

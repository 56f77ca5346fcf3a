// The project's lists of statuses and labels: names, order, colours and shapes.
//
// UI thread. Nothing is changed before OK; then the lists are stored whole, and a marker that was removed is taken off
// every scene that had it.
#pragma once

#include "app/services/project_service.h"

#include <QDialog>
#include <array>

class QLabel;
class QListWidget;
class QPushButton;
class QVBoxLayout;

namespace palimpsest {

class ChoiceBox;

class MarkersDialog : public QDialog {
    Q_OBJECT
public:
    MarkersDialog(ProjectService& project, QWidget* parent); // `project` must outlive it

    QListWidget& list(Marker::Family family) const { return *m_sides[std::size_t(family)].list; }
    void accept() override;

private:
    struct Side { // of one family; the markers by row
        QListWidget* list = nullptr;
        std::vector<Marker> markers;
    };
    QVBoxLayout* buildSide(Marker::Family family, const QString& title);
    QLayout* buildLooks();
    QPushButton* addButton(const QString& text, const QString& name, std::function<void()> act);
    void show(Side& side, int row);
    void choose(Marker::Family family);
    void addMarker(Marker::Family family);
    void removeMarker(Marker::Family family);
    void moveMarker(Marker::Family family, int by);
    void onRenamed(Side& side, int row);
    void setColour(QRgb colour);
    void askForColour();
    void sayRemoved();
    Marker* current();

    ProjectService& m_project;
    std::array<Side, 2> m_sides;
    Marker::Family m_chosen = Marker::Family::Status; // the list that shape and colour speak of
    ChoiceBox *m_shape, *m_colour;
    QLabel* m_says;
    bool m_filling = false;
};

} // namespace palimpsest

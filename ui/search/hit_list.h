// The hits of a search of the project by scene: each with the words around it, what it would be replaced by, and a tick.
//
// UI thread. Knows nothing of the project but what it is given.
#pragma once

#include "app/services/replace_hits.h"
#include "ui/theme/theme.h"

#include <QTreeWidget>
#include <map>
#include <vector>

namespace palimpsest {

class HitList : public QTreeWidget {
    Q_OBJECT
public:
    struct Scene {
        qint64 node = 0;
        QString title;
        std::vector<PickedHit> hits; // in order
    };

    HitList(const Theme& theme, QWidget* parent);

    void setScenes(std::vector<Scene> scenes); // all ticked, the first one current
    // What comes in the place of every hit, in the order given; empty: nothing is replaced.
    void setPreview(const std::function<QString(const PickedHit&)>& words);

    int count() const;
    int tickedCount() const;
    std::map<qint64, std::vector<PickedHit>> ticked() const;
    // Of the row, or of the first one below a scene's.
    const PickedHit* hitOf(const QTreeWidgetItem* item) const;
    qint64 nodeOf(const QTreeWidgetItem* item) const;

Q_SIGNALS:
    void hitChosen(qint64 node, const palimpsest::PickedHit& hit);
    void tickedChanged();

private:
    void addScene(std::size_t index);

    std::vector<Scene> m_scenes;
    bool m_filling = false;
};

} // namespace palimpsest

// The thread behind ProjectService: owns the store, does what it is told in the order it is told.
#pragma once

#include "app/storage/project_store.h"

#include <QHash>
#include <QObject>
#include <map>
#include <memory>

namespace palimpsest {

// What an opened project is made of, for the mirror in the UI thread.
struct ProjectImage {
    OpenOutcome outcome = OpenOutcome::Current;
    QString sentence;
    QString path, title;
    std::vector<Node> nodes;
    std::vector<Marker> markers;
    QHash<QString, QString> settings;
    bool usable = false;                  // false: refused
    std::vector<NodeId> rescued;          // see takeOverRescued()
    std::optional<QDateTime> newerBackup; // see ProjectStore::newerBackup()
};

using UnsavedTexts = std::map<NodeId, SceneText>;

// Every function runs on the worker's thread and blocks it.
class ProjectWorker : public QObject {
    Q_OBJECT
public:
    // Opened or made, but not yet in use: adopt() of the same ticket follows for every usable image.
    ProjectImage prepare(int ticket, const QString& path);
    ProjectImage prepareNew(int ticket, const QString& path, const QString& title);

    // Closes the present project, having saved `last` into it, and goes over to the prepared one. Returns a sentence
    // when a text could only be saved elsewhere.
    QString adopt(int ticket, const UnsavedTexts& last);
    QString close(const UnsavedTexts& last);

    ProjectStore* store() { return m_store.get(); } // null: none is open

private:
    ProjectImage image(int ticket, ProjectStore::Opened opened);

    std::unique_ptr<ProjectStore> m_store;
    std::map<int, std::unique_ptr<ProjectStore>> m_prepared; // by ticket
};

} // namespace palimpsest

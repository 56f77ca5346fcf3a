// The language the open project is written in: of its spelling and its punctuation.
//
// UI thread. Kept in the project. One that has none yet, as a new one, takes the application's and keeps that.
#pragma once

#include "app/services/project_service.h"
#include "ui/settings/writing.h"

namespace palimpsest {

class ProjectLanguage : public QObject {
    Q_OBJECT
public:
    // Both must outlive it.
    ProjectLanguage(ProjectService& project, const Writing& writing, QObject* parent = nullptr);

    // As in "en_US"; empty: none, nothing is checked. While no project is open, the application's.
    QString code() const;
    bool isOfProject() const { return m_project.isOpen(); }
    void choose(const QString& code); // for the open project; stored at once

Q_SIGNALS:
    void changed(); // also: another project was opened

private:
    void onOpened();

    ProjectService& m_project;
    const Writing& m_writing;
};

} // namespace palimpsest

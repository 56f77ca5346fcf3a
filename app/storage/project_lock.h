// The right to write one project file, held by one program at a time.
//
// A file `.<name>.lock` beside the project names the holder (pid, host, boot id) and is locked with flock(), which the
// system releases when the holder dies: a lock file left behind by a crash or a power cut is taken over. One written
// on another computer (a shared folder) cannot be checked from here and is respected.
#pragma once

#include "engine/base/result.h"

#include <QString>

namespace palimpsest {

class ProjectLock {
public:
    // Does not wait. Errors: Locked (the sentence names the holder), Io, Full.
    static Result<ProjectLock> acquire(const QString& projectPath);

    ProjectLock(ProjectLock&& other) noexcept;
    ProjectLock& operator=(ProjectLock&& other) noexcept;
    ~ProjectLock(); // releases: removes the lock file

private:
    ProjectLock(QString path, int descriptor) : m_path(std::move(path)), m_descriptor(descriptor) {}
    QString m_path;
    int m_descriptor = -1;
};

} // namespace palimpsest

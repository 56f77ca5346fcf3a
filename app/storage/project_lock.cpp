#include "app/storage/project_lock.h"

#include <QFile>
#include <QFileInfo>
#include <QList>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palimpsest {
namespace {

constexpr int kAttempts = 8; // each lost race means that another program went through; more than a few is a fault

struct Holder {
    qint64 pid = 0;
    QByteArray host, boot;
};

QByteArray thisHost() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? QByteArray(name) : QByteArray();
}

QByteArray thisBoot() {
    QFile file(QStringLiteral("/proc/sys/kernel/random/boot_id"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed() : QByteArray();
}

QByteArray ourLine() {
    return QByteArray::number(qint64(::getpid())) + '\n' + thisHost() + '\n' + thisBoot() + '\n';
}

Holder readHolder(int descriptor) {
    char bytes[1024] = {};
    const ssize_t size = ::pread(descriptor, bytes, sizeof bytes - 1, 0);
    const QList<QByteArray> lines = QByteArray(bytes, size > 0 ? int(size) : 0).split('\n');
    if (lines.size() < 3) return {};
    return {lines[0].toLongLong(), lines[1], lines[2]};
}

Error lockedBy(const Holder& holder, const QString& lockPath) {
    if (holder.pid == 0)
        return {ErrorCode::Locked, "This project is open in another Palimpsest: close it there first."};
    const std::string pid = std::to_string(holder.pid);
    if (holder.host == thisHost())
        return {ErrorCode::Locked, "This project is already open in another window of Palimpsest (process " + pid +
                                       "): go on there, or close it first."};
    return {ErrorCode::Locked, "This project is open on the computer \"" + holder.host.toStdString() + "\" (process " +
                                   pid + "): close it there, or, if it is not running there, remove " +
                                   lockPath.toStdString() + "."};
}

Error systemError(const char* what, const QString& path, int code) {
    const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    return {full ? ErrorCode::Full : ErrorCode::Io,
            std::string(what) + " " + path.toStdString() + ": " + std::strerror(code) + "."};
}

// Where flock() does not work (some network folders), only the contents can tell.
bool holderLives(const Holder& holder) {
    return holder.host == thisHost() && holder.boot == thisBoot() && holder.pid > 0 && holder.pid != ::getpid() &&
           (::kill(pid_t(holder.pid), 0) == 0 || errno == EPERM);
}

// The path still leads to the file we locked: its last holder did not remove it in between.
bool stillThere(int descriptor, const QByteArray& path) {
    struct stat ours {
    }, there{};
    return ::fstat(descriptor, &ours) == 0 && ::stat(path.constData(), &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

} // namespace

Result<ProjectLock> ProjectLock::acquire(const QString& projectPath) {
    const QFileInfo project(projectPath);
    const QString path = project.absolutePath() + QStringLiteral("/.") + project.fileName() + QStringLiteral(".lock");
    const QByteArray name = QFile::encodeName(path);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const int descriptor = ::open(name.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (descriptor < 0) return systemError("The project cannot be locked for writing in", path, errno);
        ProjectLock lock({}, descriptor); // no path yet: letting go must not remove somebody else's file
        const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
        const bool held = !locked && errno == EWOULDBLOCK;
        const Holder holder = readHolder(descriptor);
        const bool elsewhere = !holder.host.isEmpty() && holder.host != thisHost();
        if (held || elsewhere || (!locked && holderLives(holder))) return lockedBy(holder, path);
        if (!stillThere(descriptor, name)) continue;
        lock.m_path = path;
        const QByteArray line = ourLine();
        if (::ftruncate(descriptor, 0) != 0 ||
            ::pwrite(descriptor, line.constData(), size_t(line.size()), 0) != line.size())
            return systemError("The project cannot be locked for writing in", path, errno);
        return lock;
    }
    return Error{ErrorCode::Locked, "Another program keeps opening and closing this project: try again in a moment."};
}

ProjectLock::ProjectLock(ProjectLock&& other) noexcept
    : m_path(std::move(other.m_path)), m_descriptor(std::exchange(other.m_descriptor, -1)) {}

ProjectLock& ProjectLock::operator=(ProjectLock&& other) noexcept {
    std::swap(m_path, other.m_path);
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

ProjectLock::~ProjectLock() {
    if (m_descriptor < 0) return;
    if (!m_path.isEmpty()) ::unlink(QFile::encodeName(m_path).constData()); // before letting go: ours until then
    ::close(m_descriptor);
}

} // namespace palimpsest

#include "app/storage/backups.h"

#include "app/storage/connection.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <spdlog/spdlog.h>

namespace palimpsest {
namespace {

// `<stem> 2026-11-24 18.05.09 r00000152.palimpsest`: sorts by age, and says which revision it holds.
const QString kPattern = QStringLiteral("* r[0-9]*.palimpsest");

QString folderOf(const QString& projectPath) {
    return projectPath + QStringLiteral(".backups");
}

QStringList backupsOf(const QString& projectPath) { // oldest first
    return QDir(folderOf(projectPath)).entryList({kPattern}, QDir::Files, QDir::Name);
}

QString nameFor(const QString& projectPath, const QString& what) {
    return QFileInfo(projectPath).completeBaseName() + u' ' +
           QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyy-MM-dd HH.mm.ss")) + u' ' + what +
           QStringLiteral(".palimpsest");
}

} // namespace

Result<void> copyProject(SQLite::Database& project, const QString& folder, const QString& name) {
    if (!QDir().mkpath(folder))
        return Error{ErrorCode::Io, "The folder " + folder.toStdString() + " could not be made."};
    const QString target = folder + u'/' + name;
    const QString unfinished = target + QStringLiteral(".part");
    QFile::remove(unfinished);
    auto copied = guarded(&project, [&]() -> Result<void> {
        SQLite::Database copy(unfinished.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Backup(copy, project).executeStep(-1);
        // The copy of a file with a log beside it would want one too.
        SQLite::Statement(copy, "PRAGMA journal_mode = DELETE").executeStep();
        return {};
    });
    if (copied.ok() && !QFile::rename(unfinished, target))
        copied = Error{ErrorCode::Io, "The file " + target.toStdString() + " could not be written."};
    if (!copied) QFile::remove(unfinished);
    return copied;
}

Result<void> backUp(SQLite::Database& project, const QString& projectPath, qint64 revision) {
    if (revision == 0) return {}; // nothing was ever written in it
    const QString folder = folderOf(projectPath);
    QStringList kept = backupsOf(projectPath);
    const QString mark = QStringLiteral("r%1").arg(revision, 8, 10, QChar(u'0'));
    // Otherwise opening a project ten times would push every older state out.
    if (!kept.isEmpty() && kept.last().endsWith(u' ' + mark + QStringLiteral(".palimpsest"))) return {};
    auto copied = copyProject(project, folder, nameFor(projectPath, mark));
    if (!copied) return copied;
    kept = backupsOf(projectPath);
    for (qsizetype i = 0; i + kKeptBackups < kept.size(); ++i)
        if (!QFile::remove(folder + u'/' + kept[i])) spdlog::warn("an old backup stays: {}", kept[i].toStdString());
    return {};
}

Result<void> backUpBeforeUpgrade(SQLite::Database& project, const QString& projectPath, int version) {
    return copyProject(project, folderOf(projectPath),
                       nameFor(projectPath, QStringLiteral("before upgrade from format %1").arg(version)));
}

QString newestBackup(const QString& projectPath) {
    const QStringList kept = backupsOf(projectPath);
    return kept.isEmpty() ? QString() : folderOf(projectPath) + u'/' + kept.last();
}

} // namespace palimpsest

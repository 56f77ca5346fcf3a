#include "app/storage/backups.h"

#include "app/storage/connection.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>
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

const QString kTimeFormat = QStringLiteral("yyyy-MM-dd HH.mm.ss");

// The time and revision in a name; invalid when somebody else named it.
BackupFile readName(const QString& name) {
    static const QRegularExpression pattern(
        QStringLiteral("(\\d{4}-\\d\\d-\\d\\d \\d\\d\\.\\d\\d\\.\\d\\d) r(\\d+)\\.palimpsest$"));
    const auto match = pattern.match(name);
    QDateTime made = QDateTime::fromString(match.captured(1), kTimeFormat);
    made.setTimeSpec(Qt::UTC);
    return {name, made, match.captured(2).toLongLong()};
}

QString nameFor(const QString& projectPath, const QString& what) {
    QDateTime time = QDateTime::currentDateTimeUtc();
    const QStringList kept = backupsOf(projectPath);
    const QDateTime newest = kept.isEmpty() ? QDateTime() : readName(kept.last()).made;
    if (newest.isValid() && newest >= time) time = newest.addSecs(1); // the clock was set back
    return QFileInfo(projectPath).completeBaseName() + u' ' + time.toString(kTimeFormat) + u' ' + what +
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
    for (const QString& name : unneededBackups(backupsOf(projectPath)))
        if (!QFile::remove(folder + u'/' + name)) spdlog::warn("an old backup stays: {}", name.toStdString());
    return {};
}

Result<void> backUpBeforeUpgrade(SQLite::Database& project, const QString& projectPath, int version) {
    return copyProject(project, folderOf(projectPath),
                       nameFor(projectPath, QStringLiteral("before upgrade from format %1").arg(version)));
}

QStringList unneededBackups(const QStringList& names) {
    QStringList unneeded;
    QSet<QDate> days;
    QSet<std::pair<int, int>> weeks;
    for (qsizetype i = names.size() - 1; i >= 0; --i) { // newest first
        const QDate day = readName(names[i]).made.date();
        if (!day.isValid()) continue; // not ours to judge
        int year = 0;
        const std::pair<int, int> week(day.weekNumber(&year), year);
        const bool firstOfDay = !days.contains(day) && days.size() < kKeptDays;
        const bool firstOfWeek = !weeks.contains(week) && weeks.size() < kKeptWeeks;
        if (firstOfDay) days.insert(day);
        if (firstOfWeek) weeks.insert(week);
        if (names.size() - i > kKeptBackups && !firstOfDay && !firstOfWeek) unneeded.prepend(names[i]);
    }
    return unneeded;
}

BackupFile newestBackup(const QString& projectPath) {
    const QStringList kept = backupsOf(projectPath);
    if (kept.isEmpty()) return {};
    BackupFile newest = readName(kept.last());
    newest.path = folderOf(projectPath) + u'/' + kept.last();
    return newest;
}

} // namespace palimpsest

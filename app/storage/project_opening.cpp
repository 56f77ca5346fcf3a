// Opening and creating: every way it can end, decided before anything is written.
#include "app/storage/backups.h"
#include "app/storage/file_header.h"
#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"
#include "app/storage/schema.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palimpsest {
namespace {

ProjectStore::Opened refuse(OpenOutcome outcome, const QString& sentence) {
    return {outcome, sentence, nullptr};
}

QString shown(const QString& path) {
    return QDir::toNativeSeparators(path);
}

ProjectStore::Opened refuseDamaged(const QString& path) {
    const QString backup = newestBackup(path).path;
    const QString next = backup.isEmpty()
                             ? QStringLiteral("There is no backup beside it: restore the file from a copy.")
                             : QStringLiteral("Open its newest backup: %1").arg(shown(backup));
    return refuse(OpenOutcome::Damaged,
                  QStringLiteral("This project file is damaged and was left as it is. %1").arg(next));
}

ProjectStore::Opened refuseNewer() {
    return refuse(OpenOutcome::NewerRefused,
                  QStringLiteral("This project was written by a newer Palimpsest: update the program to open it."));
}

// Refusals that need no look inside.
std::optional<ProjectStore::Opened> refuseByPlace(const QString& path) {
    const QFileInfo file(path);
    if (!file.exists())
        return refuse(OpenOutcome::Unreadable, QStringLiteral("There is no project at %1: it may have been moved or "
                                                              "renamed.")
                                                   .arg(shown(path)));
    if (!file.isFile())
        return refuse(OpenOutcome::NotAProject, QStringLiteral("%1 is not a project file.").arg(shown(path)));
    if (!file.isReadable())
        return refuse(OpenOutcome::Unreadable,
                      QStringLiteral("You may not read %1: ask its owner for access.").arg(shown(path)));
    return std::nullopt;
}

std::optional<ProjectStore::Opened> refuseByHeader(const QString& path) {
    const auto header = readFileHeader(path);
    if (!header)
        return refuse(OpenOutcome::Unreadable,
                      QStringLiteral("%1 could not be read: check the disk.").arg(shown(path)));
    const bool named = path.endsWith(QStringLiteral(".palimpsest"), Qt::CaseInsensitive);
    const bool ours = header->applicationId == kApplicationId;
    if (header->isSqlite != ours && named && header->applicationId != 0) return refuseDamaged(path); // half a header
    if (header->isSqlite && header->isShort && (ours || named)) return refuseDamaged(path);
    if (!header->isSqlite || !ours)
        return refuse(OpenOutcome::NotAProject, QStringLiteral("%1 is not a Palimpsest project.").arg(shown(path)));
    if (header->version > kSchemaVersion) return refuseNewer();
    return std::nullopt;
}

std::optional<ProjectStore::Opened> refuseUnwritable(const QString& path) {
    const QByteArray file = QFile::encodeName(path);
    const QByteArray folder = QFile::encodeName(QFileInfo(path).absolutePath());
    if (::access(file.constData(), W_OK) == 0 && ::access(folder.constData(), W_OK | X_OK) == 0) return std::nullopt;
    return refuse(OpenOutcome::Unreadable,
                  QStringLiteral("Palimpsest may not write to %1 or its folder: copy the project to a folder of your "
                                 "own and open the copy.")
                      .arg(shown(path)));
}

bool isOk(SQLite::Database& database, const char* check, const char* expected) {
    SQLite::Statement statement(database, check);
    return statement.executeStep() ? textOf(statement.getColumn(0)) == QLatin1String(expected) : *expected == '\0';
}

// The tables are those of our scripts. Compared by names: a column more or less is another program's file.
bool hasSchema(SQLite::Database& database) {
    static constexpr const char* kQueries[] = {
        "SELECT id, title, created, revision, uuid FROM project WHERE id = 1",
        "SELECT id, parent, position, kind, title, words, pinned, trashed, synopsis, status, label FROM node",
        "SELECT id, family, position, name, colour, shape FROM marker",
        "SELECT node, revision, saved, body, sha256 FROM text",
        "SELECT id, node, state, created, text, request, trace, model, model_hash FROM draft",
        "SELECT key, value FROM setting",
        "SELECT id, sha256, body FROM past_text",
        "SELECT id, node, name, created, tree FROM snapshot",
        "SELECT id, node, past, snapshot, cause, saved, kept, words FROM revision",
        "SELECT node, position, text FROM pinned_passage",
        "SELECT rowid, body FROM word_index",
    };
    for (const char* query : kQueries) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v2(database.getHandle(), query, -1, &statement, nullptr);
        sqlite3_finalize(statement);
        if (code == SQLITE_ERROR) return false;
        if (code != SQLITE_OK) throw SQLite::Exception(database.getHandle(), code);
    }
    return bool(SQLite::Statement(database, kQueries[0]).executeStep());
}

bool textsMatchTheirDigests(SQLite::Database& database) {
    SQLite::Statement texts(database, "SELECT body, sha256 FROM text");
    while (texts.executeStep())
        if (digestOf(bytesOf(texts.getColumn(0))) != bytesOf(texts.getColumn(1))) return false;
    return true;
}

// Reads everything once; throws SQLITE_CORRUPT where SQLite itself finds the damage.
bool isSound(SQLite::Database& database) {
    return isOk(database, "PRAGMA quick_check(1)", "ok") && isOk(database, "PRAGMA foreign_key_check", "");
}

bool nodesFormATree(SQLite::Database& database) {
    SQLite::Statement rows(database, "SELECT id, coalesce(parent, 0) FROM node");
    std::vector<Node> nodes;
    while (rows.executeStep()) {
        Node node;
        node.id = rows.getColumn(0).getInt64();
        node.parent = rows.getColumn(1).getInt64();
        nodes.push_back(node);
    }
    return isTree(nodes);
}

bool holdsAProject(SQLite::Database& database) {
    return hasSchema(database) && nodesFormATree(database) && textsMatchTheirDigests(database);
}

void runScripts(SQLite::Database& database, int from) {
    database.exec("PRAGMA foreign_keys = OFF"); // can only be switched outside a transaction
    {
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        for (int version = from; version < kSchemaVersion; ++version) database.exec(kSchemaScripts[version]);
        if (from > 0) indexEverything(database);
        database.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
        if (!isOk(database, "PRAGMA foreign_key_check", "")) throw SQLite::Exception("damaged", SQLITE_CORRUPT);
        transaction.commit();
    }
    database.exec("PRAGMA foreign_keys = ON");
}

ProjectStore::Opened refuseByError(const Error& error, const QString& path) {
    if (error.code == ErrorCode::Corrupt) return refuseDamaged(path);
    const OpenOutcome outcome = error.code == ErrorCode::Locked ? OpenOutcome::Locked : OpenOutcome::Unreadable;
    return refuse(outcome, QString::fromStdString(error.message));
}

// Damaged and newer files leave by an Error; what is right is brought to our version.
Result<OpenOutcome> checkAndUpgrade(SQLite::Database& database, const QString& path) {
    const Error damaged{ErrorCode::Corrupt, "damaged"};
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version > kSchemaVersion) return Error{ErrorCode::NewerFormat, "newer"};
    if (!isSound(database)) return damaged;
    if (version == kSchemaVersion) {
        if (!holdsAProject(database)) return damaged;
        return OpenOutcome::Current;
    }
    auto copied = backUpBeforeUpgrade(database, path, version);
    if (!copied) return copied.error(); // without a copy it is not touched
    runScripts(database, version);
    if (!holdsAProject(database)) return damaged;
    return OpenOutcome::Upgraded;
}

// Makes a whole project under a name nobody knows, so that a crash never leaves half of one under `path`.
Result<void> writeNewProject(const QString& unfinished, const QString& title) {
    std::unique_ptr<SQLite::Database> database;
    auto made = guarded(nullptr, [&]() -> Result<void> {
        database =
            std::make_unique<SQLite::Database>(unfinished.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        return {};
    });
    if (!made) return made;
    return guarded(database.get(), [&]() -> Result<void> {
        database->exec("PRAGMA application_id = " + std::to_string(kApplicationId));
        runScripts(*database, 0);
        SQLite::Statement insert(*database, "INSERT INTO project (id, title, created, uuid) "
                                            "VALUES (1, ?, ?, lower(hex(randomblob(16))))");
        insert.bind(1, title.toStdString());
        insert.bind(2, QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString());
        insert.exec();
        return {};
    });
}

} // namespace

ProjectStore::Parts::~Parts() {
    if (tidy) foldIntoOneFile(*database);
    database.reset();
    if (place >= 0) ::close(place);
}

void ProjectStore::Parts::connectAnew() {
    database = connect(path, SQLite::OPEN_READWRITE); // an earlier connection stays when this throws
    if (place >= 0) ::close(place);
    // O_PATH: closing any other descriptor of the file would let go of SQLite's locks on it.
    place = ::open(QFile::encodeName(path).constData(), O_PATH | O_CLOEXEC);
}

Result<void> ProjectStore::makeSureOfPlace() {
    Parts& parts = *m_parts;
    if (isStillInPlace(*parts.database)) return {};
    emptyLog(*parts.database); // the log still has its old name: what was moved must not need it
    struct stat file {};
    const bool deleted = ::fstat(parts.place, &file) == 0 && file.st_nlink == 0;
    const QFileInfo place(parts.path);
    if (!deleted || place.exists())
        return Error{ErrorCode::Io, "The project file was moved or replaced while it was open: put it back as " +
                                        parts.path.toStdString() + " to go on saving."};
    // The system keeps a deleted file until we close it: all of it can still be read.
    if (auto copied = copyProject(*parts.database, place.absolutePath(), place.fileName()); !copied) return copied;
    spdlog::warn("the project file had been deleted; it was written anew");
    return guarded(nullptr, [&]() -> Result<void> {
        QFile::remove(parts.path + QStringLiteral("-wal")); // of the deleted file, and empty
        QFile::remove(parts.path + QStringLiteral("-shm"));
        parts.connectAnew();
        keepTidy(*parts.database);
        return {};
    });
}

ProjectStore::Opened ProjectStore::open(const QString& givenPath) {
    if (auto refused = refuseByPlace(givenPath)) return std::move(*refused);
    const QString path = QFileInfo(givenPath).canonicalFilePath(); // one lock, however the file is reached
    if (auto refused = refuseByHeader(path)) return std::move(*refused);
    if (auto refused = refuseUnwritable(path)) return std::move(*refused);
    auto lock = ProjectLock::acquire(path);
    if (!lock) return refuseByError(lock.error(), path);

    auto parts = std::make_unique<Parts>();
    parts->path = path;
    parts->lock.emplace(std::move(*lock));
    const auto connected = guarded(nullptr, [&]() -> Result<void> {
        parts->connectAnew();
        return {};
    });
    if (!connected) return refuseByError(connected.error(), path);
    const auto checked = guarded(parts->database.get(), [&]() -> Result<OpenOutcome> {
        auto outcome = checkAndUpgrade(*parts->database, path);
        if (!outcome) return outcome;
        keepTidy(*parts->database);
        parts->tidy = true;
        SQLite::Statement project(*parts->database, "SELECT title, uuid FROM project");
        project.executeStep();
        parts->title = textOf(project.getColumn(0));
        parts->uuid = textOf(project.getColumn(1));
        return outcome;
    });
    if (!checked && checked.error().code == ErrorCode::NewerFormat) return refuseNewer();
    if (!checked) return refuseByError(checked.error(), path);

    const auto revision = guarded(parts->database.get(), [&]() -> Result<qint64> {
        return qint64(parts->database->execAndGet("SELECT revision FROM project").getInt64());
    });
    if (const BackupFile backup = newestBackup(path); revision && backup.revision > *revision)
        parts->newerBackup = backup;
    Opened opened{*checked, {}, std::unique_ptr<ProjectStore>(new ProjectStore(std::move(parts)))};
    auto backedUp = opened.store->makeBackup();
    if (*checked == OpenOutcome::Upgraded)
        opened.sentence = QStringLiteral("The project was brought up to date; a copy of the old file is in %1.")
                              .arg(shown(path + QStringLiteral(".backups")));
    if (!backedUp)
        opened.sentence = QStringLiteral("The project is open, but no backup of it could be made: %1")
                              .arg(QString::fromStdString(backedUp.error().message));
    return opened;
}

ProjectStore::Opened ProjectStore::create(const QString& givenPath, const QString& title) {
    const QFileInfo file(givenPath);
    const QString path = file.absoluteFilePath();
    const auto refused = [](const QString& sentence) { return refuse(OpenOutcome::Unreadable, sentence); };
    if (file.exists() || file.isSymLink())
        return refused(QStringLiteral("There is already a file at %1: choose another name.").arg(shown(path)));
    if (auto checked = checkTitle(title); !checked) return refused(QString::fromStdString(checked.error().message));
    const QByteArray folder = QFile::encodeName(file.absolutePath());
    if (::access(folder.constData(), W_OK | X_OK) != 0)
        return refused(
            QStringLiteral("You cannot make files in %1: choose another folder.").arg(shown(file.absolutePath())));

    const QString unfinished =
        file.absolutePath() +
        QStringLiteral("/.%1.new-%2").arg(file.fileName()).arg(QCoreApplication::applicationPid());
    QFile::remove(unfinished);
    const auto written = writeNewProject(unfinished, title);
    const bool named = written.ok() && QFile::rename(unfinished, path);
    if (!named) QFile::remove(unfinished);
    if (!written) return refused(QString::fromStdString(written.error().message));
    if (!named)
        return refused(QStringLiteral("The project could not be made as %1: choose another name.").arg(shown(path)));
    Opened opened = open(path);
    if (opened.store) opened.outcome = OpenOutcome::Created;
    return opened;
}

} // namespace palimpsest

#include "app/storage/backups.h"
#include "app/storage/project_store.h"

#include <QTemporaryDir>
#include <QtTest>

namespace palimpsest {
namespace {

SceneText textOf(const QString& words, Provenance provenance = Provenance::Typed) {
    return {{{BlockKind::Paragraph, 0, {{words, {}, provenance, 0}}}}};
}

// A fresh project in a folder of its own.
struct Rig {
    Rig() { reopen(); }
    void reopen() {
        store.reset();
        auto opened =
            made ? ProjectStore::open(path()) : ProjectStore::create(path(), QStringLiteral("The Winter Ferry"));
        made = true;
        store = std::move(opened.store);
        outcome = opened.outcome;
    }
    QString path() const { return folder.filePath(QStringLiteral("ferry.palimpsest")); }
    NodeId scene(const QString& title = QStringLiteral("Scene")) {
        auto id = store->addNode(0, -1, NodeKind::Scene, title);
        return id ? *id : 0;
    }
    QTemporaryDir folder;
    std::unique_ptr<ProjectStore> store;
    OpenOutcome outcome = OpenOutcome::Unreadable;
    bool made = false;
};

} // namespace

class ProjectStoreTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everythingWrittenIsThereAfterReopening() {
        Rig rig;
        QCOMPARE(rig.outcome, OpenOutcome::Created);
        const auto part = rig.store->addNode(0, 0, NodeKind::Part, QStringLiteral("Part One · The Island"));
        const auto scene = rig.store->addNode(*part, 0, NodeKind::Scene, QStringLiteral("Été 🌊"));
        const auto note = rig.store->addNode(0, -1, NodeKind::Note, QStringLiteral("@Marta"));
        QVERIFY(rig.store->saveText(*scene, textOf(QStringLiteral("She did not answer."), Provenance::Drafted)));
        QVERIFY(rig.store->setPinned(*note, true));
        QVERIFY(rig.store->setTrashed(*note, true));
        QVERIFY(rig.store->setSetting(QStringLiteral("caret"), QStringLiteral("17")));
        const auto before = rig.store->nodes();
        rig.reopen();
        QCOMPARE(rig.outcome, OpenOutcome::Current);
        QCOMPARE(rig.store->title(), QStringLiteral("The Winter Ferry"));
        const auto after = rig.store->nodes();
        QVERIFY(*after == *before);
        QCOMPARE(after->size(), std::size_t(3));
        QCOMPARE((*after)[2].title, QStringLiteral("Été 🌊"));
        QCOMPARE((*after)[2].words, 4);
        QVERIFY((*after)[1].pinned && (*after)[1].trashed);
        QVERIFY(*rig.store->text(*scene) == textOf(QStringLiteral("She did not answer."), Provenance::Drafted));
        QCOMPARE(rig.store->settings()->value(QStringLiteral("caret")), QStringLiteral("17"));
    }

    void closedItIsOneFileAndALockIsGone() {
        Rig rig;
        const NodeId scene = rig.scene();
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("words"))));
        rig.store.reset();
        QCOMPARE(QDir(rig.folder.path()).entryList(QDir::Files | QDir::Hidden),
                 QStringList{QStringLiteral("ferry.palimpsest")});
    }

    void aSceneNeverWrittenInIsEmptyAndAnUnknownOneAnError() {
        Rig rig;
        QVERIFY(*rig.store->text(rig.scene()) == SceneText{});
        QCOMPARE(rig.store->text(999).error().code, ErrorCode::NotFound);
        QCOMPARE(rig.store->saveText(999, textOf(QStringLiteral("x"))).error().code, ErrorCode::NotFound);
        QCOMPARE(rig.store->renameNode(999, QStringLiteral("x")).error().code, ErrorCode::NotFound);
        QCOMPARE(rig.store->setPinned(999, true).error().code, ErrorCode::NotFound);
        QCOMPARE(rig.store->addNode(999, 0, NodeKind::Scene, {}).error().code, ErrorCode::NotFound);
    }

    void movesKeepPositionsContiguousAndRefuseLoops() {
        Rig rig;
        const NodeId a = rig.scene(QStringLiteral("a")), b = rig.scene(QStringLiteral("b")),
                     c = rig.scene(QStringLiteral("c"));
        QVERIFY(rig.store->moveNode(a, 0, 2));
        QVERIFY(rig.store->moveNode(c, b, 0));
        QVERIFY(!rig.store->moveNode(b, c, 0));
        QVERIFY(!rig.store->moveNode(b, b, 0));
        const auto nodes = rig.store->nodes();
        QCOMPARE((*nodes)[0].id, b);
        QCOMPARE((*nodes)[1].id, a);
        QCOMPARE((*nodes)[1].position, 1);
        QCOMPARE((*nodes)[2].id, c);
        QCOMPARE((*nodes)[2].parent, b);
    }

    void tooLongTitlesAndTextsAreRefusedAndNothingChanges() {
        Rig rig;
        const NodeId scene = rig.scene(QStringLiteral("short"));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("kept"))));
        QCOMPARE(rig.store->renameNode(scene, QString(1001, u'x')).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(rig.store->addNode(0, 0, NodeKind::Scene, QString(1001, u'x')).error().code,
                 ErrorCode::InvalidArgument);
        QCOMPARE(rig.store->saveText(scene, textOf(QString((64 << 20) + 1, u'x'))).error().code,
                 ErrorCode::InvalidArgument);
        QVERIFY(*rig.store->text(scene) == textOf(QStringLiteral("kept")));
        QCOMPARE(rig.store->nodes()->size(), std::size_t(1));
        QCOMPARE((*rig.store->nodes())[0].title, QStringLiteral("short"));
    }

    void textMayHoldWhatSqlWouldMisread() {
        Rig rig;
        const QString odd = QStringLiteral("'); DROP TABLE text; --\"") + QChar(0) + QStringLiteral("after");
        const NodeId scene = rig.scene(QStringLiteral("'; DROP TABLE node; --"));
        QVERIFY(rig.store->saveText(scene, textOf(odd)));
        rig.reopen();
        QVERIFY(*rig.store->text(scene) == textOf(odd));
        QCOMPARE((*rig.store->nodes())[0].title, QStringLiteral("'; DROP TABLE node; --"));
    }

    void draftsComeNewestFirstAndKeepTheirTrace() {
        Rig rig;
        const NodeId scene = rig.scene();
        StoredDraft draft;
        draft.node = scene;
        draft.created = QDateTime::currentDateTimeUtc();
        draft.text = QStringLiteral("The water");
        draft.request = "{\"id\":\"a\"}";
        draft.trace = QByteArray("\0\1\2", 3);
        draft.model = QStringLiteral("smollm2");
        draft.modelHash = QStringLiteral("f00d");
        const auto first = rig.store->addDraft(draft);
        QVERIFY(first.ok());
        draft.text = QStringLiteral("second");
        draft.trace.clear();
        const auto second = rig.store->addDraft(draft);
        draft.id = *first;
        draft.state = StoredDraft::State::Accepted;
        draft.text = QStringLiteral("The water rose");
        draft.trace = QByteArray("\0\7", 2);
        QVERIFY(rig.store->updateDraft(draft));
        rig.reopen();
        const auto drafts = rig.store->drafts(scene);
        QCOMPARE(drafts->size(), std::size_t(2));
        QCOMPARE((*drafts)[0].id, *second);
        QCOMPARE((*drafts)[1].state, StoredDraft::State::Accepted);
        QCOMPARE((*drafts)[1].text, QStringLiteral("The water rose"));
        QCOMPARE((*drafts)[1].request, draft.request);
        QCOMPARE((*drafts)[1].created.toMSecsSinceEpoch(), draft.created.toMSecsSinceEpoch());
        QVERIFY((*drafts)[1].trace.isEmpty());
        QCOMPARE(*rig.store->draftTrace(*first), QByteArray("\0\7", 2));
        QCOMPARE(*rig.store->draftTrace(*second), QByteArray());
        QCOMPARE(rig.store->draftTrace(99).error().code, ErrorCode::NotFound);
        draft.id = 99;
        QCOMPARE(rig.store->updateDraft(draft).error().code, ErrorCode::NotFound);
        draft.node = 99;
        QCOMPARE(rig.store->addDraft(draft).error().code, ErrorCode::NotFound);
    }

    void aFileMovedAwayWhileOpenIsAnErrorUntilItIsBack() {
        Rig rig;
        const NodeId scene = rig.scene();
        const QString away = rig.folder.filePath(QStringLiteral("away.palimpsest"));
        QVERIFY(QFile::rename(rig.path(), away));
        const auto saved = rig.store->saveText(scene, textOf(QStringLiteral("x")));
        QCOMPARE(saved.error().code, ErrorCode::Io);
        QVERIFY(QFile::rename(away, rig.path()));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("x"))));
    }

    void aFileMovedAwayWhileOpenHoldsAllThatWasSaved() {
        Rig rig;
        const NodeId scene = rig.scene();
        const QString away = rig.folder.filePath(QStringLiteral("away.palimpsest"));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("saved before"))));
        QVERIFY(QFile::rename(rig.path(), away));
        rig.store.reset();
        auto opened = ProjectStore::open(away);
        QVERIFY2(opened.store != nullptr, qPrintable(opened.sentence));
        QVERIFY(*opened.store->text(scene) == textOf(QStringLiteral("saved before")));
    }

    void aFileDeletedWhileOpenIsWrittenAnewWhole() {
        Rig rig;
        const NodeId scene = rig.scene(), other = rig.scene();
        QVERIFY(rig.store->saveText(other, textOf(QStringLiteral("an hour ago"))));
        QVERIFY(QFile::remove(rig.path()));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("now"))));
        QVERIFY(QFile::exists(rig.path()));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("and later"))));
        rig.reopen();
        QCOMPARE(rig.outcome, OpenOutcome::Current);
        QVERIFY(*rig.store->text(scene) == textOf(QStringLiteral("and later")));
        QVERIFY(*rig.store->text(other) == textOf(QStringLiteral("an hour ago")));
    }

    void aFileReplacedWhileOpenIsNotOverwritten() {
        Rig rig;
        const NodeId scene = rig.scene();
        QVERIFY(QFile::remove(rig.path()));
        QFile replacement(rig.path());
        QVERIFY(replacement.open(QIODevice::WriteOnly) && replacement.write("somebody else's") > 0);
        replacement.close();
        QCOMPARE(rig.store->saveText(scene, textOf(QStringLiteral("x"))).error().code, ErrorCode::Io);
        rig.store.reset();
        QVERIFY(replacement.open(QIODevice::ReadOnly));
        QCOMPARE(replacement.readAll(), QByteArray("somebody else's"));
    }

    void aBackupIsMadeAtOpeningWhenSomethingChanged() {
        Rig rig;
        const QDir backups(rig.path() + QStringLiteral(".backups"));
        const auto count = [&] { return backups.entryList(QDir::Files).size(); };
        const NodeId scene = rig.scene();
        const auto atFirst = count();
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("precious"))));
        rig.reopen();
        QCOMPARE(count(), atFirst + 1);
        QVERIFY(rig.store->setSetting(QStringLiteral("caret"), QStringLiteral("3"))); // not worth a backup
        rig.reopen();
        QCOMPARE(count(), atFirst + 1);
        const QString newest = backups.filePath(backups.entryList(QDir::Files, QDir::Name).last());
        auto backup = ProjectStore::open(newest);
        QVERIFY(backup.store != nullptr);
        QVERIFY(*backup.store->text(scene) == textOf(QStringLiteral("precious")));
    }

    void theLastTenBackupsAreKept() {
        Rig rig;
        const NodeId scene = rig.scene();
        for (int i = 0; i < 13; ++i) {
            QVERIFY(rig.store->saveText(scene, textOf(QString::number(i))));
            rig.reopen();
        }
        const QDir backups(rig.path() + QStringLiteral(".backups"));
        QCOMPARE(backups.entryList(QDir::Files).size(), 10);
        auto oldest = ProjectStore::open(backups.filePath(backups.entryList(QDir::Files, QDir::Name).first()));
        QVERIFY(*oldest.store->text(scene) == textOf(QStringLiteral("3"))); // 0, 1 and 2 made room
    }

    void aBackupADayForTwoWeeksAndAWeekForEightAreKept() {
        QStringList names; // oldest first: four a day for a hundred days
        QDateTime time(QDate(2026, 8, 1), QTime(3, 0), Qt::UTC);
        for (int i = 0; i < 400; ++i, time = time.addSecs(6 * 3600))
            names << QStringLiteral("Book %1 r%2.palimpsest")
                         .arg(time.toString(QStringLiteral("yyyy-MM-dd HH.mm.ss")))
                         .arg(i, 8, 10, QChar(u'0'));
        QStringList kept = names;
        for (const QString& name : unneededBackups(names)) kept.removeOne(name);
        // Ten newest lie on three days; eleven more days; eight weeks, of which two are among those days.
        QCOMPARE(kept.mid(kept.size() - 10), names.mid(390));
        QVERIFY(kept.size() >= 10 + 11 + 5 && kept.size() <= 10 + 12 + 8);
        QVERIFY(unneededBackups(kept).isEmpty());
        QVERIFY(QDateTime::fromString(kept.front().mid(5, 10), QStringLiteral("yyyy-MM-dd")).daysTo(time) >= 49);
        QVERIFY(unneededBackups({QStringLiteral("mine.palimpsest")}).isEmpty());
    }

    void aClockSetBackDoesNotMakeABackupLookOld() {
        Rig rig;
        const NodeId scene = rig.scene();
        const QDir backups(rig.path() + QStringLiteral(".backups"));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("one"))));
        rig.reopen();
        const QString last = backups.entryList(QDir::Files, QDir::Name).last();
        const QString future =
            QString(last).replace(last.indexOf(QStringLiteral(" 20")) + 1, 4, QStringLiteral("2099"));
        QVERIFY(QFile::rename(backups.filePath(last), backups.filePath(future)));
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("two"))));
        rig.reopen();
        const QString newest = newestBackup(rig.path()).path;
        QVERIFY(newest != backups.filePath(future));
        const auto opened = ProjectStore::open(newest);
        QCOMPARE(opened.store->text(scene)->plain(), QStringLiteral("two"));
    }

    void aFileReplacedByAnOlderOneIsTakenOverFromItsBackup() {
        Rig rig;
        const NodeId scene = rig.scene();
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("old"))));
        rig.reopen();
        QVERIFY(!rig.store->newerBackup());
        const QString path = rig.path(), older = path + QStringLiteral(".older");
        rig.store.reset();
        QVERIFY(QFile::copy(path, older));
        rig.reopen();
        QVERIFY(rig.store->saveText(scene, textOf(QStringLiteral("newer"))));
        const NodeId only = *rig.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("Only there"));
        QVERIFY(rig.store->saveText(only, textOf(QStringLiteral("lost?"))));
        EditNode marked;
        marked.node = only;
        marked.status = (*rig.store->markers())[1].id;
        Marker own;
        own.family = Marker::Family::Label;
        own.name = QStringLiteral("In the backup only");
        auto lists = *rig.store->markers();
        lists.push_back(own);
        marked.label = rig.store->setMarkers(lists)->back().id;
        QVERIFY(rig.store->apply({{}, {marked}}));
        rig.store.reset(); // backs up
        QVERIFY(QFile::remove(path) && QFile::rename(older, path));
        rig.reopen();
        QVERIFY(rig.store->newerBackup().has_value());
        const auto change = rig.store->takeOverNewerBackup(QStringLiteral("Backup"));
        QVERIFY(change.ok());
        QVERIFY(rig.store->apply(*change));
        QCOMPARE(rig.store->text(only)->plain(), QStringLiteral("lost?"));
        const auto nodes = *rig.store->nodes();
        const auto back = std::find_if(nodes.begin(), nodes.end(), [=](const Node& node) { return node.id == only; });
        QCOMPARE(back->status, *marked.status);
        QCOMPARE(back->label, MarkerId(0));                               // the list here has no such label
        QCOMPARE(rig.store->text(scene)->plain(), QStringLiteral("old")); // until the writer says so
        const auto revisions = *rig.store->revisions(scene);
        QCOMPARE(revisions.front().cause, RevisionCause::Backup);
        QCOMPARE(rig.store->revisionText(revisions.front().id)->plain(), QStringLiteral("newer"));
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::ProjectStoreTest)
#include "project_store_test.moc"

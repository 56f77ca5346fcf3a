// A project file from anywhere, with or without a log beside it: a named outcome and a sentence, the refused file left
// to the byte; or a project whose every part can be read, written to and closed.
//
// Input: four bytes, the length of the log (0: none), then the file, then the log.
#include "app/storage/project_store.h"
#include "tests/fuzz/fuzz.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

namespace palimpsest::fuzz {
namespace {

struct Place {
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("x.palimpsest"));
    QString log = path + QStringLiteral("-wal");

    void clear() const {
        for (const QFileInfo& entry :
             QDir(folder.path()).entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot))
            entry.isDir() ? QDir(entry.filePath()).removeRecursively() : QFile::remove(entry.filePath());
    }
};

void put(const QString& path, std::string_view bytes) {
    QFile file(path);
    require(file.open(QIODevice::WriteOnly) && file.write(bytes.data(), qint64(bytes.size())) == qint64(bytes.size()),
            "the scratch folder can be written");
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void checkRefusal(const ProjectStore::Opened& opened) {
    switch (opened.outcome) {
    case OpenOutcome::NewerRefused:
    case OpenOutcome::Damaged:
    case OpenOutcome::Locked:
    case OpenOutcome::NotAProject:
    case OpenOutcome::Unreadable: break;
    default: require(false, "a refusal has an outcome of its own");
    }
    require(!opened.sentence.isEmpty(), "a refusal says what to do");
}

// Whatever was let in answers every question with a value or an error.
void readEverything(ProjectStore& store) {
    const auto nodes = store.nodes();
    (void)store.settings().ok();
    if (!nodes) return;
    for (const Node& node : *nodes) {
        require(node.kind <= NodeKind::Archive, "kinds are known ones");
        if (const auto text = store.text(node.id)) (void)text->plain();
        if (const auto revisions = store.revisions(node.id))
            for (const Revision& revision : *revisions) (void)store.revisionText(revision.id).ok();
        const auto drafts = store.drafts(node.id);
        if (!drafts) continue;
        for (const StoredDraft& draft : *drafts) {
            require(draft.state <= StoredDraft::State::Discarded, "states are known ones");
            (void)store.draftTrace(draft.id).ok();
        }
    }
    (void)store.markers().ok();
    (void)store.pinnedPassages().ok();
    (void)store.search({QStringLiteral("late"), false, true, false}, 100).ok();
    (void)store.search({QStringLiteral("ate"), false, false, false}, 100).ok();
    if (const auto snapshots = store.snapshots())
        for (const Snapshot& snapshot : *snapshots)
            if (const auto change = store.restoration(snapshot.id, {})) (void)store.apply(*change).ok();
    const auto added = store.addNode(0, -1, NodeKind::Scene, QStringLiteral("added"));
    SceneText text;
    text.blocks = {{BlockKind::Paragraph, 0, {{QStringLiteral("words"), {}, Provenance::Typed, 0}}}};
    if (!added || !store.saveText(*added, text)) return;
    const auto back = store.text(*added);
    require(back.ok() && *back == text, "what was saved is there");
}

void readAll(std::string_view bytes) {
    static const Place place;
    place.clear();
    std::size_t logBytes = 0;
    Cursor cursor(bytes);
    for (int i = 0; i < 4; ++i) logBytes = logBytes << 8 | cursor.byte();
    const std::string_view rest = cursor.rest();
    logBytes = std::min(logBytes, rest.size());
    put(place.path, rest.substr(0, rest.size() - logBytes));
    if (logBytes > 0) put(place.log, rest.substr(rest.size() - logBytes));
    const QByteArray before = contents(place.path), logBefore = contents(place.log);
    {
        const auto opened = ProjectStore::open(place.path);
        if (opened.store) {
            readEverything(*opened.store);
        } else {
            checkRefusal(opened);
            require(contents(place.path) == before, "a refused file is left to the byte");
            require(contents(place.log) == logBefore, "and so is its log");
        }
    }
    require(!QFile::exists(place.folder.filePath(QStringLiteral(".x.palimpsest.lock"))), "the lock is let go");
}

std::string inputOf(const QByteArray& file, const QByteArray& log) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += char(log.size() >> shift & 0xFF);
    return bytes + file.toStdString() + log.toStdString();
}

} // namespace

Plan plan() {
    const Place place;
    Plan all{{}, 1500};
    auto opened = ProjectStore::create(place.path, QStringLiteral("The Lighthouse"));
    require(opened.store != nullptr, "a project can be made");
    const auto part = opened.store->addNode(0, -1, NodeKind::Part, QStringLiteral("One"));
    const auto scene = opened.store->addNode(*part, -1, NodeKind::Scene, QStringLiteral("Arrival"));
    (void)opened.store->addNode(0, -1, NodeKind::Note, QStringLiteral("Nora"));
    SceneText text;
    text.blocks = {
        {BlockKind::Paragraph, 0, {{QStringLiteral("It was late. ").repeated(20), {}, Provenance::Typed, 0}}}};
    (void)opened.store->saveText(*scene, text).ok();
    (void)opened.store
        ->addDraft({0, *scene, {}, QDateTime::currentDateTimeUtc(), QStringLiteral("A draft."), "{}", "t", {}, {}})
        .ok();
    (void)opened.store->takeSnapshot(QStringLiteral("First"), 0).ok();
    (void)opened.store->setSetting(QStringLiteral("open"), QStringLiteral("2")).ok();
    const QByteArray file = contents(place.path), log = contents(place.log); // as a killed program leaves them
    require(!log.isEmpty(), "while it is open a project has a log");
    all.seeds.push_back(inputOf(file, log));
    opened.store.reset();
    all.seeds.push_back(inputOf(contents(place.path), {}));
    return all;
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}

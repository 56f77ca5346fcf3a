#include "app/services/history.h"

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kAgainMs = 200; // after the text was saved or replaced: several of these come together

} // namespace

int History::Comparison::changes() const {
    return int(std::count_if(rows.begin(), rows.end(), [](const DiffRow& row) { return !row.same; }));
}

History::History(ProjectService& project, QObject* parent) : QObject(parent), m_project(project) {
    m_again.setSingleShot(true);
    m_again.setInterval(kAgainMs);
    connect(&m_again, &QTimer::timeout, this, [this] {
        loadVersions();
        compareAgain();
    });
    const auto changed = [this](qint64 node) {
        if (node == m_node) m_again.start();
    };
    connect(&project, &ProjectService::textSaved, this, changed);
    connect(&project, &ProjectService::textReplaced, this, changed);
}

void History::show(NodeId node) {
    m_node = node;
    m_versions.clear();
    m_wanted = {};
    m_comparison = {};
    ++m_asked;
    Q_EMIT versionsChanged();
    loadVersions();
}

void History::loadVersions() {
    using Lists = std::pair<std::vector<Revision>, std::vector<Snapshot>>;
    if (m_node == 0) return;
    m_project.ask<Lists>(
        this,
        [node = m_node](ProjectStore& store) -> Result<Lists> {
            auto revisions = store.revisions(node);
            auto snapshots = store.snapshots();
            if (!revisions) return revisions.error();
            if (!snapshots) return snapshots.error();
            return Lists{std::move(*revisions), std::move(*snapshots)};
        },
        [this, node = m_node](Result<Lists> lists) {
            if (node != m_node) return;
            if (!lists) return said(QString::fromStdString(lists.error().message));
            m_versions = std::move(lists->first);
            m_snapshots = std::move(lists->second);
            Q_EMIT versionsChanged();
        });
}

void History::compare(qint64 revision) {
    const auto found = std::find_if(m_versions.begin(), m_versions.end(),
                                    [revision](const Revision& version) { return version.id == revision; });
    m_wanted = found == m_versions.end() ? Revision{} : *found;
    m_comparison = {};
    compareAgain();
}

void History::compareAgain() {
    const int asked = ++m_asked;
    if (m_wanted.id == 0) return;
    using Texts = std::pair<SceneText, SceneText>;
    // What is on the page and not saved yet comes from the mirror, so the version is asked for first, the text second.
    const auto show = [this, asked](const Texts& texts) {
        const auto made = std::make_shared<Comparison>(Comparison{m_wanted, texts.first, texts.second, {}});
        QThreadPool::globalInstance()->start([self = QPointer<History>(this), made, asked] {
            made->rows = diffTexts(made->before, made->now);
            QMetaObject::invokeMethod(
                qApp,
                [self, made, asked] {
                    if (!self || asked != self->m_asked) return;
                    self->m_comparison = std::move(*made);
                    Q_EMIT self->compared();
                },
                Qt::QueuedConnection);
        });
    };
    m_project.ask<SceneText>(
        this, [id = m_wanted.id](ProjectStore& store) { return store.revisionText(id); },
        [this, asked, show](Result<SceneText> before) {
            if (asked != m_asked) return;
            if (!before) return said(QString::fromStdString(before.error().message));
            m_project.loadText(m_node, this, [this, asked, show, before = std::move(*before)](Result<SceneText> now) {
                if (asked != m_asked) return;
                if (!now) return said(QString::fromStdString(now.error().message));
                show({before, *now});
            });
        });
}

void History::restore(SceneText text, const QString& sentence) {
    if (m_comparison.revision.id == 0) return;
    ProjectChange change{
        tr("Restore"), {EditText{m_node, m_comparison.now, std::move(text)}}, RevisionCause::BeforeRestore};
    m_project.apply(std::move(change), this, [this, sentence](const Result<std::vector<NodeId>>& done) {
        if (done) Q_EMIT said(sentence);
    });
}

void History::restoreRow(std::size_t row) {
    if (row >= m_comparison.rows.size()) return;
    restore(withRowRestored(m_comparison.before, m_comparison.now, m_comparison.rows, row),
            tr("The paragraph is as it was."));
}

void History::restoreText() {
    restore(m_comparison.before, tr("The text is as it was; what it was until now is in the history."));
}

bool History::isOfWholeProject(const Revision& revision) const {
    return std::any_of(m_snapshots.begin(), m_snapshots.end(), [&](const Snapshot& snapshot) {
        return snapshot.id == revision.snapshot && snapshot.node == 0;
    });
}

void History::restoreProject() {
    if (!isOfWholeProject(m_comparison.revision)) return;
    m_project.saveNow(); // on the worker's thread before the question below
    m_project.ask<ProjectChange>(
        this,
        [snapshot = m_comparison.revision.snapshot, name = tr("Restore")](ProjectStore& store) {
            return store.restoration(snapshot, name);
        },
        [this](Result<ProjectChange> change) {
            if (!change) return said(QString::fromStdString(change.error().message));
            m_project.apply(std::move(*change), this, [this](const Result<std::vector<NodeId>>& done) {
                if (done) Q_EMIT said(tr("The project is as it was; what was written since is in the history."));
            });
        });
}

void History::takeSnapshot(const QString& name, NodeId node) {
    m_project.saveNow();
    m_project.ask<qint64>(
        this, [name, node](ProjectStore& store) { return store.takeSnapshot(name, node); },
        [this, name](const Result<qint64>& taken) {
            if (!taken) return said(QString::fromStdString(taken.error().message));
            loadVersions();
            Q_EMIT said(tr("The snapshot “%1” is kept.").arg(name));
        });
}

} // namespace palimpsest

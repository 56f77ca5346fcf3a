#include "ui/search/project_search.h"

#include "ui/outline/binder_moves.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/search_terms.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <algorithm>

namespace palimpsest {
// A replacement under way: texts are asked for one after the other, the change is made when all are there.
struct Replacing {
    TextSearch search;
    Replacement with;
    std::map<NodeId, std::vector<PickedHit>> picked;
    ProjectChange change;
    int wanted = 0, replaced = 0, scenes = 0;
};

void ProjectSearch::open(bool replacing, const QString& words) {
    m_replacing = replacing;
    for (QWidget* widget : std::initializer_list<QWidget*>{m_terms->with, m_terms->preserveCase, m_replace})
        widget->setVisible(replacing);
    if (!words.isEmpty() && !m_terms->regex->isChecked()) m_terms->words->setText(words);
    QFrame::show();
    Q_EMIT openedOrClosed(true);
    m_terms->words->setFocus();
    m_terms->words->selectAll();
    search();
}

void ProjectSearch::close() {
    hide();
    Q_EMIT openedOrClosed(false);
}

void ProjectSearch::search() {
    m_rest.stop();
    if (!isVisible()) return;
    Result<TextSearch> compiled = TextSearch::compile(m_terms->query());
    if (!compiled || compiled->findsNothing()) {
        m_searching = false;
        m_hits->setScenes({});
        return say(compiled ? QString() : QString::fromStdString(compiled.error().message));
    }
    m_searching = true;
    m_search = std::move(*compiled);
    m_project.search(m_terms->query(), kMostHits, this,
                     [this, asked = m_terms->query()](const Result<SearchResults>& results) {
                         if (asked != m_terms->query()) return; // another one is on its way
                         m_searching = false;
                         if (results) return show(*results);
                         m_hits->setScenes({});
                         say(QString::fromStdString(results.error().message));
                     });
}

bool ProjectSearch::isInScope(NodeId id) const {
    const auto scope = Scope(m_scope->currentIndex());
    if (scope == Scope::Everything) return true;
    const Node* node = m_project.node(id);
    if (!node) return false;
    if (scope == Scope::Notes) return node->kind == NodeKind::Note;
    if (scope == Scope::Manuscript) {
        bool aside = node->kind != NodeKind::Scene;
        for (const Node* at = node; at; at = m_project.node(at->parent))
            aside = aside || at->kind == NodeKind::Research || at->kind == NodeKind::Archive;
        return !aside;
    }
    const std::vector<NodeId> chosen = m_chosen();
    for (const Node* at = node; at; at = m_project.node(at->parent))
        if (std::find(chosen.begin(), chosen.end(), at->id) != chosen.end()) return true;
    return false;
}

QString ProjectSearch::titleOf(NodeId id) const {
    const Node* node = m_project.node(id);
    const Node* parent = node ? m_project.node(node->parent) : nullptr;
    if (!node) return {};
    return parent ? parent->title + QStringLiteral(" · ") + node->title : node->title;
}

void ProjectSearch::show(const SearchResults& results) {
    std::map<NodeId, HitList::Scene> found;
    for (const FoundParagraph& paragraph : results.paragraphs) {
        if (!isInScope(paragraph.node)) continue;
        HitList::Scene& scene = found[paragraph.node];
        scene.node = paragraph.node;
        for (const Interval match : paragraph.matches) scene.hits.push_back({paragraph.block, paragraph.text, match});
    }
    std::vector<HitList::Scene> scenes; // in the order of the binder
    const auto visit = [&](const auto& self, NodeId parent) -> void {
        for (const Node& node : childrenOf(m_project.nodes(), parent)) {
            if (const auto at = found.find(node.id); at != found.end()) {
                at->second.title = titleOf(node.id);
                scenes.push_back(std::move(at->second));
            }
            self(self, node.id);
        }
    };
    visit(visit, 0);
    const int count = int(scenes.size());
    m_hits->setScenes(std::move(scenes));
    refreshPreview();
    if (m_hits->count() == 0) return say(tr("Not found."));
    const QString where = count == 1 ? tr("in one text") : tr("in %n texts", nullptr, count);
    say((m_hits->count() == 1 ? tr("One hit %1.")
         : results.complete   ? tr("%n hits %1.", nullptr, m_hits->count())
                              : tr("The first %n hits, %1; there are more.", nullptr, m_hits->count()))
            .arg(where));
}

void ProjectSearch::refreshPreview() {
    if (!m_replacing || m_terms->with->text().isEmpty()) {
        m_hits->setPreview({});
    } else {
        const Replacement with = m_terms->replacement();
        m_hits->setPreview(
            [this, with](const PickedHit& hit) { return m_search.replacementFor(hit.paragraph, hit.match, with); });
    }
    refreshButtons();
}

void ProjectSearch::refreshButtons() {
    const int ticked = m_hits->tickedCount();
    m_replace->setText(m_terms->with->text().isEmpty() ? tr("Take %n out", nullptr, ticked)
                                                       : tr("Replace %n", nullptr, ticked));
    m_replace->setAccessibleName(m_replace->text());
    m_replace->setEnabled(ticked > 0 && !m_searching);
}

void ProjectSearch::say(const QString& sentence) {
    m_state->setText(sentence);
    m_state->setVisible(!sentence.isEmpty());
    refreshButtons();
    if (sentence.isEmpty()) return;
    QAccessibleEvent changed(m_state, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&changed);
}

QString ProjectSearch::state() const {
    return m_state->text();
}

// Every text as it is by now, on the page or on disk; what was changed since it was searched is left alone.
void ProjectSearch::replaceTicked() {
    auto work = std::make_shared<Replacing>();
    work->search = m_search;
    work->with = m_terms->replacement();
    work->picked = m_hits->ticked();
    work->change.name = tr("replacing “%1”").arg(m_terms->words->text());
    work->change.keeps = RevisionCause::BeforeReplace;
    if (work->picked.empty()) return;
    m_replace->setEnabled(false);
    collect(std::move(work));
}

void ProjectSearch::collect(std::shared_ptr<Replacing> work) {
    if (!work->picked.empty()) {
        auto next = work->picked.extract(work->picked.begin());
        m_project.loadText(next.key(), this,
                           [this, work, node = next.key(), picked = next.mapped()](const Result<SceneText>& text) {
                               work->wanted += int(picked.size());
                               if (text) {
                                   ReplacedText done = replaceHits(*text, work->search, work->with, picked);
                                   work->replaced += done.replaced;
                                   work->scenes += done.replaced > 0;
                                   if (done.replaced > 0)
                                       work->change.steps.push_back(EditText{node, *text, std::move(done.text)});
                               }
                               collect(work);
                           });
        return;
    }
    const QString left = work->wanted > work->replaced ? tr(" %n were changed meanwhile and are left alone.", nullptr,
                                                            work->wanted - work->replaced)
                                                       : QString();
    if (work->change.steps.empty()) return say(tr("Nothing was replaced.") + left);
    const QString sentence =
        tr("%n replaced %1.", nullptr, work->replaced).arg(tr("in %n texts", nullptr, work->scenes)) + left;
    m_project.apply(std::move(work->change), this, [this, sentence](const Result<std::vector<NodeId>>& applied) {
        if (!applied) return search();
        Q_EMIT said(sentence);
        search();
    });
}

void ProjectSearch::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (event->key() == Qt::Key_Escape) return close();
    if (enter && m_terms->words->hasFocus()) {
        search();
        return m_hits->setFocus();
    }
    if (event->key() == Qt::Key_Down && (m_terms->words->hasFocus() || m_terms->with->hasFocus()))
        return m_hits->setFocus();
    QFrame::keyPressEvent(event);
}

} // namespace palimpsest

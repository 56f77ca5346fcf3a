// How the search of the project is put together.
#include "ui/search/project_search.h"

#include "ui/theme/icons.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/close_button.h"
#include "ui/widgets/search_terms.h"
#include "ui/widgets/section_title.h"

#include <QAbstractItemView>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace palimpsest {
namespace {

constexpr int kRestMs = 200; // after the last key

} // namespace

ProjectSearch::ProjectSearch(const Theme& theme, ProjectService& project, std::function<std::vector<NodeId>()> chosen,
                             QWidget* parent)
    : QFrame(parent),
      m_project(project),
      m_chosen(std::move(chosen)),
      m_terms(new SearchTerms(tr("Find in the project"), this)),
      m_close(new CloseButton(theme, tr("Close the search of the project"), this)),
      m_scope(new ChoiceBox(this)),
      m_hits(new HitList(theme, this)),
      m_replace(new QPushButton(this)),
      m_state(new QLabel(this)) {
    setObjectName("projectSearch");
    setAccessibleName(tr("Find and replace in the project"));
    m_scope->addItems({tr("the manuscript"), tr("the notes"), tr("what is chosen in the binder"), tr("everything")});
    m_scope->setAccessibleName(tr("Where to search"));
    m_scope->view()->setAccessibleName(tr("Where to search"));
    m_replace->setAutoDefault(false);
    m_replace->setProperty("accent", true);
    m_replace->setToolTip(tr("Replaces what is ticked, as one step to undo; every text is kept in its history first"));
    m_state->setObjectName("quiet");
    m_state->setWordWrap(true);
    build();
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    const auto soon = qOverload<>(&QTimer::start);
    connect(&m_rest, &QTimer::timeout, this, &ProjectSearch::search);
    connect(m_terms, &SearchTerms::queryChanged, &m_rest, soon);
    connect(m_scope, &QComboBox::currentIndexChanged, &m_rest, soon);
    connect(m_terms->with, &QLineEdit::textChanged, this, &ProjectSearch::refreshPreview);
    connect(m_terms->preserveCase, &QToolButton::toggled, this, &ProjectSearch::refreshPreview);
    connect(m_hits, &HitList::tickedChanged, this, &ProjectSearch::refreshButtons);
    connect(m_hits, &HitList::hitChosen, this, &ProjectSearch::hitChosen);
    connect(m_replace, &QPushButton::clicked, this, &ProjectSearch::replaceTicked);
    connect(m_close, &QToolButton::clicked, this, &ProjectSearch::close);
    connect(&project, &ProjectService::closing, this, [this] { m_hits->setScenes({}); });
    say({});
    hide();
}

void ProjectSearch::build() {
    auto* top = new QHBoxLayout;
    top->addWidget(new SectionTitle(tr("Find in the project"), this), 1);
    top->addWidget(m_close);
    auto* options = new QHBoxLayout;
    options->setSpacing(2);
    for (QToolButton* option : {m_terms->matchCase, m_terms->wholeWord, m_terms->regex, m_terms->preserveCase})
        options->addWidget(option);
    options->addStretch(1);
    auto* scope = new QHBoxLayout;
    auto* in = new QLabel(tr("in"), this);
    in->setBuddy(m_scope);
    scope->addWidget(in);
    scope->addWidget(m_scope, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 8, 8, 10);
    column->setSpacing(6);
    column->addLayout(top);
    column->addWidget(m_terms->words);
    column->addWidget(m_terms->with);
    column->addLayout(options);
    column->addLayout(scope);
    column->addWidget(m_state);
    column->addWidget(m_hits, 1);
    column->addWidget(m_replace);
    const QList<QWidget*> order{m_terms->words,
                                m_terms->with,
                                m_terms->matchCase,
                                m_terms->wholeWord,
                                m_terms->regex,
                                m_terms->preserveCase,
                                m_scope,
                                m_hits,
                                m_replace,
                                m_close};
    for (qsizetype i = 1; i < order.size(); ++i) setTabOrder(order[i - 1], order[i]);
}

} // namespace palimpsest

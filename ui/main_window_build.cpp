// How the window is put together and connected.
#include "app/document/words.h"
#include "ui/annotations/annotation_commands.h"
#include "ui/drafting/drafting.h"
#include "ui/drafting/provenance_report.h"
#include "ui/drafting/surprise_bar.h"
#include "ui/editor/find_bar.h"
#include "ui/editor/page_focus.h"
#include "ui/editor/scene_shelf.h"
#include "ui/editor/scene_spelling.h"
#include "ui/editor/split_page.h"
#include "ui/history/history_commands.h"
#include "ui/main_menus.h"
#include "ui/main_window.h"
#include "ui/outline/binder.h"
#include "ui/palette/command_palette.h"
#include "ui/search/project_search.h"
#include "ui/settings/app_settings.h"
#include "ui/settings/project_language.h"
#include "ui/settings/shortcuts_dialog.h"
#include "ui/widgets/dialog_return.h"
#include "ui/widgets/line_of_text.h"
#include "ui/widgets/message_bar.h"

#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

namespace palimpsest {
namespace {

constexpr int kWhereLetters = 60;   // at most, of what is on the page
constexpr int kStatusDelayMs = 300; // after the last key or move of the caret
const char* const kProjectWords = "spelling_words";

// Who and what the notes are about is spelt right.
QStringList namesIn(const std::vector<Node>& nodes) {
    QStringList names;
    for (const Node& node : nodes) {
        if (node.kind != NodeKind::Note || !node.title.startsWith(u'@')) continue;
        forEachWord(node.title, [&](Interval word) { names << node.title.mid(word.begin, word.end - word.begin); });
    }
    names.sort();
    return names;
}

} // namespace

QWidget* MainWindow::buildPage() {
    auto* side = new QWidget(this);
    m_pages = new QStackedWidget(side);
    m_pages->addWidget(m_editor);
    m_pages->addWidget(buildEmpty());
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_bar);
    column->addWidget(m_pages, 1);
    column->addWidget(m_find);
    return side;
}

void MainWindow::buildSurprises() {
    auto* map = m_surprises = new SurpriseMap(*m_editor, m_engine, *m_drafting, this);
    auto* column = static_cast<QVBoxLayout*>(m_pages->parentWidget()->layout());
    auto* bar = new SurpriseBar(m_theme, *map, m_pages->parentWidget());
    column->insertWidget(column->indexOf(m_find), bar);
    connect(bar, &SurpriseBar::left, m_editor, qOverload<>(&QWidget::setFocus));
    connect(map, &SurpriseMap::said, this, &MainWindow::say);
    QMenu* menu = m_menus->draftMenu();
    QAction* show = menu->addAction(tr("Show which words s&urprise the model"));
    show->setObjectName("show_surprises");
    show->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_W));
    show->setCheckable(true);
    QAction* move = menu->addAction(tr("Mo&ve the most surprising tenth"), map, &SurpriseMap::moveTheWeakest);
    move->setObjectName("move_most_surprising");
    connect(show, &QAction::triggered, map, [map](bool on) { on ? map->ask() : map->clear(); });
    const auto refresh = [this, map, show, move] {
        show->setEnabled(m_drafting->usesModel() && m_node);
        show->setChecked(map->isShown());
        move->setEnabled(!map->isAsking() && !map->words().empty());
    };
    connect(map, &SurpriseMap::changed, show, refresh);
    connect(m_drafting, &Drafting::stateChanged, show, refresh);
    connect(map, &SurpriseMap::said, show, refresh); // it may have refused
    refresh();
}

QWidget* MainWindow::buildEmpty() {
    auto* page = new QWidget(this);
    page->setObjectName("emptyPage");
    page->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // no half is as wide as these buttons for it
    m_empty = new QLabel(page);
    m_empty->setObjectName("quiet");
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    const auto add = [this, page, buttons](const QString& text, void (MainWindow::*act)()) {
        auto* button = new QPushButton(text, page);
        button->setAccessibleName(text);
        connect(button, &QPushButton::clicked, this, act);
        buttons->addWidget(button);
        return button;
    };
    m_newScene = add(tr("New scene"), &MainWindow::addScene);
    add(tr("New project…"), &MainWindow::askNew);
    add(tr("Open…"), &MainWindow::askOpen);
    add(tr("Open the sample"), &MainWindow::openSample);
    buttons->addStretch();
    auto* column = new QVBoxLayout(page);
    column->addStretch(2);
    column->addWidget(m_empty);
    column->addSpacing(12);
    column->addLayout(buttons);
    column->addStretch(3);
    return page;
}

void MainWindow::buildStatus() {
    m_words = new QLabel(this);
    m_saved = new QLabel(this);
    m_provenance = new QLabel(this);
    m_where = new LineLabel(this);
    m_where->setMaximumWidth(fontMetrics().averageCharWidth() * kWhereLetters); // the menus have the rest
    m_where->setObjectName("quiet");
    m_where->setContentsMargins(0, 4, 14, 6);
    m_where->setAlignment(Qt::AlignVCenter | Qt::AlignTrailing);
    menuBar()->setCornerWidget(m_where);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_words);
    statusBar()->addPermanentWidget(m_saved);
    statusBar()->addPermanentWidget(m_provenance);
    m_status.setSingleShot(true);
    m_status.setInterval(kStatusDelayMs);
    connect(&m_status, &QTimer::timeout, this, &MainWindow::refreshStatus);
}

void MainWindow::connectServices() {
    const auto soon = qOverload<>(&QTimer::start);
    connect(&m_project, &ProjectService::opened, this, &MainWindow::onOpened);
    connect(&m_project, &ProjectService::failed, this, &MainWindow::say);
    connect(&m_project, &ProjectService::savedStateChanged, this, &MainWindow::refreshStatus);
    connect(&m_project, &ProjectService::wordsChanged, &m_status, soon);
    connect(&m_project, &ProjectService::nodesChanged, this, [this] {
        refreshTogether();
        const Node* shown = m_project.node(m_node);
        if (m_node && (!shown || shown->trashed)) showNothing();
        refreshTitle();
        m_status.start();
    });
    connect(&m_engine, &EngineService::restarted, this, &MainWindow::say);
    connect(m_shelf, &SceneShelf::edited, &m_status, soon);
    connect(m_editor, &QTextEdit::cursorPositionChanged, &m_status, soon);
    connect(m_binder, &Binder::opened, this, &MainWindow::openAlone);
    connect(m_binder, &Binder::changed, this, &MainWindow::openNode);
    connect(m_binder, &Binder::togetherAsked, this, &MainWindow::openTogether);
    connect(m_binder, &Binder::trashed, this, &MainWindow::onTrashed);
    connect(m_search, &ProjectSearch::said, this, &MainWindow::say);
    connect(m_search, &ProjectSearch::hitChosen, this, &MainWindow::goToHit);
    connect(m_search, &ProjectSearch::openedOrClosed, this, [this](bool open) {
        m_binder->setVisible(!open && m_menus->showBinder()->isChecked());
        if (!open) m_editor->setFocus();
    });
    connect(m_drafting, &Drafting::said, this, &MainWindow::say);
    connect(m_annotations, &AnnotationCommands::said, this, &MainWindow::say);
    connect(m_drafting, &Drafting::openAsked, this, &MainWindow::openNode);
    connect(m_passages, &PinnedPassages::changed, this, [this] { m_binder->setPassages(m_passages->all()); });
    connect(m_drafting, &Drafting::unsaid, this, [this](const QString& sentence) {
        if (m_bar->sentence() == sentence) m_bar->dismiss();
    });
    connect(m_drafting, &Drafting::modelSwitched, this, [](bool on) { AppSettings().setUsesModel(on); });
    connect(m_panel, &DraftingPanel::choicesChanged, this, [this] { AppSettings().setDraftChoices(m_panel->saved()); });
    connect(&m_theme, &Theme::changed, this, &MainWindow::applyLook);
    connect(m_writing, &Writing::changed, this, &MainWindow::applyLook);
    connect(m_language, &ProjectLanguage::changed, this, &MainWindow::applyLook);
}

void MainWindow::applyLook() {
    const Colours& c = m_theme.colours();
    m_shelf->setLook(pageMetrics(m_writing->choices()),
                     {c.page, c.desk, c.text, c.quiet, c.line, c.accent, c.found, c.misspelt});
    m_editor->setDesk(c.desk);
    m_halves->view().setDesk(c.desk);
    m_focus->setFocusOn(m_writing->choices().focus);
    m_focus->setTypewriter(m_writing->choices().typewriter);
    const QString language = m_language->code();
    m_editor->setSmartPunctuation(!m_writing->choices().smartPunctuation ? QString()
                                  : language.isEmpty()                   ? m_writing->language()
                                                                         : language);
    m_spelling->setLanguage(m_writing->choices().spelling ? language : QString());
}

void MainWindow::connectSpelling() {
    const auto added = [this] { return m_project.setting(kProjectWords).split(u'\n', Qt::SkipEmptyParts); };
    const auto teach = [this, added] { m_spelling->setProjectWords(added() + namesIn(m_project.nodes())); };
    connect(&m_project, &ProjectService::opened, m_spelling, teach);
    connect(&m_project, &ProjectService::nodesChanged, m_spelling, teach);
    connect(m_misspelt, &SceneSpelling::wordAdded, this, [this, added, teach](const QString& word) {
        m_project.setSetting(kProjectWords, (added() << word).join(u'\n'));
        teach();
    });
    connect(m_misspelt, &SceneSpelling::said, this, &MainWindow::say);
}

void MainWindow::buildCommands() {
    m_commands = new Commands(*menuBar(), this);
    m_palette = new CommandPalette(*m_commands, m_project, this);
    new DialogReturn(*this);
    connect(m_palette, &CommandPalette::nodeChosen, this, &MainWindow::openNode);
    connect(m_menus, &MainMenus::paletteAsked, m_palette, &CommandPalette::open);
    connect(m_menus, &MainMenus::shortcutsAsked, this, [this] {
        auto* dialog = new ShortcutsDialog(*m_commands, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    });
}

void MainWindow::connectMenus() {
    auto* history = new HistoryCommands(
        m_theme, m_project, [this] { return m_node; }, *m_menus->projectMenu(), *this);
    connect(history, &HistoryCommands::said, this, &MainWindow::say);
    connect(history, &HistoryCommands::offered, m_bar, &MessageBar::offer);
    connect(m_menus, &MainMenus::newAsked, this, &MainWindow::askNew);
    connect(m_menus, &MainMenus::openAsked, this, &MainWindow::askOpen);
    connect(m_menus, &MainMenus::sampleAsked, this, &MainWindow::openSample);
    connect(m_menus, &MainMenus::pathAsked, this, &MainWindow::openPath);
    connect(m_menus, &MainMenus::saveAsked, this, [this] { m_project.saveNow(); });
    connect(m_menus, &MainMenus::findAsked, m_find, &FindBar::open);
    connect(m_menus, &MainMenus::nextHitAsked, m_find, &FindBar::goTo);
    connect(m_menus, &MainMenus::themeChosen, this, [this] { AppSettings().setTheme(m_theme.choice()); });
    connect(m_menus, &MainMenus::aboutAsked, this, [this] {
        say(tr("Palimpsest %1. Nothing you write leaves this machine.").arg(QApplication::applicationVersion()));
    });
    connect(m_menus, &MainMenus::findInProjectAsked, this, [this](bool replacing) {
        if (m_project.isOpen()) m_search->open(replacing, m_editor->textCursor().selectedText());
    });
    connect(m_menus, &MainMenus::reportAsked, this, [this] {
        auto* report = new ProvenanceReportDialog(m_project, this);
        connect(report, &ProvenanceReportDialog::opened, this, &MainWindow::openNode);
        report->show();
    });
    connect(m_menus, &MainMenus::splitAsked, this, &MainWindow::splitAtCaret);
    connect(m_menus->showBinder(), &QAction::toggled, m_binder, &QWidget::setVisible);
    connect(m_menus->showPanel(), &QAction::toggled, m_panel, &QWidget::setVisible);
    connect(m_menus->fullScreen(), &QAction::toggled, this, &MainWindow::setFullScreen);
    connect(m_menus->showProvenance(), &QAction::toggled, m_shelf, &SceneShelf::setProvenanceShown);
    connect(m_menus->reduceMotion(), &QAction::toggled, this, [this](bool reduce) {
        m_theme.setReducesMotion(reduce);
        AppSettings().setReduceMotion(reduce);
    });
}

} // namespace palimpsest

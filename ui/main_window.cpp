#include "ui/main_window.h"

#include "app/services/sample_project.h"
#include "engine/base/paths.h"
#include "ui/annotations/annotation_commands.h"
#include "ui/drafting/drafting.h"
#include "ui/editor/continuous_text.h"
#include "ui/editor/find_bar.h"
#include "ui/editor/scene_document.h"
#include "ui/editor/scene_spelling.h"
#include "ui/editor/split_page.h"
#include "ui/main_menus.h"
#include "ui/notes/tag_completer.h"
#include "ui/outline/binder.h"
#include "ui/search/project_search.h"
#include "ui/settings/app_settings.h"
#include "ui/settings/project_language.h"
#include "ui/theme/icons.h"
#include "ui/widgets/message_bar.h"
#include "ui/writing_menus.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QFileDialog>
#include <QLabel>
#include <QLocale>
#include <QMenuBar>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>

namespace palimpsest {
namespace {

const char* const kOpenNode = "open_node";
const char* const kCaret = "caret";
const char* const kScroll = "scroll";

QString fileFilter() {
    return MainWindow::tr("Palimpsest projects (*.palimpsest)");
}

} // namespace

MainWindow::MainWindow(Theme& theme, EngineService& engine, ProjectService& project)
    : m_theme(theme),
      m_engine(engine),
      m_project(project),
      m_shelf(new SceneShelf(project, this)),
      m_notes(new NoteIndex(project, this)),
      m_passages(new PinnedPassages(project, this)),
      m_binder(new Binder(theme, project, *m_notes, this)),
      m_search(new ProjectSearch(
          theme, project, [this] { return m_binder->chosen(); }, this)),
      m_editor(new SceneEditor(this)),
      m_panel(new DraftingPanel(theme, this)),
      m_bar(new MessageBar(theme, this)),
      m_find(new FindBar(theme, *m_editor, this)),
      m_splitter(new QSplitter(this)),
      m_halves(new SplitPage(theme, project, *m_shelf, buildPage(), this)),
      m_writing(new Writing(this)),
      m_language(new ProjectLanguage(project, *m_writing, this)),
      m_focus(new PageFocus(*m_editor, this)),
      m_spelling(new Spelling({}, this)),
      m_misspelt(new SceneSpelling(*m_editor, *m_spelling, this)),
      m_together(new ContinuousText(*m_editor, *m_shelf, project, this)) {
    setWindowIcon(drawnIcon(Glyph::Application, theme.colours().accent));
    m_editor->setAccessibleName(tr("Page"));
    m_splitter->addWidget(m_binder);
    m_splitter->addWidget(m_search);
    m_splitter->addWidget(m_halves);
    m_splitter->addWidget(m_panel);
    m_splitter->setHandleWidth(3);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(2, 1);
    m_splitter->setSizes({250, 340, 860, 320});
    m_binder->setMinimumWidth(140);
    setCentralWidget(m_splitter);
    m_drafting = new Drafting({theme, engine, project, *m_notes, *m_passages, *m_shelf, *m_editor, *m_panel,
                               [this] { return m_binder->scenesInOrder(); }},
                              this);
    new TagCompleter(*m_notes, *m_editor); // the editor's child
    m_menus = new MainMenus(*this, theme, *m_editor, *m_binder, *m_drafting);
    new WritingMenus(*m_menus, {theme, *m_writing, *m_language, *m_spelling, *m_misspelt}, this);
    m_annotations = new AnnotationCommands(theme, *m_editor,
                                           {*m_menus->editMenu(), *m_menus->insertMenu(), *m_menus->draftMenu()}, this);
    buildSurprises();
    buildStatus();
    connectServices();
    connectMenus();
    connectHalves();
    connectTogether();
    connectSpelling();
    buildCommands();
    applyLook();
    showNothing();
    restoreWindow();
}

MainWindow::~MainWindow() {
    // Before the documents it stands on go.
    m_drafting->forgetProject();
    m_together->end();
    m_editor->showDocument(nullptr);
    m_halves->showBeside(0);
}

void MainWindow::say(const QString& sentence) {
    m_bar->say(sentence);
}

void MainWindow::openPath(const QString& path) {
    m_project.open(QDir::current().absoluteFilePath(path));
}

void MainWindow::createProject(const QString& path) {
    m_project.create(QDir::current().absoluteFilePath(path), QFileInfo(path).completeBaseName());
}

void MainWindow::openSample() {
    const QString folder = QString::fromStdString(dataFolder().string());
    const QString path = folder + QStringLiteral("/the-winter-ferry.palimpsest");
    if (!QFileInfo::exists(path)) {
        QDir().mkpath(folder);
        if (auto made = createSampleProject(QStringLiteral("the-winter-ferry"), path); !made)
            return say(QString::fromStdString(made.error().message));
    }
    openPath(path);
}

void MainWindow::openLast() {
    const QStringList recent = AppSettings().recent();
    if (!recent.isEmpty() && QFileInfo::exists(recent.front())) return openPath(recent.front());
    openSample();
}

void MainWindow::onOpened(OpenOutcome, const QString& sentence) {
    if (!sentence.isEmpty()) say(sentence);
    if (!m_project.isOpen() || m_project.path() == m_shownProject) return;
    m_shownProject = m_project.path();
    showNothing();
    m_drafting->forgetProject();
    m_halves->showBeside(0);
    m_shelf->clear();
    if (sentence.isEmpty()) m_bar->dismiss();
    m_menus->setProjectOpen(true);
    AppSettings settings;
    settings.addRecent(m_shownProject);
    m_menus->setRecent(settings.recent());
    setFocus(); // not the binder, which the window gave it to for being the first: the page is what was opened
    const NodeId last = m_project.setting(kOpenNode).toLongLong();
    const Node* node = m_project.node(last);
    if (!restoreTogether(last)) openNode(node && !node->trashed ? last : m_binder->firstScene());
    m_before = 0;
    restoreHalves();
    refreshStatus();
}

void MainWindow::openNode(NodeId node) {
    if (!node || node == m_node) return;
    if (node == m_halves->other() && !m_together->contains(node)) return goToOtherHalf();
    rememberPlace();
    if (!m_together->contains(node)) leaveTogether();
    m_shelf->take(node, this, [this, node](Result<SceneShelf::Scene*> taken) {
        const Node* known = m_project.node(node);
        if (!taken) return say(QString::fromStdString(taken.error().message));
        if (!known || known->trashed) return;
        SceneShelf::Scene& scene = **taken;
        const bool within = m_together->contains(node) && m_together->contains(m_node);
        m_before = std::exchange(m_node, node);
        m_pages->setCurrentIndex(0);
        m_editor->showDocument(&scene.document);
        if (scene.caret == 0 && m_project.setting(kOpenNode).toLongLong() == node)
            scene.caret = m_project.setting(kCaret).toInt(), scene.scroll = m_project.setting(kScroll).toInt();
        goToPlace(scene.caret, within ? -1 : scene.scroll);
        if (m_roots.empty()) m_binder->select(node);
        m_drafting->setScene(node);
        if (!m_binder->tree()->hasFocus() && !m_binder->isAncestorOf(focusWidget())) m_editor->setFocus();
        m_project.setSetting(kOpenNode, QString::number(node));
        refreshTitle();
        refreshStatus();
    });
}

void MainWindow::showNothing() {
    m_node = 0;
    m_together->end();
    m_roots.clear();
    m_editor->showDocument(nullptr);
    const bool open = m_project.isOpen();
    m_empty->setText(open ? tr("No scene is open. Choose one in the binder, or begin one:")
                          : tr("No project is open. Begin one, or open one:"));
    m_newScene->setVisible(open);
    m_pages->setCurrentIndex(1);
    m_drafting->setScene(0);
    m_menus->setProjectOpen(open);
    refreshTitle();
    refreshStatus();
}

void MainWindow::onTrashed(const std::vector<qint64>& nodes) {
    const Node* first = m_project.node(nodes.front());
    if (!first) return;
    const QString sentence = nodes.size() == 1 ? tr("“%1” is in the trash.").arg(first->title)
                                               : tr("%n items are in the trash.", nullptr, int(nodes.size()));
    m_bar->offer(sentence, tr("Undo"), [this, nodes] {
        m_binder->edits().setTrashed(nodes, false);
        openNode(nodes.front());
    });
}

// In the text on the page.
void MainWindow::goToPlace(int position, int scroll) {
    QTextCursor caret = m_editor->textCursor();
    caret.setPosition(std::min(position, m_editor->document()->characterCount() - 1));
    m_editor->setTextCursor(caret);
    if (scroll >= 0) m_editor->verticalScrollBar()->setValue(int(m_editor->pageLayout()->above()) + scroll);
    m_editor->ensureCursorVisible();
}

// Where the writer is in the scene shown, for coming back to it.
void MainWindow::rememberPlace() {
    SceneShelf::Scene* scene = m_shelf->find(m_node);
    if (!scene) return;
    scene->caret = m_editor->textCursor().position();
    scene->scroll = m_editor->verticalScrollBar()->value() - int(m_editor->pageLayout()->above());
    m_project.setSetting(kCaret, QString::number(scene->caret));
    m_project.setSetting(kScroll, QString::number(scene->scroll));
}

void MainWindow::askNew() {
    auto* dialog = new QFileDialog(this, tr("New project"), QDir::homePath(), fileFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setOption(QFileDialog::DontConfirmOverwrite); // an existing file is refused, never written over
    dialog->setDefaultSuffix(QStringLiteral("palimpsest"));
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::createProject);
    dialog->open();
}

void MainWindow::askOpen() {
    auto* dialog = new QFileDialog(this, tr("Open project"), QDir::homePath(), fileFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openPath);
    dialog->open();
}

void MainWindow::addScene() {
    m_binder->addNode(NodeKind::Scene);
}

void MainWindow::refreshTitle() {
    const Node* node = m_project.node(m_node);
    const Node* parent = node ? m_project.node(node->parent) : nullptr;
    QString where = m_project.title();
    if (node)
        where += QStringLiteral(" — ") + (parent ? parent->title + QStringLiteral(" · ") : QString()) + node->title;
    m_where->setText(where);
    m_where->adjustSize();
    menuBar()->adjustSize();
    setWindowTitle(m_project.isOpen() ? tr("%1 – Palimpsest").arg(m_project.title()) : tr("Palimpsest"));
}

void MainWindow::refreshStatus() {
    const QLocale locale;
    const bool open = m_project.isOpen();
    const SceneShelf::Scene* scene = m_shelf->find(m_node);
    m_saved->setText(!open ? QString() : m_project.hasUnsaved() ? tr("Saving…") : tr("Saved"));
    m_provenance->setText(QString());
    if (!scene)
        return m_words->setText(open ? tr("%1 words in book").arg(locale.toString(m_project.totalWords())) : QString());
    const ProvenanceReport report = reportProvenance(readDocument(scene->document));
    const bool note = m_project.node(m_node) && m_project.node(m_node)->kind == NodeKind::Note;
    const QString own = (note ? tr("%1 words in note") : tr("%1 words in scene")).arg(locale.toString(report.words));
    const QString page = tr("%1 on the page").arg(locale.toString(wordsOnPage()));
    const QString book = tr("%1 in book").arg(locale.toString(m_project.totalWords()));
    m_words->setText((m_roots.empty() ? QStringList{own, book} : QStringList{own, page, book}).join(tr(" · ")));
    const auto percent = [&report](int words) { return report.words ? qRound(100.0 * words / report.words) : 0; };
    m_provenance->setText(
        tr("%1 % drafted, %2 % drafted then edited").arg(percent(report.drafted)).arg(percent(report.edited)));
    m_project.setSetting(kCaret, QString::number(m_editor->textCursor().position()));
}

void MainWindow::setFullScreen(bool on) {
    m_binder->setVisible(!on && m_menus->showBinder()->isChecked());
    m_panel->setVisible(!on && m_menus->showPanel()->isChecked());
    statusBar()->setVisible(!on);
    menuBar()->setFixedHeight(on ? 0 : QWIDGETSIZE_MAX); // hidden, its shortcuts would be gone
    if (!on) menuBar()->setMinimumHeight(0);
    setWindowState(windowState().setFlag(Qt::WindowFullScreen, on));
}

void MainWindow::restoreWindow() {
    const AppSettings settings;
    resize(1440, 900);
    restoreGeometry(settings.geometry());
    m_splitter->restoreState(settings.splitter());
    m_menus->showBinder()->setChecked(settings.showsBinder());
    m_menus->showPanel()->setChecked(settings.showsPanel());
    m_menus->reduceMotion()->setChecked(settings.reducesMotion());
    m_menus->setRecent(settings.recent());
    m_panel->restore(settings.draftChoices());
}

void MainWindow::saveWindow() {
    rememberPlace();
    AppSettings settings;
    if (!m_menus->fullScreen()->isChecked()) {
        settings.setGeometry(saveGeometry());
        settings.setSplitter(m_splitter->saveState());
    }
    settings.setShows(m_menus->showBinder()->isChecked(), m_menus->showPanel()->isChecked());
}

void MainWindow::closeEvent(QCloseEvent* event) {
    saveWindow();
    m_project.saveNow();
    event->accept();
}

void MainWindow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::WindowStateChange && m_menus) m_menus->fullScreen()->setChecked(isFullScreen());
    QMainWindow::changeEvent(event);
}

} // namespace palimpsest

#include "ui/main_menus.h"

#include "ui/editor/passage_view.h"

#include <QActionGroup>
#include <QFileInfo>
#include <QMenuBar>

namespace palimpsest {

MainMenus::MainMenus(QMainWindow& window, Theme& theme, SceneEditor& editor, Binder& binder, Drafting& drafting)
    : QObject(&window),
      m_window(window),
      m_theme(theme),
      m_editor(editor),
      m_binder(binder),
      m_binderCommands(*new BinderCommands(binder)),
      m_drafting(drafting) {
    window.menuBar()->setAccessibleName(tr("Menus"));
    buildFile();
    buildEdit();
    buildView();
    buildInsertAndFormat();
    buildDraft();
    buildProject();
    QMenu* help = window.menuBar()->addMenu(tr("&Help"));
    add(help, "palette", tr("&Commands and scenes…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P),
        [this] { Q_EMIT paletteAsked(); });
    add(help, "shortcuts", tr("&Shortcuts…"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_K),
        [this] { Q_EMIT shortcutsAsked(); });
    add(help, "about", tr("&About Palimpsest"), {}, [this] { Q_EMIT aboutAsked(); });
    connect(&drafting, &Drafting::stateChanged, this, &MainMenus::refreshDraft);
    refreshDraft();
}

QAction* MainMenus::add(QMenu* menu, const char* id, const QString& text, const QKeySequence& keys,
                        std::function<void()> act) {
    QAction* action = menu->addAction(text);
    action->setObjectName(id);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, std::move(act));
    return action;
}

void MainMenus::buildFile() {
    QMenu* menu = m_window.menuBar()->addMenu(tr("&File"));
    add(menu, "new_project", tr("&New project…"), QKeySequence::New, [this] { Q_EMIT newAsked(); });
    add(menu, "open", tr("&Open…"), QKeySequence::Open, [this] { Q_EMIT openAsked(); });
    m_recent = menu->addMenu(tr("Open &recent"));
    m_recent->setProperty("passing", true); // its entries are no commands
    add(menu, "open_sample", tr("Open the &sample"), {}, [this] { Q_EMIT sampleAsked(); });
    menu->addSeparator();
    m_needProject << add(menu, "save_now", tr("&Save now"), QKeySequence::Save, [this] { Q_EMIT saveAsked(); });
    menu->addSeparator();
    add(menu, "quit", tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { m_window.close(); });
}

void MainMenus::setRecent(const QStringList& paths) {
    m_recent->clear();
    m_recent->setEnabled(!paths.isEmpty());
    for (const QString& path : paths) {
        QAction* action = m_recent->addAction(QFileInfo(path).completeBaseName().replace(u'&', QStringLiteral("&&")));
        action->setToolTip(path);
        connect(action, &QAction::triggered, this, [this, path] { Q_EMIT pathAsked(path); });
    }
}

void MainMenus::setProjectOpen(bool open) {
    for (QAction* action : m_needProject) action->setEnabled(open);
    m_binderCommands.setProjectOpen(open);
}

void MainMenus::buildEdit() {
    QMenu* menu = m_edit = m_window.menuBar()->addMenu(tr("&Edit"));
    SceneEditor* editor = &m_editor;
    QAction* undo = add(menu, "undo", tr("&Undo"), QKeySequence::Undo, [editor] { editor->undoEdit(); });
    QAction* redo = add(menu, "redo", tr("&Redo"), QKeySequence::Redo, [editor] { editor->redoEdit(); });
    connect(editor, &QTextEdit::undoAvailable, undo, &QAction::setEnabled);
    connect(editor, &QTextEdit::redoAvailable, redo, &QAction::setEnabled);
    menu->addSeparator();
    QAction* cut = add(menu, "cut", tr("Cu&t"), QKeySequence::Cut, [editor] { editor->cutSelection(); });
    QAction* copy = add(menu, "copy", tr("&Copy"), QKeySequence::Copy, [editor] { editor->copySelection(); });
    add(menu, "paste", tr("&Paste"), QKeySequence::Paste, [editor] { editor->paste(); });
    menu->addSeparator();
    add(menu, "select_all", tr("Select &all"), QKeySequence::SelectAll, [editor] { editor->selectWhole(); });
    menu->addSeparator();
    const auto find = [this](bool replacing) { return [=, this] { Q_EMIT findAsked(replacing); }; };
    const auto next = [this](bool backwards) { return [=, this] { Q_EMIT nextHitAsked(backwards); }; };
    const auto everywhere = [this](bool replacing) { return [=, this] { Q_EMIT findInProjectAsked(replacing); }; };
    const auto ctrlShift = Qt::CTRL | Qt::SHIFT;
    m_needProject << add(menu, "find", tr("&Find in the scene…"), QKeySequence::Find, find(false))
                  << add(menu, "replace", tr("R&eplace in the scene…"), QKeySequence(Qt::CTRL | Qt::Key_H), find(true))
                  << add(menu, "find_next", tr("Find &next"), QKeySequence(Qt::Key_F3), next(false))
                  << add(menu, "find_previous", tr("Find pre&vious"), QKeySequence(Qt::SHIFT | Qt::Key_F3), next(true))
                  << add(menu, "find_in_project", tr("Find in the pro&ject…"), ctrlShift | Qt::Key_F, everywhere(false))
                  << add(menu, "replace_in_project", tr("Replace in the projec&t…"), ctrlShift | Qt::Key_H,
                         everywhere(true));
    for (QAction* action : {undo, redo, cut, copy}) action->setEnabled(false);
    for (QAction* action : {cut, copy}) connect(editor, &QTextEdit::copyAvailable, action, &QAction::setEnabled);
}

void MainMenus::buildView() {
    QMenu* menu = m_view = m_window.menuBar()->addMenu(tr("&View"));
    const auto check = [this, menu](const char* id, const QString& text, const QKeySequence& keys, bool on) {
        QAction* action = menu->addAction(text);
        action->setObjectName(id);
        action->setShortcut(keys);
        action->setCheckable(true);
        action->setChecked(on);
        return action;
    };
    m_showBinder = check("show_binder", tr("&Binder"), QKeySequence(Qt::Key_F9), true);
    m_showPanel = check("show_panel", tr("&Drafting panel"), QKeySequence(Qt::SHIFT | Qt::Key_F9), true);
    m_fullScreen = check("full_screen", tr("&Full screen, the page alone"), QKeySequence(Qt::Key_F11), false);
    menu->addSeparator();
    m_showProvenance =
        check("show_drafted", tr("Show what was d&rafted"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_P), false);
    m_needProject << add(menu, "report", tr("Where the &words came from…"), {}, [this] { Q_EMIT reportAsked(); });
    m_reduceMotion = check("reduce_motion", tr("Reduce &motion"), {}, false);
    menu->addSeparator();
    QMenu* themes = menu->addMenu(tr("&Theme"));
    auto* group = new QActionGroup(themes);
    const QStringList names = Theme::choiceNames();
    for (int i = 0; i < int(names.size()); ++i) {
        QAction* action = themes->addAction(names[i]);
        action->setObjectName(QStringLiteral("theme_%1").arg(i));
        action->setCheckable(true);
        action->setActionGroup(group);
        action->setChecked(int(m_theme.choice()) == i);
        connect(&m_theme, &Theme::changed, action,
                [this, action, i] { action->setChecked(int(m_theme.choice()) == i); });
        connect(action, &QAction::triggered, this, [this, i] {
            m_theme.choose(Theme::Choice(i));
            Q_EMIT themeChosen();
        });
    }
    menu->addSeparator();
    add(menu, "go_to_page", tr("Go to the &page"), QKeySequence(Qt::CTRL | Qt::Key_1), [this] { m_editor.setFocus(); });
    add(menu, "go_to_binder", tr("Go to the b&inder"), QKeySequence(Qt::CTRL | Qt::Key_2), [this] {
        m_showBinder->setChecked(true);
        m_binder.tree()->setFocus();
    });
}

void MainMenus::buildInsertAndFormat() {
    SceneEditor* editor = &m_editor;
    QMenu* insert = m_insert = m_window.menuBar()->addMenu(tr("&Insert"));
    Binder* binder = &m_binder;
    const QKeySequence sceneKeys(Qt::CTRL | Qt::SHIFT | Qt::Key_N);
    m_needProject << add(insert, "new_scene", tr("New &scene"), sceneKeys,
                         [binder] { binder->addNode(NodeKind::Scene); })
                  << add(insert, "new_chapter", tr("New &chapter"), {},
                         [binder] { binder->addNode(NodeKind::Chapter); })
                  << add(insert, "new_part", tr("New &part"), {}, [binder] { binder->addNode(NodeKind::Part); })
                  << add(insert, "new_note", tr("New &note"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_N),
                         [binder] { binder->addNode(NodeKind::Note); });
    insert->addSeparator();
    add(insert, "scene_break", tr("Scene &break"), {}, [editor] { editor->insertSceneBreak(); });

    QMenu* format = m_window.menuBar()->addMenu(tr("F&ormat"));
    add(format, "bold", tr("&Bold"), QKeySequence::Bold, [editor] { editor->toggleBold(); });
    add(format, "italic", tr("&Italic"), QKeySequence::Italic, [editor] { editor->toggleItalic(); });
    add(format, "underline", tr("&Underline"), QKeySequence::Underline, [editor] { editor->toggleUnderline(); });
    add(format, "strike_through", tr("&Strike through"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_X),
        [editor] { editor->toggleStrike(); });
    format->addSeparator();
    add(format, "paragraph", tr("&Paragraph"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_0),
        [editor] { editor->setBlockKind(BlockKind::Paragraph, 0); });
    for (int level = 1; level <= 3; ++level)
        add(format, qPrintable(QStringLiteral("heading_%1").arg(level)), tr("Heading &%1").arg(level),
            QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key(Qt::Key_0 + level)),
            [editor, level] { editor->setBlockKind(BlockKind::Heading, level); });
    add(format, "quotation", tr("&Quotation"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_Q),
        [editor] { editor->setBlockKind(BlockKind::Quote, 0); });
    format->addSeparator();
    add(format, "bullets", tr("List with bu&llets"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_8),
        [editor] { editor->toggleList(BlockKind::Bullet); });
    add(format, "numbers", tr("&Numbered list"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_9),
        [editor] { editor->toggleList(BlockKind::Numbered); });
    add(format, "deeper", tr("&Deeper in the list"), QKeySequence(Qt::CTRL | Qt::Key_BracketRight),
        [editor] { editor->deepenList(1); });
    add(format, "less_deep", tr("L&ess deep in the list"), QKeySequence(Qt::CTRL | Qt::Key_BracketLeft),
        [editor] { editor->deepenList(-1); });
}

void MainMenus::buildDraft() {
    QMenu* menu = m_draft = m_window.menuBar()->addMenu(tr("&Draft"));
    Drafting* drafting = &m_drafting;
    const auto onPassage = [drafting](auto act) {
        return [drafting, act] {
            if (Passage* passage = drafting->passage()) act(*passage);
        };
    };
    const QKeySequence fillKeys(Qt::CTRL | Qt::SHIFT | Qt::Key_Return);
    QAction* go = add(menu, "continue", tr("&Continue here"), QKeySequence(Qt::CTRL | Qt::Key_Return),
                      [drafting] { drafting->start(DraftKind::Continue); });
    QAction* fill =
        add(menu, "fill_gap", tr("&Fill this gap"), fillKeys, [drafting] { drafting->start(DraftKind::Infill); });
    QAction* rewrite = add(menu, "rewrite", tr("&Rewrite this"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R),
                           [drafting] { drafting->start(DraftKind::Rewrite); });
    m_starts = {go, fill, rewrite};
    m_editor.addActions(m_starts); // for the page's context menu
    m_stop = add(menu, "stop_draft", tr("&Stop"), QKeySequence(Qt::Key_Escape), [drafting] { drafting->stop(); });
    menu->addSeparator();
    m_accept = add(menu, "accept_draft", tr("&Accept"), QKeySequence(Qt::ALT | Qt::Key_Return),
                   onPassage([](Passage& passage) { passage.accept(); }));
    m_another = add(menu, "another_draft", tr("A&nother"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A),
                    onPassage([](Passage& passage) { passage.session().another(); }));
    m_moveTheRest = add(menu, "move_rest", tr("&Move the rest again"), QKeySequence(Qt::CTRL | Qt::Key_M),
                        onPassage([](Passage& passage) { passage.moveTheRest(); }));
    m_weakest =
        add(menu, "move_weakest", tr("Move the &weakest tenth again"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_W),
            onPassage([](Passage& passage) { passage.moveTheWeakest(); }));
    m_branch = add(menu, "branch", tr("&Branch from the pass shown"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_B),
                   onPassage([](Passage& passage) { passage.session().branchFromShown(); }));
    m_discard = add(menu, "discard_draft", tr("&Discard"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Backspace),
                    onPassage([](Passage& passage) { passage.discard(); }));
    menu->addSeparator();
    QAction* changes = menu->addAction(tr("Show what a rewrite &changes"));
    changes->setObjectName("show_changes");
    changes->setCheckable(true);
    changes->setChecked(true);
    connect(changes, &QAction::toggled, drafting, &Drafting::setChangesShown);
    m_compare = add(menu, "compare_drafts", tr("Drafts side by s&ide…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L),
                    [drafting] { drafting->compare(); });
    menu->addSeparator();
    m_goTo = add(menu, "go_to_passage", tr("&Go to the passage"), QKeySequence(Qt::CTRL | Qt::Key_L),
                 onPassage([](Passage& passage) { passage.focus(); }));
    m_lock = add(menu, "lock_word", tr("&Lock or free the word"), QKeySequence(Qt::CTRL | Qt::Key_K),
                 onPassage([](Passage& passage) { passage.view().toggleFocusedWord(); }));
    menu->addSeparator();
    m_useModel = menu->addAction(tr("&Use the model"));
    m_useModel->setObjectName("use_model");
    m_useModel->setCheckable(true);
    connect(m_useModel, &QAction::triggered, drafting, &Drafting::useModel);
}

void MainMenus::refreshDraft() {
    const Passage* passage = m_drafting.passage();
    const bool runs = m_drafting.isRunning();
    m_useModel->setChecked(m_drafting.usesModel());
    for (QAction* start : m_starts) start->setEnabled(m_drafting.usesModel());
    const bool hasWords = passage && !passage->session().tokens().empty();
    m_stop->setEnabled(runs);
    for (QAction* action : {m_goTo, m_lock, m_discard}) action->setEnabled(passage);
    m_accept->setEnabled(hasWords);
    m_compare->setEnabled(hasWords);
    m_another->setEnabled(passage && !runs);
    for (QAction* action : {m_moveTheRest, m_branch, m_weakest}) action->setEnabled(hasWords && !runs);
}

void MainMenus::buildProject() {
    m_projectMenu = m_window.menuBar()->addMenu(tr("&Project"));
    m_binderCommands.fill(*m_projectMenu);
    connect(&m_binderCommands, &BinderCommands::splitAsked, this, &MainMenus::splitAsked);
}

} // namespace palimpsest

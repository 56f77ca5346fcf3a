// The window: binder, page, drafting panel, and what is said about them.
//
// UI thread. It only arranges and connects; the services are made before it and outlive it.
#pragma once

#include "app/services/engine_service.h"
#include "app/services/project_service.h"
#include "ui/theme/theme.h"

#include <QMainWindow>
#include <QTimer>
#include <memory>

class QAction;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace palimpsest {

class AnnotationCommands;
class Binder;
class CommandPalette;
class Commands;
class ContinuousText;
class Drafting;
class DraftingPanel;
class FindBar;
class MainMenus;
class MessageBar;
class NoteIndex;
class ProjectLanguage;
class ProjectSearch;
struct PickedHit;
class PageFocus;
class PinnedPassages;
class SceneEditor;
class SceneShelf;
class SceneSpelling;
class Spelling;
class SplitPage;
class SurpriseMap;
class Writing;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(Theme& theme, EngineService& engine, ProjectService& project);
    ~MainWindow() override;

    void say(const QString& sentence); // in the quiet bar
    void openPath(const QString& path);
    void createProject(const QString& path);
    // The sample manuscript as a project of the writer's own; made when there is none yet.
    void openSample();
    // The last project, or else the sample.
    void openLast();
    // On the page: alone, or where it stands in the continuous text that is there already.
    void openNode(NodeId node);
    void openAlone(NodeId node);
    // What lies in these parts, chapters and scenes, in reading order, as one continuous text.
    void openTogether(const std::vector<qint64>& nodes);

    SceneEditor& editor() const { return *m_editor; }
    Binder& binder() const { return *m_binder; }
    ProjectSearch& search() const { return *m_search; }
    DraftingPanel& panel() const { return *m_panel; }
    Drafting& drafting() const { return *m_drafting; }
    MessageBar& bar() const { return *m_bar; }
    FindBar& findBar() const { return *m_find; }
    Commands& commands() const { return *m_commands; }
    Writing& writing() const { return *m_writing; }
    ProjectLanguage& language() const { return *m_language; }
    SceneSpelling& misspelt() const { return *m_misspelt; }
    Spelling& spelling() const { return *m_spelling; }
    SurpriseMap& surprises() const { return *m_surprises; }
    AnnotationCommands& annotations() const { return *m_annotations; }
    SplitPage& halves() const { return *m_halves; }
    ContinuousText& together() const { return *m_together; }
    NodeId shownNode() const { return m_node; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* buildPage();
    QWidget* buildEmpty();
    void buildSurprises();
    void buildStatus();
    void connectServices();
    void connectMenus();
    void applyLook();
    void connectSpelling();
    void buildCommands();
    void onOpened(OpenOutcome outcome, const QString& sentence);
    void onTrashed(const std::vector<qint64>& nodes);
    void splitAtCaret();
    void connectTogether();
    void refreshTogether();
    void leaveTogether();
    int wordsOnPage() const;           // of the continuous text
    bool restoreTogether(NodeId last); // the text to be in; false: there was no continuous text
    void goToHit(NodeId node, const PickedHit& hit);
    void connectHalves();
    void restoreHalves();
    void openBeside(NodeId node, int scroll = -1); // 0: closes the other half
    void toggleHalf();
    void goToOtherHalf();
    void workInOther(NodeId node, int position); // of the caret; -1: where it was
    void askNew();
    void askOpen();
    void addScene();
    void showNothing();
    void refreshStatus();
    void refreshTitle();
    void rememberPlace();
    void goToPlace(int position, int scroll); // -1: as it is
    void setFullScreen(bool on);
    void restoreWindow();
    void saveWindow();

    Theme& m_theme;
    EngineService& m_engine;
    ProjectService& m_project;
    SceneShelf* m_shelf;
    NoteIndex* m_notes;
    PinnedPassages* m_passages;
    Binder* m_binder;
    ProjectSearch* m_search;
    SceneEditor* m_editor;
    DraftingPanel* m_panel;
    MessageBar* m_bar;
    FindBar* m_find;
    QSplitter* m_splitter;
    SplitPage* m_halves;
    Writing* m_writing;
    ProjectLanguage* m_language;
    PageFocus* m_focus;
    Spelling* m_spelling;
    SceneSpelling* m_misspelt;
    ContinuousText* m_together;
    std::vector<NodeId> m_roots; // of the continuous text: what the writer chose; empty: one text alone
    QStackedWidget* m_pages;     // the editor, or what to do when there is nothing to edit
    QLabel* m_empty;
    QPushButton* m_newScene;
    QLabel *m_words, *m_saved, *m_provenance, *m_where;
    Drafting* m_drafting;
    MainMenus* m_menus = nullptr;
    QAction* m_stacked = nullptr;
    AnnotationCommands* m_annotations = nullptr;
    SurpriseMap* m_surprises = nullptr;
    Commands* m_commands = nullptr; // once all menus are there
    CommandPalette* m_palette = nullptr;
    QTimer m_status;
    NodeId m_node = 0, m_before = 0; // what is on the page, and what was before
    QString m_shownProject;          // path of the one the window shows
};

} // namespace palimpsest

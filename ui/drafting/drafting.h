// Drafting in the open scene: builds the request from what is around the caret, puts the passage on the page, and keeps
// the panel and the page in step. One passage at a time; one that is put aside stays in the project. While the writer
// rests the engine is told what a draft here would see, so that its first pass need not wait for the reading.
//
// UI thread; nothing waits.
#pragma once

#include "ui/drafting/drafting_panel.h"
#include "ui/drafting/story_context.h"
#include "ui/editor/passage.h"
#include "ui/editor/scene_shelf.h"

#include <QTimer>
#include <functional>
#include <set>

namespace palimpsest {

// Half-open range of a document that a draft stands for.
struct DraftPlace {
    int begin = 0, end = 0;
};

// Where a draft of this kind goes: Continue at the caret; Fill instead of the selection, else of the blank paragraphs
// around the caret; Rewrite of the selection, else of the sentence at the caret. Empty for a rewrite of nothing.
DraftPlace draftPlace(const QTextCursor& cursor, DraftKind kind);

// The locks of a rewrite of `place` in which only the words of `open` may change, in bytes of its text (modelText()). A
// word's space is open with it: they are one token. `open`: in order, disjoint; empty selections are left out.
std::vector<TextRange> locksAround(const QTextDocument& document, DraftPlace place,
                                   const std::vector<QTextCursor>& open);

class Drafting : public QObject {
    Q_OBJECT
public:
    struct Desk {
        const Theme& theme;
        EngineService& engine;
        ProjectService& project;
        const NoteIndex& notes;
        PinnedPassages& passages;
        SceneShelf& shelf;
        SceneEditor& editor;
        DraftingPanel& panel;
        std::function<std::vector<NodeId>()> scenesInOrder;
    };

    explicit Drafting(Desk desk, QObject* parent = nullptr);
    ~Drafting() override;

    void setScene(NodeId node); // the editor shows it now; 0 = none
    void forgetProject();       // another one is being opened; called by itself when the project says so

    void start(DraftKind kind);
    // A rewrite of the passage in which only these words of the document may change; sorted, disjoint.
    void rewriteOnly(const QTextCursor& passage, const std::vector<Interval>& open);
    // Loads the texts that a draft in the open scene is told of, then calls `done`, perhaps before this returns.
    void withContext(std::function<void()> done);
    // What a draft at a place of the open scene would ask for; of the texts around it as far as they are loaded.
    DraftRequest request(DraftKind kind, DraftPlace place) const;
    void stop();
    void putAside(); // takes the passage off the page; the project keeps it
    Passage* passage() const { return m_passage.get(); }
    bool isRunning() const;

    // Off: no process of the engine runs, and nothing is drafted. What was drafted stays.
    void useModel(bool on);
    bool usesModel() const;
    void setChangesShown(bool shown); // of this passage and of later ones
    void compare();                   // the drafts of the passage, side by side

Q_SIGNALS:
    void stateChanged(); // a passage came, changed or went
    void said(const QString& sentence);
    void unsaid(const QString& sentence); // one of them is not true any more
    void modelSwitched(bool on);
    void openAsked(qint64 node);

private:
    bool canStart(); // says why not
    void startAt(DraftKind kind, const QTextCursor& place, const std::vector<QTextCursor>& open);
    void begin(DraftKind kind, const QTextCursor& place, const std::vector<QTextCursor>& open);
    void onPassageChanged();
    void onPassageFinished();
    void loadKept();
    void onSurroundingsChanged();
    void preview();
    void readAhead();
    void insertKept(StoredDraft draft);
    void discardKept(StoredDraft draft);
    void keepState(StoredDraft draft);
    void connectPanel();
    void showNotes();
    void takeEdits();
    void unpin(const ContextNote& passage);
    void goTo(const ContextNote& passage);
    void onEngineChanged();
    void refuse(const QString& sentence);

    Desk m_desk;
    StoryContext m_context;
    std::set<NodeId> m_edited; // since m_context was given their texts
    std::unique_ptr<Passage> m_passage;
    QTimer m_preview, m_kept, m_ahead;
    DraftRequest m_readAhead; // the last one the engine was told to read for; no id: none
    bool m_changesShown = true;
    NodeId m_node = 0;
    QString m_failure; // already said
    QString m_refusal; // said when the engine could not draft; empty when it was not, or can by now
};

} // namespace palimpsest

// A draft session shown in its place on the page: keeps the layout, the painted words and the strip in step with it.
//
// UI thread. The document does not change until accept(), and then in one undo step.
#pragma once

#include "app/services/draft_session.h"
#include "ui/editor/passage_flow.h"
#include "ui/editor/scene_editor.h"
#include "ui/theme/theme.h"

#include <QPointer>

namespace palimpsest {

class PassageStrip;
class PassageView;
class WordChoices;

class Passage : public QObject {
    Q_OBJECT
public:
    // Stands for [begin, end) of the document the editor shows now. Everything given must outlive the passage.
    Passage(const Theme& theme, SceneEditor& editor, std::unique_ptr<DraftSession> session, int begin, int end);
    // Takes the passage off the page; the text stays as it is, the project keeps the draft.
    ~Passage() override;

    DraftSession& session() const { return *m_session; }
    PassageView& view() const { return *m_view; }
    PassageStrip& strip() const { return *m_strip; }
    WordChoices& choices() const { return *m_choices; } // shown while the mouse rests on a word
    QTextDocument* document() const { return m_document; }

    void accept();  // puts the words into the text
    void discard(); // takes them away; stays stored as discarded
    void moveTheRest();
    void moveTheWeakest(); // a tenth of the words
    // A rewrite at rest shows what it took out and put in; on at first.
    void setChangesShown(bool shown);
    void focus(); // gives the keyboard to the words

Q_SIGNALS:
    void changed();
    void finished(); // accepted or discarded: delete the passage

private:
    void onSessionChanged();
    PassageWords wordsToShow() const;
    void popUpMenu(int token, const QPoint& at);
    void offerChoices(int word);
    void place();
    void followOnScreen();
    bool isShown() const;

    SceneEditor& m_editor;
    QPointer<QTextDocument> m_document;
    std::unique_ptr<DraftSession> m_session;
    PassageFlow m_flow;
    PassageView* m_view; // children of the editor's viewport
    PassageStrip* m_strip;
    WordChoices* m_choices;
    int m_offered = -1; // the token that choices are offered for
    Marks m_marks;      // of the text it stands for
    bool m_following = true;
    bool m_onPage = true;
    bool m_changesShown = true;
};

} // namespace palimpsest

// The panel at the right: what to draft and how, what the model sees, other drafts, model and device.
//
// UI thread. Holds the choices, shows states it is told, asks through signals; starts nothing itself.
#pragma once

#include "app/services/draft_session.h"
#include "ui/theme/theme.h"

#include <QScrollArea>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace palimpsest {

class BudgetBar;
class ContextNotes;
class DraftCard;
class TrackSlider;

struct DraftChoices {
    DraftKind kind = DraftKind::Continue;
    DraftOptions options;
};

class DraftingPanel : public QScrollArea {
    Q_OBJECT
public:
    explicit DraftingPanel(const Theme& theme, QWidget* parent = nullptr);

    DraftChoices choices() const;
    void setKind(DraftKind kind);
    void drawNewSeed();                 // when the writer wants a new one each time
    QString saved() const;              // the choices, for restoring
    void restore(const QString& saved); // ignores what it does not understand

    void showEngine(EngineService& engine);
    void showContext(const ContextPreview* preview); // null: unknown
    ContextNotes& notes() const { return *m_notes; } // the list under the bar
    void showSession(DraftSession* session);         // its candidates; null: none on the page
    void showKept(const std::vector<StoredDraft>& drafts);

Q_SIGNALS:
    void startAsked();
    void stopAsked();
    void choicesChanged();
    void candidateChosen(int candidate);
    void keptInsertAsked(const palimpsest::StoredDraft& draft);
    void keptDiscardAsked(const palimpsest::StoredDraft& draft);
    void modelSwitched(bool on);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* addPart(QVBoxLayout& column, void (DraftingPanel::*build)(QVBoxLayout&));
    QLabel* addHeading(QVBoxLayout& column, const QString& text);
    TrackSlider* addSlider(QVBoxLayout& column, const QString& name, int from, int to, int value);
    QLabel* addFact(QVBoxLayout& column, const QString& name);
    void buildState(QVBoxLayout& column);
    void buildChoices(QVBoxLayout& column);
    void buildSeed(QVBoxLayout& column);
    void buildContext(QVBoxLayout& column);
    void buildDrafts(QVBoxLayout& column);
    void buildModel(QVBoxLayout& column);
    void buildFacts(QVBoxLayout& column);
    void onChoice();
    void orderTabs();
    void askAboutKept(const StoredDraft& draft, QWidget* card);

    const Theme& m_theme;
    std::vector<QWidget*> m_parts;      // that mean nothing while the model is switched off
    QLabel *m_engine, *m_engineTrouble; // all is well, in a word; what is the matter, in a sentence
    QComboBox* m_kind;
    QWidget* m_strengthRow = nullptr;
    TrackSlider *m_length, *m_passes, *m_temperature, *m_drafts, *m_strength;
    QSpinBox* m_seed;
    QCheckBox *m_newSeed, *m_useModel;
    QPushButton *m_start, *m_stop;
    BudgetBar* m_budget;
    ContextNotes* m_notes;
    QLabel* m_seen[3] = {};
    QLabel* m_swatches[3] = {};
    QLabel *m_contextNote, *m_othersHeading, *m_othersEmpty, *m_keptHeading;
    QVBoxLayout *m_others, *m_kept;
    std::vector<DraftCard*> m_cards;
    QLabel *m_model, *m_device, *m_why;
};

} // namespace palimpsest

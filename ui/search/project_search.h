// Find and replace in the whole project: what is searched for, where, and every hit to look at and to tick.
//
// UI thread; nothing waits: the project is searched by its worker, over what is on the page as well as what is on disk.
// Replacing is one change that can be taken back, with every scene as it was kept in its history first.
#pragma once

#include "app/services/project_service.h"
#include "ui/search/hit_list.h"

#include <QFrame>
#include <QTimer>
#include <functional>

class QLabel;
class QPushButton;

namespace palimpsest {

class ChoiceBox;
class CloseButton;
class SearchTerms;

class ProjectSearch : public QFrame {
    Q_OBJECT
public:
    static constexpr int kMostHits = 5000;

    enum class Scope { Manuscript, Notes, Chosen, Everything };

    // `chosen`: what the writer has chosen in the binder.
    ProjectSearch(const Theme& theme, ProjectService& project, std::function<std::vector<NodeId>()> chosen,
                  QWidget* parent = nullptr); // hidden

    void open(bool replacing, const QString& words); // `words` to begin with; empty: those of the last time
    void close();
    void replaceTicked();
    HitList& hits() const { return *m_hits; }
    bool isSearching() const { return m_searching; }
    QString state() const; // what is said under the fields

Q_SIGNALS:
    void hitChosen(qint64 node, const palimpsest::PickedHit& hit);
    void said(const QString& sentence);
    void openedOrClosed(bool open);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void build();
    void search();
    void show(const SearchResults& results);
    bool isInScope(NodeId node) const;
    QString titleOf(NodeId node) const;
    void refreshPreview();
    void refreshButtons();
    void say(const QString& sentence);
    void collect(std::shared_ptr<struct Replacing> work);

    ProjectService& m_project;
    std::function<std::vector<NodeId>()> m_chosen;
    SearchTerms* m_terms;
    CloseButton* m_close;
    ChoiceBox* m_scope;
    HitList* m_hits;
    QPushButton* m_replace;
    QLabel* m_state;
    QTimer m_rest;
    TextSearch m_search; // the one the hits are of
    bool m_searching = false, m_replacing = false;
};

} // namespace palimpsest

// One passage on the page, from the first pass to Accept or Discard: its trace, what is shown of it, its locks.
//
// UI thread. Knows nothing of widgets: the overlay paints tokens(), the panel shows the rest. Every change is
// announced by changed(), at most once per event-loop turn. The draft is kept in the project from its first step.
#pragma once

#include "app/services/engine_service.h"
#include "app/services/project_service.h"

#include <QObject>
#include <QString>
#include <vector>

namespace palimpsest {

class DraftSession : public QObject {
    Q_OBJECT
public:
    enum class Phase {
        Waiting, // asked, no step yet
        Forming, // steps come
        Resting, // ended or stopped: words may be locked, accepted, moved again
        Failed,  // ended by an error; the words so far stay: Resting but for sentence()
    };
    Q_ENUM(Phase)

    // Starts at once. `request.id` is chosen here. Both services must outlive the session.
    DraftSession(EngineService& engine, ProjectService& project, NodeId node, DraftRequest request,
                 QObject* parent = nullptr);
    ~DraftSession() override; // stops what runs; the project keeps the draft as it is

    Phase phase() const;
    QString sentence() const; // Failed: why; else empty
    NodeId node() const;
    qint64 storedId() const; // 0 until the project has it
    const DraftRequest& request() const;

    // What is shown: the newest step of the chosen candidate, or the one scrubbed to.
    const std::vector<StepToken>& tokens() const; // writer's locks already applied
    QString text() const;                         // tokens joined
    int stepCount() const;                        // of the chosen candidate
    int shownStep() const;                        // 0 … stepCount()-1; -1 before the first
    int expectedSteps() const;                    // estimate, >= stepCount()
    bool followsNewest() const;

    void scrubTo(int step); // the last one = follow again
    int candidateCount() const;
    int candidate() const;
    void chooseCandidate(int candidate);
    QString candidateText(int candidate) const;
    // Mean overlap of its words with those of the other candidates, 0 … 1; -1 while unknown.
    double agreement(int candidate) const;

    // Locks or frees the whole word that covers the position; a running draft is told.
    void toggleLock(int position);
    void setAllLocks(bool locked);

    void stop();                            // ends within one pass; phase becomes Resting
    void another();                         // the same request with a new seed; the present text stays a candidate
    void moveTheRest(double strength);      // Rewrite of what is shown: locked words stay
    void moveTheWeakest(double share);      // a Rewrite of the words it is least sure of, all others kept
    void addCandidate(const QString& text); // put together by the writer from others; shown at once
    // What stood in the place of the word that covers a position at other passes, the surest first; at most `most`.
    QStringList alternatives(int position, int most = 6) const;
    void replaceWord(int position, const QString& word); // by one of those: a candidate of its own
    void branchFromShown();                    // a new draft from the shown step; the present one stays a candidate
    QString accept();                          // the text to put into the document; marks the stored draft Accepted
    void discard();                            // marks it Discarded
    const DraftStatistics* statistics() const; // null until an end came

Q_SIGNALS:
    void changed();
    void ended(); // accept() or discard() was called: remove the passage from the page

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest

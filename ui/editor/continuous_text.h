// Several texts on the page as one: a chapter, a part, or whatever the writer chose, one under the other.
//
// UI thread. Each text stays a document of its own, saved to its own node, with its own undo history: no edit can put a
// word into another scene, or take a border away. The editor shows the one the caret is in; the others are painted above
// and below it by their own layouts, and a caret, a click or a selection that leaves one text goes on in the next. Texts
// are loaded when they come near what is in sight; until then their heights are estimated from their words. A key costs
// what it costs in its own scene, and one step for each of the others when a row is added.
//
// What the writer does with a selection over several texts is done in each, and undone in all of them together while it
// is the newest step of each.
#pragma once

#include "ui/editor/scene_editor.h"
#include "ui/editor/scene_shelf.h"
#include "ui/editor/texts_together.h"

#include <QPointer>
#include <QTimer>
#include <optional>

namespace palimpsest {

class ContinuousText : public QObject, public TextsTogether {
    Q_OBJECT
public:
    // All must outlive it.
    ContinuousText(SceneEditor& editor, SceneShelf& shelf, ProjectService& project, QObject* parent = nullptr);
    ~ContinuousText() override;

    // In this order; what the editor shows should be one of them, or be shown next. Fewer than two: as end().
    void show(const std::vector<NodeId>& nodes);
    void end(); // what the editor shows stays there alone. Before the shelf is cleared
    bool contains(NodeId node) const;
    std::vector<NodeId> nodes() const;

    std::vector<QTextDocument*> documents() const override;
    std::vector<QTextCursor> selections() const override;
    bool takesKey(const QKeyEvent& event) override;
    bool takesPress(const QMouseEvent& event) override;
    void dragged(const QMouseEvent& event) override;
    QTextCursor caretAt(const QPointF& point) const override;
    void enter(const QTextCursor& caret) override;
    void loadAll(std::function<void()> then) override;
    void selectAll() override;
    bool isSelectionLoaded() override;
    bool removeSelections() override;
    void joinSteps(const std::vector<QTextDocument*>& documents) override;
    void goOn(bool backwards, std::function<bool(QTextDocument&)> wanted, std::function<void(bool)> then) override;
    bool undo() override;
    bool redo() override;

Q_SIGNALS:
    // The writer goes on in another text, at Scene::caret: it is on the editor when this returns.
    void entered(qint64 node);
    void said(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // the viewport's size

private:
    struct Page {
        NodeId node = 0;
        QString heading;                   // over its title: the chapter that begins with it
        QTextDocument* document = nullptr; // once loaded
        qreal top = 0, height = 0;         // an estimate, before
        bool asked = false;
        PageLayout& layout() const { return PageLayout::of(*document); }
    };
    struct Spot {
        std::size_t page = 0;
        int position = 0;
        auto operator<=>(const Spot&) const = default;
    };
    struct JoinedStep {
        struct Part {
            QPointer<QTextDocument> document;
            int done = 0, undone = -1; // steps in its undo history with and without it; -1: not known yet
        };
        std::vector<Part> parts;
    };

    void ask(NodeId node, std::function<void()> then); // loads it; `then` perhaps before this returns
    std::size_t active() const;          // of m_pages; the editor's own. Their number: it shows none of them
    std::size_t find(NodeId node) const; // their number: none
    std::size_t pageAt(qreal y) const;
    qreal estimate(NodeId node) const;
    void adopt(Page& page, QTextDocument& document);
    void release(Page& page);
    void onDocumentShown();
    void place();
    void loadNear();
    void drawOthers(QPainter* painter, const QAbstractTextDocumentLayout::PaintContext& context) const;
    Spot caret() const; // where the selection ends that the writer moves
    Spot spotAt(const QPointF& point) const;
    Spot moved(Spot from, QTextCursor::MoveOperation operation) const;
    Spot movedByRow(Spot from, bool down) const;
    Spot movedByWindow(Spot from, bool down);
    Spot across(Spot from, bool forward) const;
    int endOf(std::size_t page) const; // beyond any, before it is loaded
    bool isBorder(const QKeyEvent& event);
    void enterAt(Spot spot);
    void selectTo(Spot spot);
    void onSelectionChanged();
    void forgetSelection();
    void lookIn(NodeId behind, bool backwards, std::size_t left, bool wrapped,
                std::function<bool(QTextDocument&)> wanted, std::function<void(bool)> then);
    bool step(bool undoes);

    SceneEditor& m_editor;
    SceneShelf& m_shelf;
    ProjectService& m_project;
    std::vector<Page> m_pages;
    QPointer<QTextDocument> m_shown; // by the editor, of m_pages
    std::optional<Spot> m_far;       // where a selection ends that began in the editor's own text and left it
    QTextCursor m_own;               // the editor's part of it
    std::vector<JoinedStep> m_joined;
    QTimer m_soon;
};

} // namespace palimpsest

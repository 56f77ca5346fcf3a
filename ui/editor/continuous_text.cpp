// What stands where, and what of it is loaded. The writer's hands: continuous_text_moves.cpp.
#include "ui/editor/continuous_text.h"

#include <QEvent>
#include <QScrollBar>
#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

constexpr qreal kEmptyRows = 5;   // of a page without a word: its title and the space around it
constexpr qreal kWordsInRow = 11; // of the column

bool isContainer(const Node* node) {
    return node && (node->kind == NodeKind::Part || node->kind == NodeKind::Chapter);
}

} // namespace

ContinuousText::ContinuousText(SceneEditor& editor, SceneShelf& shelf, ProjectService& project, QObject* parent)
    : QObject(parent), m_editor(editor), m_shelf(shelf), m_project(project) {
    m_soon.setSingleShot(true);
    m_soon.setInterval(0);
    connect(&m_soon, &QTimer::timeout, this, &ContinuousText::place);
    connect(&editor, &SceneEditor::documentShown, this, &ContinuousText::onDocumentShown);
    connect(&editor, &QTextEdit::selectionChanged, this, &ContinuousText::onSelectionChanged);
    connect(&editor, &QTextEdit::cursorPositionChanged, this, &ContinuousText::onSelectionChanged);
    connect(&editor, &SceneEditor::edited, this, &ContinuousText::forgetSelection);
    connect(editor.verticalScrollBar(), &QScrollBar::valueChanged, this, &ContinuousText::loadNear);
    editor.viewport()->installEventFilter(this);
}

ContinuousText::~ContinuousText() {
    end();
}

void ContinuousText::show(const std::vector<NodeId>& nodes) {
    if (nodes.size() < 2) return end();
    std::vector<Page> pages;
    NodeId chapter = 0;
    for (const NodeId node : nodes) {
        const std::size_t known = find(node);
        Page page =
            known < m_pages.size() ? std::exchange(m_pages[known], Page{}) : Page{node, {}, nullptr, 0, 0, false};
        if (!page.document) page.height = estimate(node);
        const Node* parent = m_project.node(m_project.node(node) ? m_project.node(node)->parent : 0);
        const bool begins = isContainer(parent) && parent->id != chapter;
        page.heading = begins ? parent->title : QString();
        chapter = parent ? parent->id : 0;
        pages.push_back(std::move(page));
    }
    std::swap(m_pages, pages);
    for (Page& gone : pages) release(gone);
    m_editor.setTogether(this);
    onDocumentShown();
}

void ContinuousText::end() {
    if (m_pages.empty()) return;
    const qreal before = m_shown ? m_editor.pageLayout()->above() : 0;
    const int scroll = m_editor.verticalScrollBar()->value();
    m_editor.setTogether(nullptr);
    for (Page& page : std::exchange(m_pages, {})) release(page);
    m_joined.clear();
    m_far.reset();
    if (std::exchange(m_shown, nullptr)) m_editor.verticalScrollBar()->setValue(scroll - int(before));
}

bool ContinuousText::contains(NodeId node) const {
    return find(node) < m_pages.size();
}

std::vector<NodeId> ContinuousText::nodes() const {
    std::vector<NodeId> all;
    for (const Page& page : m_pages) all.push_back(page.node);
    return all;
}

std::vector<QTextDocument*> ContinuousText::documents() const {
    std::vector<QTextDocument*> loaded;
    for (const Page& page : m_pages)
        if (page.document) loaded.push_back(page.document);
    if (!m_shown) loaded.push_back(m_editor.document());
    return loaded;
}

std::size_t ContinuousText::active() const {
    const auto found = std::find_if(m_pages.begin(), m_pages.end(),
                                    [this](const Page& page) { return page.document && page.document == m_shown; });
    return std::size_t(found - m_pages.begin());
}

std::size_t ContinuousText::find(NodeId node) const {
    const auto found =
        std::find_if(m_pages.begin(), m_pages.end(), [&](const Page& page) { return page.node == node; });
    return std::size_t(found - m_pages.begin());
}

std::size_t ContinuousText::pageAt(qreal y) const {
    const auto after =
        std::upper_bound(m_pages.begin(), m_pages.end(), y, [](qreal at, const Page& page) { return at < page.top; });
    return after == m_pages.begin() ? 0 : std::size_t(after - m_pages.begin()) - 1;
}

qreal ContinuousText::estimate(NodeId node) const {
    const Node* known = m_project.node(node);
    const qreal rows = kEmptyRows + (known ? known->words / kWordsInRow : 0);
    return std::round(rows * m_shelf.metrics().pitch);
}

void ContinuousText::adopt(Page& page, QTextDocument& document) {
    if (page.document) return;
    page.document = &document;
    PageLayout& layout = page.layout();
    layout.setAmong({true, page.top, 0, page.heading});
    if (&document != m_editor.document()) {
        layout.takeColumn(*m_editor.pageLayout());
        layout.setMarks(m_editor.marks());
    }
    connect(&layout, &PageLayout::documentSizeChanged, this, [this, node = page.node, &layout] {
        const std::size_t at = find(node);
        if (at == m_pages.size() || layout.ownHeight() == m_pages[at].height) return;
        at == active() ? place() : m_soon.start();
    });
    connect(&layout, &PageLayout::update, this, [this, &layout] {
        if (&layout != m_editor.pageLayout()) m_editor.viewport()->update();
    });
}

void ContinuousText::release(Page& page) {
    if (!page.document) return;
    PageLayout& layout = page.layout();
    layout.disconnect(this);
    layout.setOthers(nullptr);
    if (page.document != m_editor.document()) layout.setMarks(nullptr);
    layout.setAmong({});
    page.document = nullptr;
}

// Another text of ours is the editor's own now, or one that is none of ours.
void ContinuousText::onDocumentShown() {
    if (m_pages.empty()) return;
    forgetSelection();
    if (m_shown && m_shown != m_editor.document()) {
        PageLayout& before = PageLayout::of(*m_shown);
        before.setOthers(nullptr);
        before.setMarks(m_editor.marks());
    }
    m_shown = nullptr;
    for (Page& page : m_pages) {
        SceneShelf::Scene* scene = m_shelf.find(page.node);
        if (!scene || &scene->document != m_editor.document()) continue;
        m_shown = &scene->document;
        adopt(page, scene->document);
        page.layout().setOthers([this](QPainter* painter, const auto& context) { drawOthers(painter, context); });
    }
    if (!m_shown) return;
    place();
    loadNear();
}

// What is at the top of the window stays there, whatever turns out to be higher or lower than it was taken for.
void ContinuousText::place() {
    if (!m_shown) return;
    QScrollBar& bar = *m_editor.verticalScrollBar();
    const int scroll = bar.value();
    const std::size_t topmost = pageAt(scroll);
    const qreal before = m_pages[topmost].top;
    qreal y = 0;
    for (Page& page : m_pages) {
        page.top = y;
        if (page.document) page.height = page.layout().ownHeight();
        y += page.height;
    }
    for (const Page& page : m_pages) {
        if (!page.document) continue;
        page.layout().setAmong({true, page.top, y - page.top - page.height, page.heading});
    }
    if (m_pages[topmost].top != before) bar.setValue(scroll + int(m_pages[topmost].top - before));
    m_editor.viewport()->update();
}

// Those in sight or about to be, and the neighbours of the one with the caret.
void ContinuousText::loadNear() {
    if (!m_shown) return;
    const qreal height = m_editor.viewport()->height(), top = m_editor.verticalScrollBar()->value() - height;
    const std::size_t at = active();
    std::vector<NodeId> wanted;
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        Page& page = m_pages[i];
        const bool near = page.top < top + 3 * height && page.top + page.height > top;
        if (!near && i + 1 != at && i != at + 1) continue;
        if (!page.document && !page.asked) {
            wanted.push_back(page.node);
        } else if (page.document && page.document != m_shown &&
                   page.document->pageSize() != m_editor.document()->pageSize()) {
            page.document->setPageSize(m_editor.document()->pageSize());
            m_soon.start();
        }
    }
    for (const NodeId node : wanted) ask(node, [] {});
}

void ContinuousText::ask(NodeId node, std::function<void()> then) {
    const std::size_t at = find(node);
    if (at == m_pages.size()) return;
    if (m_pages[at].document) return then();
    m_pages[at].asked = true;
    m_shelf.take(node, this, [this, node, then = std::move(then)](Result<SceneShelf::Scene*> taken) {
        const std::size_t page = find(node);
        if (page == m_pages.size()) return;
        m_pages[page].asked = false;
        if (!taken) return Q_EMIT said(QString::fromStdString(taken.error().message));
        QTextDocument& document = (*taken)->document;
        if (&document != m_editor.document()) document.setPageSize(m_editor.document()->pageSize());
        adopt(m_pages[page], document);
        place();
        then();
    });
}

bool ContinuousText::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize && m_shown) {
        QMetaObject::invokeMethod( // once the editor's own page has its new width
            this,
            [this] {
                loadNear();
                place();
            },
            Qt::QueuedConnection);
    }
    return QObject::eventFilter(watched, event);
}

void ContinuousText::drawOthers(QPainter* painter, const QAbstractTextDocumentLayout::PaintContext& context) const {
    const std::vector<QTextCursor> words = selections();
    for (std::size_t i = pageAt(context.clip.top()); i < m_pages.size() && m_pages[i].top < context.clip.bottom();
         ++i) {
        const Page& page = m_pages[i];
        if (!page.document || page.document == m_shown) continue;
        QAbstractTextDocumentLayout::PaintContext other = context;
        other.cursorPosition = -1;
        other.selections.clear();
        for (const QTextCursor& each : words) {
            if (each.document() != page.document) continue;
            QTextCharFormat format;
            format.setBackground(context.palette.brush(QPalette::Highlight));
            format.setForeground(context.palette.brush(QPalette::HighlightedText));
            other.selections.append({each, format});
        }
        page.layout().drawPage(painter, other);
    }
}

} // namespace palimpsest

#include "ui/editor/split_page.h"

#include "ui/annotations/annotation_marks.h"
#include "ui/editor/scene_editor.h"
#include "ui/editor/scene_shelf.h"
#include "ui/widgets/close_button.h"
#include "ui/widgets/line_of_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QScrollBar>
#include <utility>

namespace palimpsest {

SplitPage::SplitPage(const Theme& theme, ProjectService& project, SceneShelf& shelf, QWidget* page, QWidget* parent)
    : QSplitter(parent),
      m_project(project),
      m_shelf(shelf),
      m_page(page),
      m_half(new QWidget(this)),
      m_title(new LineLabel(m_half)),
      m_view(new SceneEditor(m_half)) {
    setHandleWidth(3);
    setChildrenCollapsible(false);
    addWidget(m_page);
    addWidget(m_half);
    m_view->setObjectName("otherHalf");
    m_view->setFocusPolicy(Qt::NoFocus); // keys go to the page
    m_view->setReadOnly(true);
    m_view->setAcceptDrops(false);
    m_view->viewport()->setAcceptDrops(false);
    m_view->viewport()->installEventFilter(this);
    m_view->addMarker([](const QTextBlock& block, PageMarks& marks) { marks.carried = carriedMarks(block); });
    m_title->setObjectName("quiet");
    auto* close = new CloseButton(theme, tr("Close the other half"), m_half);
    connect(close, &QToolButton::clicked, this, [this] {
        showBeside(0);
        Q_EMIT closed();
    });
    auto* head = new QHBoxLayout;
    head->setContentsMargins(14, 4, 6, 4);
    head->addWidget(m_title, 1);
    head->addWidget(close);
    auto* column = new QVBoxLayout(m_half);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(m_view, 1);
    m_half->hide();
    connect(&project, &ProjectService::nodesChanged, this, &SplitPage::onNodesChanged);
}

void SplitPage::showBeside(NodeId node, int scroll) {
    const bool opens = node != 0 && !m_half->isVisibleTo(this);
    m_half->setVisible(node != 0);
    if (opens) {
        const int whole = orientation() == Qt::Horizontal ? width() : height();
        setSizes({whole / 2, whole - whole / 2});
    }
    if (node == m_node) return;
    m_node = 0;
    m_view->showDocument(nullptr);
    if (node == 0) return;
    m_node = node;
    onNodesChanged();
    m_shelf.take(node, this, [this, node, scroll](const Result<SceneShelf::Scene*>& taken) {
        if (node != m_node || !taken) return;
        m_view->showDocument(&m_shelf.mirror(**taken));
        m_view->verticalScrollBar()->setValue(scroll >= 0 ? scroll : (*taken)->scroll);
    });
}

void SplitPage::exchange(int position) {
    if (SceneShelf::Scene* scene = m_shelf.find(m_node)) {
        scene->scroll = m_view->verticalScrollBar()->value();
        if (position >= 0) scene->caret = position;
    }
    const QList<int> kept = sizes();
    m_node = 0;
    m_view->showDocument(nullptr);
    insertWidget(1 - indexOf(m_page), m_page);
    setSizes(kept); // places keep their sizes, whoever is in them
}

void SplitPage::setStacked(bool stacked) {
    setOrientation(stacked ? Qt::Vertical : Qt::Horizontal);
}

void SplitPage::onNodesChanged() {
    if (m_node == 0) return;
    const Node* node = m_project.node(m_node);
    if (!node || node->trashed) {
        showBeside(0);
        return Q_EMIT closed();
    }
    m_title->setText(node->title);
    m_view->setAccessibleName(tr("Other half: %1").arg(node->title));
}

bool SplitPage::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::MouseButtonPress && m_node != 0) {
        const auto* press = static_cast<QMouseEvent*>(event);
        if (press->button() == Qt::LeftButton) {
            const int position = m_view->cursorForPosition(press->pos()).position();
            // Later: the view is in the midst of the click, and will show another text.
            QMetaObject::invokeMethod(
                this, [this, node = m_node, position] { Q_EMIT entered(node, position); }, Qt::QueuedConnection);
        }
        return true;
    }
    if (event->type() == QEvent::ContextMenu) return true;
    return QSplitter::eventFilter(watched, event);
}

} // namespace palimpsest

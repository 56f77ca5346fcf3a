#include "ui/annotations/annotation_list.h"

#include "ui/widgets/line_of_text.h"

#include <QDialogButtonBox>
#include <QKeyEvent>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace palimpsest {
namespace {

constexpr int kWordsShown = 60; // characters

QString titleOf(const Annotation& annotation) {
    switch (annotation.kind) {
    case Carried::Comment: return AnnotationList::tr("Comment");
    case Carried::Footnote: return AnnotationList::tr("Footnote %1").arg(annotation.number);
    case Carried::Link: return AnnotationList::tr("Link");
    case Carried::Pin: break;
    }
    return AnnotationList::tr("◆ Pinned for every draft");
}

} // namespace

AnnotationList::AnnotationList(QTextDocument& document, QWidget* parent)
    : QDialog(parent), m_document(document), m_list(new QListWidget(this)) {
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Comments, footnotes, links and pins of the scene"));
    m_list->setAccessibleName(windowTitle());
    m_list->setWordWrap(true);
    m_list->setSpacing(2);
    m_list->installEventFilter(this);
    auto* buttons = new QDialogButtonBox(this);
    QPushButton* go = buttons->addButton(tr("&Go to it"), QDialogButtonBox::AcceptRole);
    QPushButton* off = buttons->addButton(tr("Take it &off"), QDialogButtonBox::ActionRole);
    buttons->addButton(QDialogButtonBox::Close);
    connect(go, &QPushButton::clicked, this, &AnnotationList::choose);
    connect(off, &QPushButton::clicked, this, &AnnotationList::takeOff);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_list, &QListWidget::itemActivated, this, &AnnotationList::choose);
    connect(&Annotations::of(document), &Annotations::changed, this, &AnnotationList::fill);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_list);
    column->addWidget(buttons);
    resize(560, 420);
    fill();
    const auto enable = [this, go, off] {
        go->setEnabled(current());
        off->setEnabled(current());
    };
    connect(m_list, &QListWidget::currentRowChanged, this, enable);
    enable();
}

void AnnotationList::fill() {
    const int row = m_list->currentRow();
    m_list->clear();
    const Annotations& annotations = Annotations::of(m_document);
    for (const Annotation& each : annotations.all()) {
        QString words = withoutQuotes(annotations.wordsOf(each).selectedText().simplified());
        if (words.size() > kWordsShown) words = words.left(kWordsShown) + u'…';
        QString line = tr("%1 · “%2”").arg(titleOf(each), words);
        if (each.kind != Carried::Pin) line += u'\n' + each.text.simplified();
        m_list->addItem(line);
    }
    if (m_list->count() == 0) {
        m_list->addItem(tr("Nothing hangs on the words of this scene."));
        m_list->item(0)->setFlags(Qt::NoItemFlags);
        return;
    }
    m_list->setCurrentRow(std::clamp(row, 0, m_list->count() - 1));
}

const Annotation* AnnotationList::current() const {
    const std::vector<Annotation>& all = Annotations::of(m_document).all();
    const int row = m_list->currentRow();
    return row >= 0 && std::size_t(row) < all.size() ? &all[std::size_t(row)] : nullptr;
}

void AnnotationList::choose() {
    const Annotation* there = current();
    if (!there) return;
    const Annotation annotation = *there;
    accept();
    Q_EMIT chosen(annotation);
}

void AnnotationList::takeOff() {
    if (const Annotation* there = current()) setCarried(Annotations::of(m_document).wordsOf(*there), there->kind, {});
}

bool AnnotationList::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
        takeOff();
        return true;
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace palimpsest

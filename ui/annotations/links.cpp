#include "ui/annotations/links.h"

#include <QDesktopServices>
#include <QHelpEvent>
#include <QInputDialog>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>

namespace palimpsest {

QUrl addressFrom(const QString& typed) {
    QString address = typed.trimmed();
    if (address.isEmpty() || address.contains(u' ')) return {};
    const bool hasScheme = address.contains(QStringLiteral("://")) || address.startsWith(QStringLiteral("mailto:"));
    if (!hasScheme) address.prepend(address.contains(u'@') ? QStringLiteral("mailto:") : QStringLiteral("https://"));
    const QUrl url(address, QUrl::StrictMode);
    const QString scheme = url.scheme();
    const bool web = (scheme == QStringLiteral("http") || scheme == QStringLiteral("https")) && !url.host().isEmpty();
    const bool mail = scheme == QStringLiteral("mailto") && url.path().contains(u'@');
    return web || mail ? url : QUrl();
}

Links::Links(SceneEditor& editor, QObject* parent) : QObject(parent), m_editor(editor) {
    editor.viewport()->installEventFilter(this);
}

void Links::edit() {
    const QTextCursor caret = m_editor.textCursor();
    const Annotations& annotations = Annotations::of(*m_editor.document());
    const Annotation* there = annotations.at(caret.selectionStart(), Carried::Link);
    const QTextCursor words = !caret.hasSelection() && there ? annotations.wordsOf(*there) : wordsAt(caret);
    if (!words.hasSelection()) return Q_EMIT said(tr("Select the words of the link, or put the caret behind a word."));
    auto* dialog = new QInputDialog(m_editor.window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Link"));
    dialog->setLabelText(tr("Address for “%1” (empty: no link):").arg(words.selectedText().simplified().left(60)));
    if (there) dialog->setTextValue(there->text);
    dialog->resize(460, dialog->sizeHint().height());
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, words](const QString& typed) { store(words, typed); });
    connect(dialog, &QDialog::finished, &m_editor, qOverload<>(&QWidget::setFocus));
    dialog->open();
}

void Links::store(const QTextCursor& words, const QString& typed) {
    const QUrl address = addressFrom(typed);
    if (!typed.trimmed().isEmpty() && address.isEmpty())
        return Q_EMIT said(tr("“%1” is no address: a link begins with https://, http:// or mailto:.").arg(typed));
    if (words.hasSelection()) setCarried(words, Carried::Link, address.toString());
}

void Links::open(const QString& address) {
    const QUrl url = addressFrom(address); // it may come from elsewhere
    if (url.isEmpty()) return Q_EMIT said(tr("“%1” is not opened: only web and mail addresses are.").arg(address));
    if (!QDesktopServices::openUrl(url)) Q_EMIT said(tr("No program was found that opens “%1”.").arg(address));
}

void Links::openAtCaret() {
    const Annotation* there =
        Annotations::of(*m_editor.document()).at(m_editor.textCursor().selectionStart(), Carried::Link);
    if (!there) return Q_EMIT said(tr("There is no link at the caret."));
    open(there->text);
}

const Annotation* Links::linkAt(const QPoint& point) const {
    const PageLayout* layout = m_editor.pageLayout();
    const QPointF at = point + QPointF(m_editor.horizontalScrollBar()->value(), m_editor.verticalScrollBar()->value());
    const int position = layout ? layout->hitTest(at, Qt::ExactHit) : -1;
    return position < 0 ? nullptr : Annotations::of(*m_editor.document()).at(position, Carried::Link);
}

bool Links::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const bool asked = mouse->button() == Qt::LeftButton && mouse->modifiers() == Qt::ControlModifier;
        const Annotation* link = asked ? linkAt(mouse->position().toPoint()) : nullptr;
        if (!link) return false;
        if (event->type() == QEvent::MouseButtonRelease) open(link->text);
        return true;
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const Annotation* link = linkAt(help->pos());
        if (!link) return QObject::eventFilter(watched, event);
        QToolTip::showText(help->globalPos(), tr("%1 (Ctrl+click opens)").arg(link->text).toHtmlEscaped(), &m_editor);
        return true;
    }
    return QObject::eventFilter(watched, event);
}

} // namespace palimpsest

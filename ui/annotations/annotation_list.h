// Everything that hangs on the words of the scene, as a list: to go to, or to take off.
//
// UI thread; shows the document it was opened on, and follows its edits. Return goes to the words, Delete takes off.
#pragma once

#include "ui/annotations/annotations.h"

#include <QDialog>

class QListWidget;

namespace palimpsest {

class AnnotationList : public QDialog {
    Q_OBJECT
public:
    AnnotationList(QTextDocument& document, QWidget* parent); // the document must outlive it

    QListWidget& list() const { return *m_list; }

Q_SIGNALS:
    void chosen(const palimpsest::Annotation& annotation);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void choose();
    void takeOff();
    const Annotation* current() const;

    QTextDocument& m_document;
    QListWidget* m_list;
};

} // namespace palimpsest

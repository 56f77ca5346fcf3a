// How surprising the writer's own words are to the model, marked under them: of the passage that was asked for, until it
// is cleared. A word that is edited loses its mark; the others keep theirs.
//
// UI thread; nothing waits: paragraphs are asked about one after the other, and marked as the answers come. With the model
// switched off there is nothing.
#pragma once

#include "app/services/surprising_words.h"
#include "ui/drafting/drafting.h"

#include <QPointer>

namespace palimpsest {

class SurpriseMap : public QObject {
    Q_OBJECT
public:
    static constexpr double kWeakestShare = 0.1; // of the words

    // All must outlive it.
    SurpriseMap(SceneEditor& editor, EngineService& engine, Drafting& drafting, QObject* parent = nullptr);

    void ask(); // of the selection, or the paragraph at the caret; what was marked before goes
    void clear();
    bool isShown() const { return m_document && (!m_words.empty() || m_asking); }
    bool isAsking() const { return m_asking; }
    // A rewrite of the passage with all words locked but the most surprising tenth.
    void moveTheWeakest();

    struct Word {
        int begin = 0, end = 0; // in the document
        QString text;
        float nats = 0;
    };
    const std::vector<Word>& words() const { return m_words; } // by place

Q_SIGNALS:
    void changed();
    void said(const QString& sentence);

private:
    void askNext();
    void take(const QTextCursor& piece, const QString& text, const Surprise& surprise);
    void onChange(int position, int removed, int added);
    bool stands(const Word& word) const;
    void mark(const QTextBlock& block, PageMarks& marks) const;
    void end();

    SceneEditor& m_editor;
    EngineService& m_engine;
    Drafting& m_drafting;
    QPointer<QTextDocument> m_document; // the one that was asked about
    QMetaObject::Connection m_changes;
    std::vector<QTextCursor> m_pieces; // still to be asked about, the next one last
    std::vector<Word> m_words;
    bool m_asking = false;
    int m_asked = 0; // counts what was asked for: older answers mean nothing
};

} // namespace palimpsest

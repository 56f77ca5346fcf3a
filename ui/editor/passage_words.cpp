#include "ui/editor/passage_words.h"

#include "app/services/draft_diff.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <algorithm>

namespace palimpsest {
namespace {

const QString kDots = QStringLiteral("··");

class Builder {
public:
    explicit Builder(PassageWords& out) : m_out(out) {}

    void append(const StepToken& token, int index) {
        if (token.state == PositionState::Absorbed) {
            if (!line().isEmpty() && !line().back().isSpace()) line() += u' ';
            m_open = false;
            extend(kDots, token, index);
            m_open = false;
            return;
        }
        const QString text = QString::fromUtf8(token.text.data(), qsizetype(token.text.size()));
        for (qsizetype at = 0; at < text.size();) {
            qsizetype end = at;
            while (end < text.size() && !text[end].isSpace()) ++end;
            if (end > at) extend(text.mid(at, end - at), token, index);
            if (end < text.size()) space(text[end++]);
            at = end;
        }
    }

private:
    QString& line() { return m_out.paragraphs.back(); }

    void space(QChar c) {
        m_open = false;
        if (c != u'\n')
            line() += u' ';
        else if (m_out.paragraphs.size() == 1 || !line().isEmpty())
            m_out.paragraphs.append(QString()); // several breaks in a row part two paragraphs once
    }

    void extend(const QString& text, const StepToken& token, int index) {
        if (!m_open) {
            m_out.words.push_back({int(m_out.paragraphs.size()) - 1, int(line().size()), 0, index, token.state, 1.0f});
            m_open = true;
        }
        PassageWord& word = m_out.words.back();
        line() += text;
        word.length += int(text.size());
        // The least decided token speaks for the word.
        word.state = std::min(word.state, token.state);
        if (token.state == PositionState::Moving) word.confidence = std::min(word.confidence, token.confidence);
    }

    PassageWords& m_out;
    bool m_open = false;
};

} // namespace

PassageWords passageWords(const std::vector<StepToken>& tokens) {
    PassageWords words;
    Builder builder(words);
    for (std::size_t i = 0; i < tokens.size(); ++i) builder.append(tokens[i], int(i));
    return words;
}

PassageWords withChanges(const PassageWords& now, const QString& original) {
    QStringList before, after;
    for (const QString& word : original.split(QRegularExpression(QStringLiteral("\\s+")), Qt::SkipEmptyParts))
        before << word;
    for (const PassageWord& word : now.words) after << now.text(word);
    const WordChanges changes = wordChanges(before, after);
    PassageWords shown;
    shown.paragraphs.clear();
    std::size_t next = 0;
    for (int p = 0; p < now.paragraphs.size(); ++p) {
        QString line;
        int copied = 0; // of the paragraph
        const auto putRemoved = [&](std::size_t place) {
            for (const int gone : changes.removed[place]) {
                if (!line.isEmpty() && !line.back().isSpace()) line += u' ';
                PassageWord word;
                word.paragraph = p;
                word.begin = int(line.size());
                word.length = int(before[gone].size());
                word.token = -1;
                word.removed = true;
                word.state = PositionState::Committed;
                line += before[gone] + u' ';
                shown.words.push_back(word);
            }
        };
        for (; next < now.words.size() && now.words[next].paragraph == p; ++next) {
            PassageWord word = now.words[next];
            const QString between = now.paragraphs[p].mid(copied, word.begin - copied);
            line += between;
            putRemoved(next);
            copied = word.begin + word.length;
            word.begin = int(line.size());
            word.added = changes.added[next];
            line += now.text(now.words[next]);
            shown.words.push_back(word);
        }
        line += now.paragraphs[p].mid(copied);
        if (p + 1 == now.paragraphs.size()) putRemoved(now.words.size());
        shown.paragraphs << line;
    }
    return shown;
}

QString describeWord(const PassageWords& words, std::size_t index) {
    const PassageWord& word = words.words[index];
    const char* context = "PassageWords";
    QString said = words.text(word);
    while (said.size() > 1 && QStringView(u",;:.").contains(said.back())) said.chop(1); // a comma follows as it is
    if (word.removed) return QCoreApplication::translate(context, "%1, taken out").arg(said);
    if (word.added && word.state == PositionState::Committed)
        return QCoreApplication::translate(context, "%1, new").arg(said);
    switch (word.state) {
    case PositionState::Absorbed: return QCoreApplication::translate(context, "not yet known");
    case PositionState::Locked: return QCoreApplication::translate(context, "%1, locked").arg(said);
    case PositionState::Committed: return QCoreApplication::translate(context, "%1, decided").arg(said);
    case PositionState::Moving: break;
    }
    return QCoreApplication::translate(context, "%1, moving, %2 percent").arg(said).arg(qRound(word.confidence * 100));
}

} // namespace palimpsest

// The tokens of a draft as words on the page. Pure; no widgets.
#pragma once

#include "engine/api/draft.h"

#include <QString>
#include <QStringList>
#include <vector>

namespace palimpsest {

// What is painted as one: a run without spaces, all absorbed or all not.
struct PassageWord {
    int paragraph = 0;
    int begin = 0, length = 0; // in the paragraph's text, UTF-16
    int token = 0;             // the first that has a part in it
    PositionState state = PositionState::Absorbed;
    float confidence = 0; // of its least likely token
    bool added = false;   // a rewrite put it in
    bool removed = false; // a rewrite took it out: shown, but no part of the draft; `token` means nothing
    bool operator==(const PassageWord&) const = default;
};

struct PassageWords {
    QStringList paragraphs{QString()}; // never empty; absorbed positions are dots
    std::vector<PassageWord> words;    // in order

    QString text(const PassageWord& word) const { return paragraphs[word.paragraph].mid(word.begin, word.length); }
};

// Below this a moving word is shown as one the model is unsure of.
constexpr float kSureConfidence = 0.5f;

PassageWords passageWords(const std::vector<StepToken>& tokens);

// The same with what is new marked as such and what a rewrite of `original` took out in its place.
PassageWords withChanges(const PassageWords& words, const QString& original);

// How a word is read out: "still, locked", "shore, moving, 62 percent".
QString describeWord(const PassageWords& words, std::size_t index);

} // namespace palimpsest

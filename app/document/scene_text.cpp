#include "app/document/scene_text.h"

#include "app/document/words.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QJsonValue>

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

constexpr int kStoredVersion = 2;                          // the newest that can be read
constexpr int kPlainStoredVersion = 1;                     // what is written when nothing in the text needs the newest
constexpr double kLargestWholeNumber = 9007199254740992.0; // 2^53: beyond it a JSON number is not exact

Error corrupt(const char* what) {
    return {ErrorCode::Corrupt, std::string("The text of this scene is damaged: ") + what + "."};
}

int marksToBits(const Marks& marks) {
    return int(marks.bold) | int(marks.italic) << 1 | int(marks.underline) << 2 | int(marks.strike) << 3;
}

Marks marksFromBits(qint64 bits) {
    return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
}

// A line break has no place in a span; one that came in all the same is kept as a soft one, not lost.
QString withoutLineBreaks(const QString& text) {
    const auto isBreak = [](QChar c) { return c == u'\n' || c == u'\r' || c == QChar::ParagraphSeparator; };
    if (std::none_of(text.begin(), text.end(), isBreak)) return text;
    QString clean = text;
    std::replace_if(clean.begin(), clean.end(), isBreak, QChar(QChar::LineSeparator));
    return clean;
}

bool carriesNothing(const Span& span) {
    return span.link.isEmpty() && span.comment.isEmpty() && span.footnote.isEmpty() && !span.pinned;
}

QJsonValue spanToJson(const Span& span) {
    const QString text = withoutLineBreaks(span.text);
    const int marks = marksToBits(span.marks);
    const bool bare = carriesNothing(span);
    if (bare && marks == 0 && span.provenance == Provenance::Typed && span.draft == 0) return text;
    QJsonArray array{text, marks, int(span.provenance)};
    if (span.draft != 0 || !bare) array.append(span.draft);
    if (bare) return array;
    QJsonObject carried;
    if (!span.link.isEmpty()) carried[u"link"] = span.link;
    if (!span.comment.isEmpty()) carried[u"comment"] = span.comment;
    if (!span.footnote.isEmpty()) carried[u"footnote"] = span.footnote;
    if (span.pinned) carried[u"pinned"] = true;
    array.append(carried);
    return array;
}

QJsonObject blockToJson(const Block& block) {
    QJsonObject json;
    if (block.kind != BlockKind::Paragraph) json[u"kind"] = int(block.kind);
    if (hasLevel(block.kind)) json[u"level"] = std::clamp(block.level, 1, kLastBlockLevel);
    QJsonArray spans;
    for (const Span& span : block.spans) spans.append(spanToJson(span));
    json[u"spans"] = spans;
    return json;
}

// A whole number that is not negative; `fallback` when the value is absent.
Result<qint64> wholeNumber(const QJsonValue& json, qint64 fallback) {
    if (json.isUndefined()) return fallback;
    const double value = json.toDouble(-1);
    if (!(value >= 0) || value > kLargestWholeNumber || value != std::floor(value))
        return corrupt("a number in it is not a whole one");
    return qint64(value);
}

Result<void> readCarried(Span& span, const QJsonValue& json) {
    if (json.isUndefined()) return {};
    if (!json.isObject()) return corrupt("what a span carries is not an object");
    const QJsonObject carried = json.toObject();
    span.link = carried.value(u"link").toString();
    span.comment = carried.value(u"comment").toString();
    span.footnote = carried.value(u"footnote").toString();
    span.pinned = carried.value(u"pinned").toBool();
    return {};
}

Result<Span> spanFromJson(const QJsonValue& json) {
    Span span;
    if (json.isString()) {
        span.text = json.toString();
    } else {
        const QJsonArray array = json.toArray();
        if (array.isEmpty() || array.size() > 5 || !array[0].isString()) return corrupt("a span is not a text");
        span.text = array[0].toString();
        const auto numberAt = [&array](qsizetype i) {
            return wholeNumber(i < array.size() ? array[i] : QJsonValue(QJsonValue::Undefined), 0);
        };
        const auto marks = numberAt(1), provenance = numberAt(2), draft = numberAt(3);
        for (const auto* number : {&marks, &provenance, &draft})
            if (!*number) return number->error();
        span.marks = marksFromBits(*marks);
        if (*provenance <= int(Provenance::Imported)) span.provenance = Provenance(*provenance);
        span.draft = *draft;
        const QJsonValue carried = array.size() > 4 ? array[4] : QJsonValue(QJsonValue::Undefined);
        if (auto read = readCarried(span, carried); !read) return read.error();
    }
    if (withoutLineBreaks(span.text) != span.text) return corrupt("a span holds a line break");
    return span;
}

Result<Block> blockFromJson(const QJsonValue& json) {
    if (!json.isObject()) return corrupt("a paragraph is not an object");
    const QJsonObject object = json.toObject();
    Block block;
    const auto kind = wholeNumber(object.value(u"kind"), 0);
    const auto level = wholeNumber(object.value(u"level"), 0);
    if (!kind) return kind.error();
    if (!level) return level.error();
    if (*kind <= int(BlockKind::Numbered)) block.kind = BlockKind(*kind);
    if (hasLevel(block.kind)) {
        if (*level < 1 || *level > kLastBlockLevel) return corrupt("a heading or list item has no level");
        block.level = int(*level);
    }
    if (!object.value(u"spans").isArray()) return corrupt("a paragraph has no spans");
    const QJsonArray spans = object.value(u"spans").toArray();
    block.spans.reserve(std::size_t(spans.size()));
    for (const QJsonValue& item : spans) {
        auto span = spanFromJson(item);
        if (!span) return span.error();
        block.spans.push_back(std::move(*span));
    }
    return block;
}

// Which share a word falls into that spans with these provenances make up.
int ProvenanceReport::*shareOf(unsigned seen) {
    const auto bit = [](Provenance p) { return 1u << unsigned(p); };
    if (seen == bit(Provenance::Drafted)) return &ProvenanceReport::drafted;
    if (seen == bit(Provenance::Imported)) return &ProvenanceReport::imported;
    if ((seen & (bit(Provenance::Drafted) | bit(Provenance::Edited))) != 0) return &ProvenanceReport::edited;
    return &ProvenanceReport::typed;
}

void addBlock(ProvenanceReport& report, const Block& block) {
    const QString text = block.plain();
    std::size_t span = 0;
    qsizetype spanEnd = block.spans.empty() ? 0 : block.spans[0].text.size();
    forEachWord(text, [&](Interval word) {
        while (spanEnd <= word.begin) spanEnd += block.spans[++span].text.size();
        unsigned seen = 1u << unsigned(block.spans[span].provenance);
        while (spanEnd < word.end) {
            spanEnd += block.spans[++span].text.size();
            if (!block.spans[span].text.isEmpty()) seen |= 1u << unsigned(block.spans[span].provenance);
        }
        ++report.words;
        ++(report.*shareOf(seen));
    });
}

} // namespace

bool hasLevel(BlockKind kind) {
    return kind == BlockKind::Heading || kind == BlockKind::Bullet || kind == BlockKind::Numbered;
}

bool Span::looksLike(const Span& other) const {
    return marks == other.marks && provenance == other.provenance && draft == other.draft && link == other.link &&
           comment == other.comment && footnote == other.footnote && pinned == other.pinned;
}

QString Block::plain() const {
    QString text;
    for (const Span& span : spans) text += span.text;
    return text;
}

QString SceneText::plain() const {
    QString text;
    bool first = true;
    for (const Block& block : blocks) {
        if (!first) text += u'\n';
        first = false;
        for (const Span& span : block.spans) text += span.text;
    }
    return text;
}

std::vector<QString> pinnedPassages(const SceneText& text) {
    std::vector<QString> passages;
    bool goesOn = false;
    for (const Block& block : text.blocks) {
        if (goesOn) passages.back() += u'\n';
        for (const Span& span : block.spans) {
            if (span.pinned && !goesOn) passages.emplace_back();
            if (span.pinned) passages.back() += span.text;
            goesOn = span.pinned;
        }
    }
    for (QString& passage : passages) passage = passage.trimmed();
    std::erase_if(passages, [](const QString& passage) { return countWords(passage) == 0; }); // only a quote or a break
    return passages;
}

ProvenanceReport reportProvenance(const SceneText& text) {
    ProvenanceReport report;
    for (const Block& block : text.blocks) addBlock(report, block);
    return report;
}

QByteArray toStored(const SceneText& text) {
    QJsonArray blocks;
    for (const Block& block : text.blocks) blocks.append(blockToJson(block));
    const bool plain = std::all_of(text.blocks.begin(), text.blocks.end(), [](const Block& block) {
        return block.kind <= BlockKind::SceneBreak &&
               std::all_of(block.spans.begin(), block.spans.end(), carriesNothing);
    });
    const int version = plain ? kPlainStoredVersion : kStoredVersion;
    return QJsonDocument(QJsonObject{{u"version"_qs, version}, {u"blocks"_qs, blocks}}).toJson(QJsonDocument::Compact);
}

Result<SceneText> fromStored(const QByteArray& bytes) {
    QJsonParseError parsing;
    const QJsonDocument document = QJsonDocument::fromJson(bytes, &parsing);
    if (parsing.error != QJsonParseError::NoError || !document.isObject()) return corrupt("it cannot be parsed");
    const QJsonObject object = document.object();
    const double version = object.value(u"version").toDouble();
    if (version > kStoredVersion)
        return Error{ErrorCode::NewerFormat,
                     "This scene was written by a newer version of Palimpsest: update to read it."};
    if (version != kStoredVersion && version != kPlainStoredVersion) return corrupt("it has no version");
    if (!object.value(u"blocks").isArray()) return corrupt("it has no paragraphs");
    const QJsonArray blocks = object.value(u"blocks").toArray();
    SceneText text;
    text.blocks.reserve(std::size_t(blocks.size()));
    for (const QJsonValue& item : blocks) {
        auto block = blockFromJson(item);
        if (!block) return block.error();
        text.blocks.push_back(std::move(*block));
    }
    return text;
}

} // namespace palimpsest

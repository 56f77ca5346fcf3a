// The stored text of a scene: refused with a sentence, or a text that is the same after storing, counting and edits.
#include "app/document/provenance.h"
#include "app/document/scene_text.h"
#include "tests/fuzz/fuzz.h"

namespace palimpsest::fuzz {
namespace {

void checkBlock(const Block& block) {
    require(block.kind <= BlockKind::Numbered, "kinds are known ones");
    require(hasLevel(block.kind) == (block.level > 0) && block.level <= kLastBlockLevel,
            "only headings and list items have a level");
    for (const Span& span : block.spans) {
        require(span.provenance <= Provenance::Imported && span.draft >= 0, "provenance is a known one");
        require(!span.text.contains(u'\n') && !span.text.contains(u'\r'), "spans hold no line breaks");
    }
}

void checkEdits(const Block& block, std::size_t size) {
    qsizetype length = 0;
    for (const Span& span : block.spans) length += span.text.size();
    for (const qsizetype at : {qsizetype(0), qsizetype(size) % (length + 1), length, length + 5}) {
        for (const qsizetype removed : {qsizetype(0), qsizetype(1), length + 3}) {
            const Block after = applyEdit(block, {at, removed, QStringLiteral("x"), {}});
            qsizetype now = 0;
            for (const Span& span : after.spans) now += span.text.size();
            const qsizetype from = std::min(at, length);
            require(now == length + 1 - std::min(removed, length - from), "an edit changes what it says");
        }
    }
}

void readAll(std::string_view bytes) {
    const auto text = fromStored(QByteArray(bytes.data(), qsizetype(bytes.size())));
    if (!text) return require(!text.error().message.empty(), "an error says what is wrong");
    for (const Block& block : text->blocks) {
        checkBlock(block);
        checkEdits(block, bytes.size());
    }
    const ProvenanceReport report = reportProvenance(*text);
    require(report.words == report.typed + report.drafted + report.edited + report.imported, "each word counts once");
    require(report.words == countWords(text->plain()), "two ways to count agree");
    const auto again = fromStored(toStored(*text));
    require(again.ok(), "what is stored can be read");
    require(again->blocks.size() == text->blocks.size(), "no paragraph is lost in storing");
    // Half a surrogate pair has no UTF-8; everything else comes back.
    if (text->plain().isValidUtf16()) require(*again == *text, "nothing is lost in storing");
    const auto third = fromStored(toStored(*again));
    require(third.ok() && *third == *again, "storing once more changes nothing");
}

} // namespace

Plan plan() {
    SceneText text;
    text.blocks = {{BlockKind::Heading, 2, {{QStringLiteral("The light"), {}, Provenance::Typed, 0}}},
                   {BlockKind::Paragraph,
                    0,
                    {{QStringLiteral("She wrote. "), {true, false, false, false}, Provenance::Typed, 0},
                     {QStringLiteral("The model \u201cwent on\u201d \u2014 well-known, 3,000.5. It did. "),
                      {},
                      Provenance::Drafted,
                      7},
                     {QString(), {}, Provenance::Imported, 0},
                     {QStringLiteral("Ed"), {false, true, true, true}, Provenance::Edited, 7},
                     {QStringLiteral("ited\u2028\u65e5\u672c\u3002 "), {}, Provenance::Imported, 0}}},
                   {BlockKind::SceneBreak, 0, {}},
                   {BlockKind::Quote, 0, {{QStringLiteral("\U0001F30A"), {}, Provenance::Typed, 0}}},
                   {BlockKind::Bullet, 1, {{QStringLiteral("rope"), {}, Provenance::Typed, 0}}},
                   {BlockKind::Numbered,
                    2,
                    {{QStringLiteral("oil"),
                      {},
                      Provenance::Typed,
                      0,
                      QStringLiteral("https://example.org"),
                      QStringLiteral("How much?\nAsk."),
                      QStringLiteral("Whale."),
                      true}}}};
    const QByteArray stored = toStored(text);
    return {{stored.toStdString(), toStored({}).toStdString(),
             R"({"version":1,"blocks":[{"spans":["\ud800 half",["a",1,2,9007199254740992]]}]})"},
            200000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}

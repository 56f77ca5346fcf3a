#include "engine/base/utf8.h"
#include "models/import_gguf.h"
#include "tests/engine/tiny_engine.h"
#include "tests/support/cases.h"

#include <cmath>
#include <map>

namespace palimpsest::test {
namespace {

Engine& engine() {
    static const std::unique_ptr<Engine> one = tinyEngine();
    return *one;
}

DraftEnd drafted(const DraftRequest& request, std::vector<DraftStep>* steps = nullptr) {
    auto end = engine().draft(request, {}, [&](const DraftStep& step) {
        if (steps) steps->push_back(step);
    });
    CHECK(end.ok()) << (end ? "" : end.error().message);
    return end ? *end : DraftEnd{};
}

std::string joined(const std::vector<StepToken>& tokens) {
    std::string text;
    for (const StepToken& token : tokens) text += token.text;
    return text;
}

DraftRequest infillRequest() {
    DraftRequest request = continueRequest(12);
    request.kind = DraftKind::Infill;
    request.right = " and then the rain came from the west.";
    return request;
}

DraftRequest rewriteRequest() {
    DraftRequest request = continueRequest();
    request.kind = DraftKind::Rewrite;
    request.text = "Martha came up the lane on a Tuesday, with a key that did not fit.\n\nShe waited.";
    request.right = " The rain began.";
    request.options.strength = 1;
    return request;
}

double nats(const std::string& left, const std::string& text) {
    const auto surprise = engine().surprise({"", left, text}, {});
    CHECK(surprise.ok()) << (surprise ? "" : surprise.error().message);
    double sum = 0;
    for (const TokenSurprise& token : *surprise) sum += token.nats;
    return sum;
}

CASE(theTokensOfASurpriseCoverTheText) {
    for (const std::string text : {" Märta came.", "Martha came up the lane.\n\nShe", "x"}) {
        const auto surprise = engine().surprise({"", "He waited.", text}, {});
        CHECK(surprise.ok() && !surprise->empty() && surprise->back().end == text.size());
        for (std::size_t i = 1; i < surprise->size(); ++i) CHECK((*surprise)[i].end >= (*surprise)[i - 1].end);
    }
    CHECK(engine().surprise({"", "", "The first words of a book."}, {}).ok());
}

CASE(theSurpriseOfATextIsThatOfItsParts) {
    const std::string left = "The house stood at the end of a long lane,", first = " and nobody had",
                      rest = " lived there.";
    const double whole = nats(left, first + rest), parts = nats(left, first) + nats(left + first, rest);
    CHECK(std::abs(whole - parts) < 1e-3 * whole) << whole << " " << parts;
    CHECK(nats("", first) != nats(left, first)); // what comes before counts
    std::string book;                            // several passes of the model
    for (int i = 0; i < 60; ++i) book += " The rain came from the west.";
    const double all = nats(left, book),
                 two = nats(left, book.substr(0, 870)) + nats(left + book.substr(0, 870), book.substr(870));
    CHECK(std::abs(all - two) < 1e-3 * all) << all << " " << two;
}

CASE(aSurpriseChangesNoDraftAndATooLongOneIsRefused) {
    const DraftEnd before = drafted(continueRequest());
    (void)nats(continueRequest().left + " Something else", " follows here.");
    CHECK(drafted(continueRequest()).candidates[0].text == before.candidates[0].text);
    std::string tooLong;
    for (int i = 0; i < SurpriseLimits::kTokens; ++i) tooLong += " word or";
    const auto refused = engine().surprise({"", "", tooLong}, {});
    CHECK(!refused && refused.error().code == ErrorCode::InvalidArgument);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = engine().surprise({"", "He waited.", " Long."}, stop.get_token());
    CHECK(!stopped && stopped.error().code == ErrorCode::Cancelled);
}

CASE(theSameSeedGivesTheSameDraftAndAnotherSeedAnother) {
    for (DraftRequest request : {continueRequest(), infillRequest(), rewriteRequest()}) {
        const DraftEnd first = drafted(request), second = drafted(request);
        CHECK(first.candidates == second.candidates) << int(request.kind);
        request.options.seed = 2;
        CHECK(drafted(request).candidates[0].text != first.candidates[0].text) << int(request.kind);
    }
}

CASE(eachOfSeveralDraftsIsTheSingleDraftOfItsSeed) {
    DraftRequest request = continueRequest();
    request.options.drafts = 4;
    const DraftEnd all = drafted(request);
    CHECK(all.candidates.size() == 4);
    for (const DraftCandidate& candidate : all.candidates) {
        DraftRequest single = continueRequest();
        single.options.seed = candidate.seed;
        CHECK(drafted(single).candidates[0].text == candidate.text) << candidate.index;
    }
}

CASE(everyStepIsValidTextAndCountsUp) {
    for (const DraftRequest& request : {continueRequest(40), infillRequest(), rewriteRequest()}) {
        std::vector<DraftStep> steps;
        const DraftEnd end = drafted(request, &steps);
        CHECK(!steps.empty());
        std::map<int, int> next;
        for (const DraftStep& step : steps) {
            CHECK(isValidUtf8(joined(step.tokens))) << step.index;
            CHECK(step.index == next[step.candidate]++) << step.candidate;
            for (const StepToken& token : step.tokens) {
                CHECK(token.confidence >= 0 && token.confidence <= 1);
                CHECK(token.state != PositionState::Absorbed || token.text.empty());
            }
        }
        for (const DraftCandidate& candidate : end.candidates) CHECK(isValidUtf8(candidate.text));
    }
}

CASE(committedTokensNeverChange) {
    std::vector<DraftStep> steps;
    drafted(continueRequest(60), &steps);
    for (std::size_t i = 1; i < steps.size(); ++i) {
        const auto &before = steps[i - 1].tokens, &after = steps[i].tokens;
        for (std::size_t t = 0; t < std::min(before.size(), after.size()); ++t) {
            const bool committed = before[t].state == PositionState::Committed;
            CHECK(!committed || after[t].text == before[t].text) << i << t;
        }
    }
}

CASE(aStopEndsTheDraftBeforeTheNextPass) {
    for (DraftRequest request : {continueRequest(200), infillRequest(), rewriteRequest()}) {
        std::stop_source stop;
        int after = 0;
        const auto end = engine().draft(request, stop.get_token(), [&](const DraftStep& step) {
            if (stop.stop_requested() && step.candidate == 0) ++after;
            if (step.index == 2) stop.request_stop();
        });
        CHECK(end.ok() && end->outcome == DraftOutcome::Stopped) << int(request.kind);
        CHECK(after == 0) << after;
        CHECK(end.ok() && !end->candidates.empty() && isValidUtf8(end->candidates[0].text));
    }
    std::stop_source stopped;
    stopped.request_stop();
    const auto end = engine().draft(continueRequest(), stopped.get_token(), {});
    CHECK(end.ok() && end->outcome == DraftOutcome::Stopped && end->statistics.steps == 0);
}

CASE(lockedWordsStayToTheLetterAndOthersMove) {
    DraftRequest request = rewriteRequest();
    const std::size_t first = request.text.find("lane on"), second = request.text.find("key");
    request.locks = {{first, first + 7}, {second, second + 3}};
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        request.options.seed = seed;
        const std::string text = drafted(request).candidates[0].text;
        const std::size_t lane = text.find("lane on");
        CHECK(lane != std::string::npos && text.find("key", lane) != std::string::npos) << text;
        CHECK(text.find("\n\n") != std::string::npos) << "paragraphs stay";
        CHECK(text != request.text);
    }
    request.locks = {{0, request.text.size()}};
    CHECK(drafted(request).candidates[0].text == request.text);
}

CASE(strengthZeroChangesNothing) {
    DraftRequest request = rewriteRequest();
    request.options.strength = 0;
    std::vector<DraftStep> steps;
    CHECK(drafted(request, &steps).candidates[0].text == request.text);
    CHECK(!steps.empty());
    request.text = "  \tIndented, and with blanks after it.  ";
    CHECK(drafted(request).candidates[0].text == request.text);
}

CASE(aDraftMeetsTheTextAroundItWithOneSpace) {
    for (std::uint64_t seed = 1; seed < 8; ++seed) {
        DraftRequest request = infillRequest();
        request.options.seed = seed;
        request.left = "He walked to the ";
        request.right = "and sat down.";
        for (const DraftCandidate& candidate : drafted(request).candidates) {
            CHECK(!candidate.text.starts_with(' ')) << candidate.text;
            CHECK(candidate.text.ends_with(' ') && !candidate.text.ends_with("  ")) << candidate.text;
        }
        request.left = "He walked";
        request.right = " and sat down.";
        for (const DraftCandidate& candidate : drafted(request).candidates) {
            CHECK(!std::isalnum(static_cast<unsigned char>(candidate.text[0]))) << candidate.text;
            CHECK(!candidate.text.ends_with(' ')) << candidate.text;
            CHECK(candidate.text.find('\n') == std::string::npos) << candidate.text;
        }
    }
}

CASE(aParagraphBeginsAsAListOnlyWhereOneDidBefore) {
    const auto listsAfter = [](const std::string& left) {
        int lists = 0;
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            DraftRequest request = continueRequest(6);
            request.left = left;
            request.options.seed = seed;
            lists += std::string(" 0123456789#*-").find(drafted(request).candidates[0].text[0]) != std::string::npos;
        }
        return lists;
    };
    CHECK(listsAfter("The house stood still.\n\n") == 0);
    CHECK(listsAfter("1. The house stood still.\n\n") > 0) << "the tiny model writes digits too";
}

CASE(infillingOffersSeveralLengthsRankedByTheJoin) {
    const DraftEnd end = drafted(infillRequest());
    CHECK(end.candidates.size() == 3);
    for (const DraftCandidate& candidate : end.candidates) CHECK(candidate.joinCrossEntropy > 0);
    const auto cost = [](const DraftCandidate& c) { return c.joinCrossEntropy - c.agreement; };
    for (std::size_t i = 1; i < end.candidates.size(); ++i)
        CHECK(cost(end.candidates[i - 1]) <= cost(end.candidates[i]));
}

CASE(aGapLongerThanABlockIsWrittenInSeveral) {
    DraftRequest request = infillRequest();
    request.options.tokens = 40;
    request.options.block = 8;
    request.options.steps = 2;
    std::vector<DraftStep> steps;
    const DraftEnd end = drafted(request, &steps);
    CHECK(end.candidates[0].tokens.size() >= 30);
    CHECK(steps.back().round >= 3);
}

CASE(aDraftEndsNearItsWish) {
    for (const int wish : {1, 3, 10, 50}) {
        const DraftEnd end = drafted(continueRequest(wish));
        const auto count = int(end.candidates[0].tokens.size());
        CHECK(count >= 1 && count <= wish + std::max(wish * 3 / 10 + 1, 4)) << wish << count;
        CHECK(end.statistics.tokens == count && end.statistics.steps > 0 && end.statistics.rounds > 0);
        CHECK(std::abs(end.statistics.tokensPerStep - double(count) / end.statistics.steps) < 1e-9);
        CHECK(end.statistics.firstStepMs > 0 && end.statistics.firstStepMs <= end.statistics.seconds * 1e3 + 1);
    }
}

CASE(aWordLockedWhileTheDraftFormsStays) {
    DraftRequest request = rewriteRequest();
    std::string locked;
    std::size_t at = 0;
    const auto end = engine().draft(request, {}, [&](const DraftStep& step) {
        if (step.index != 1) return;
        at = step.tokens.size() - 4;
        locked = step.tokens[at].text;
        engine().setLock({request.id, 0, int(at), 1, true});
    });
    CHECK(end.ok() && end->candidates[0].tokens[at].text == locked);
    CHECK(end.ok() && end->candidates[0].tokens[at].state == PositionState::Locked);
}

CASE(aBranchKeepsWhatWasDecidedByThen) {
    std::vector<DraftStep> steps;
    drafted(continueRequest(30), &steps);
    const DraftStep& step = steps[steps.size() / 2];
    DraftBranch branch{"b", "d", 0, step.index, continueRequest(30, 99).options};
    const auto end = engine().branch(branch, {}, {});
    CHECK(end.ok()) << (end ? "" : end.error().message);
    if (!end) return;
    std::size_t decided = 0;
    while (decided < step.tokens.size() && step.tokens[decided].state == PositionState::Committed) ++decided;
    CHECK(decided > 0);
    for (std::size_t i = 0; i < std::min(decided, end->candidates[0].tokens.size()); ++i)
        CHECK(end->candidates[0].tokens[i].text == step.tokens[i].text) << i;
    branch.from = "never";
    const auto unknown = engine().branch(branch, {}, {});
    CHECK(!unknown.ok() && unknown.error().code == ErrorCode::NotFound);
}

CASE(aModelWithoutDenoiserContinuesAndSaysWhatItCannotDo) {
    const auto base = tinyEngine(false);
    const auto end = base->draft(continueRequest(10), {}, {});
    CHECK(end.ok() && !end->candidates[0].text.empty());
    const auto refused = base->draft(rewriteRequest(), {}, {});
    CHECK(!refused.ok() && refused.error().code == ErrorCode::Unsupported);
}

CASE(whatCannotBeDraftedIsRefusedInOneSentence) {
    DraftRequest empty = continueRequest();
    empty.left = " \n";
    DraftRequest hot = continueRequest();
    hot.options.temperature = std::nan("");
    DraftRequest blank = rewriteRequest();
    blank.text = "\n";
    DraftRequest split = rewriteRequest();
    split.text = "ä";
    split.locks = {{1, 2}};
    DraftRequest invalid = continueRequest();
    invalid.left = "\xff";
    for (const DraftRequest& request : {empty, hot, blank, split, invalid}) {
        const auto end = engine().draft(request, {}, {});
        CHECK(!end.ok() && end.error().code == ErrorCode::InvalidArgument);
        CHECK(!end.ok() && end.error().message.find('\n') == std::string::npos);
    }
}

CASE(readingAheadChangesNoDraftAndAStopKeepsWhatWasRead) {
    DraftRequest request = continueRequest();
    for (int i = 0; i < 300; ++i) request.left += " The rain came down on the lane, and the lane ran with it.";
    const auto fresh = tinyEngine()->draft(request, {}, {});
    const auto engine = tinyEngine();
    std::stop_source stopped;
    stopped.request_stop();
    const Result<void> none = engine->prepare(request, stopped.get_token());
    CHECK(!none.ok() && none.error().code == ErrorCode::Cancelled);
    CHECK(engine->prepare(request, {}).ok());
    const auto ahead = engine->draft(request, {}, {});
    CHECK(fresh.ok() && ahead.ok() && fresh->candidates[0].text == ahead->candidates[0].text);
}

CASE(anInt8ImportDraftsWhatABf16OneDraftsWithInt8Products) {
    const std::string gguf = tinyModelFolder(false) + ".gguf";
    std::string text;
    for (const StoredType dtype : {StoredType::BF16, StoredType::I8}) {
        ImportOptions options;
        options.dtype = dtype;
        const auto model = importGguf(gguf, tinyModelFolder(false) + storedTypeName(dtype), options);
        CHECK(model.ok());
        const auto one = openEngine({model->folder.string(), "cpu", 1, "int8"});
        const auto end = (*one)->draft(continueRequest(40), {}, {});
        CHECK(end.ok() && !end->candidates[0].text.empty());
        if (dtype == StoredType::BF16) text = end->candidates[0].text;
        CHECK(end->candidates[0].text == text) << storedTypeName(dtype);
    }
}

CASE(aPreviewCountsWhatIsSeenAndWhatIsNot) {
    DraftRequest request = infillRequest();
    const auto preview = engine().previewContext(request);
    CHECK(preview.ok() && preview->before > 0 && preview->after > 0 && preview->notes == 0);
    request.notes = "Martha is nine.";
    request.left.clear();
    for (int i = 0; i < 20'000; ++i) request.left += "word number " + std::to_string(i) + ".\n";
    const auto longer = engine().previewContext(request);
    CHECK(longer.ok() && longer->notes > 0 && longer->before <= 16'384 && longer->before > 14'000);
    CHECK(longer.ok() && longer->droppedBefore > 10'000 && longer->before + longer->notes <= longer->limit);
}

} // namespace
} // namespace palimpsest::test

#include "engine/commands/draft_command.h"

#include "engine/api/messages.h"
#include "engine/commands/live_view.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace palimpsest {
namespace {

struct DraftFlags {
    CommonFlags common;
    std::string model, personal, left, right, notes, text, trace;
    double personalStrength = 1;
    std::vector<std::string> locks;
    bool verify = true;
    std::string watch = "auto";
    DraftOptions options;
};

void addDraftingFlags(CLI::App& command, DraftFlags& flags) {
    DraftOptions& options = flags.options;
    command.add_option("--model", flags.model, "Model folder (default: the installed one)");
    command.add_option("--personal", flags.personal, "A personal file that tuning made, stacked on the model");
    command.add_option("--right", flags.right, "What comes after: a text file, or - for standard input");
    command.add_option("--notes", flags.notes, "What the model should know: a text file");
    command.add_option("--block", options.block, "Positions diffused together (default: what suits)")
        ->check(CLI::Range(1, DraftLimits::kBlock));
    command.add_option("--steps", options.steps, "Noised passes of one block (default: what suits)")
        ->check(CLI::Range(1, DraftLimits::kSteps));
    command.add_option("--temperature", options.temperature, "0 (always the likeliest word) to 2");
    command.add_option("--top-p", options.topP, "Share of the likeliest words drawn from, above 0 to 1");
    command.add_option("--drafts", options.drafts, "Candidates, ranked")->check(CLI::Range(1, DraftLimits::kDrafts));
    command.add_option("--trace", flags.trace, "Write every pass to this file, a line of JSON each");
    command.add_option("--watch", flags.watch, "Show the passes on stderr: auto (on a terminal), always, never")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    addCommonFlags(command, flags.common);
}

// The text of `path` into `out`; an empty path leaves it empty.
Result<void> readInto(std::string& out, const std::string& path, const char* what) {
    if (path.empty()) return {};
    Result<std::string> text = readText(path, what);
    if (!text) return text.error();
    out = std::move(*text);
    return {};
}

// Every place where the words stand in the text, sorted, merged.
Result<std::vector<TextRange>> findLocks(const std::string& text, const std::vector<std::string>& words) {
    std::vector<TextRange> found;
    for (const std::string& word : words) {
        const std::size_t before = found.size();
        for (std::size_t at = word.empty() ? std::string::npos : text.find(word); at != std::string::npos;
             at = text.find(word, at + word.size()))
            found.push_back({at, at + word.size()});
        if (found.size() == before)
            return Error{ErrorCode::InvalidArgument, "The words to lock, \"" + word + "\", are not in the text."};
    }
    std::sort(found.begin(), found.end(), [](const TextRange& a, const TextRange& b) { return a.begin < b.begin; });
    std::vector<TextRange> merged;
    for (const TextRange& range : found) {
        if (!merged.empty() && range.begin < merged.back().end)
            merged.back().end = std::max(merged.back().end, range.end);
        else
            merged.push_back(range);
    }
    return merged;
}

// The final line break that editors put at the end of a file is not part of a text that goes on.
void dropFinalBreak(std::string& text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
}

Result<DraftRequest> makeRequest(const DraftFlags& flags) {
    DraftRequest request;
    request.id = "draft";
    request.options = flags.options;
    request.options.verify = flags.verify;
    request.options.seed = flags.common.seed;
    const std::string* fromInput[] = {&flags.left, &flags.right, &flags.notes, &flags.text};
    if (std::count_if(std::begin(fromInput), std::end(fromInput), [](auto* path) { return *path == "-"; }) > 1)
        return Error{ErrorCode::InvalidArgument, "Only one text can come from standard input."};
    if (Result<void> read = readInto(request.left, flags.left, "left"); !read) return read.error();
    if (Result<void> read = readInto(request.right, flags.right, "right"); !read) return read.error();
    if (Result<void> read = readInto(request.notes, flags.notes, "notes"); !read) return read.error();
    if (Result<void> read = readInto(request.text, flags.text, "text"); !read) return read.error();
    request.kind = !flags.text.empty()    ? DraftKind::Rewrite
                   : !flags.right.empty() ? DraftKind::Infill
                                          : DraftKind::Continue;
    if (request.kind == DraftKind::Rewrite) dropFinalBreak(request.text);
    if (request.kind != DraftKind::Rewrite && !request.left.ends_with("\n\n")) dropFinalBreak(request.left);
    Result<std::vector<TextRange>> locks = findLocks(request.text, flags.locks);
    if (!locks) return locks.error();
    request.locks = std::move(*locks);
    return request;
}

// The trace file, opened before the model is: a path that cannot be written is told at once.
Result<std::ofstream> openTrace(const std::string& path) {
    std::ofstream file;
    if (path.empty()) return file;
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) file.open(path, std::ios::binary | std::ios::trunc);
    if (!file.is_open()) return Error{ErrorCode::Io, "The trace file \"" + path + "\" cannot be written."};
    return file;
}

Json report(const DraftEnd& end, std::uint64_t seed) {
    Json json = {
        {"text", end.candidates.empty() ? std::string() : toJson(end.candidates[0])["text"].get<std::string>()}};
    json.update(toJson(end.statistics));
    json["seed"] = seed;
    Json candidates = Json::array();
    for (const DraftCandidate& candidate : end.candidates) {
        Json one = toJson(candidate);
        one["tokens"] = candidate.tokens.size();
        candidates.push_back(std::move(one));
    }
    json["candidates"] = std::move(candidates);
    return json;
}

int runDraft(const DraftFlags& flags) {
    const Result<DraftRequest> request = makeRequest(flags);
    if (!request) return failed(request.error());
    Result<std::ofstream> trace = openTrace(flags.trace);
    if (!trace) return failed(trace.error());
    Result<std::unique_ptr<Engine>> engine = openEngine(
        {flags.model, flags.common.device, flags.common.threads, "auto", flags.personal, flags.personalStrength});
    if (!engine) return failed(engine.error());
    std::optional<LiveView> view;
    const bool always = flags.watch == "always";
    if (always || (!flags.common.json && flags.watch == "auto")) view.emplace(always);
    const Result<DraftEnd> end = (*engine)->draft(*request, {}, [&](const DraftStep& step) {
        if (trace->is_open()) *trace << writeMessage(toJson(step)) << '\n';
        if (view) view->show(step);
    });
    if (view) view->clear();
    if (!end) return failed(end.error());
    if (trace->is_open() && !trace->flush())
        return failed({ErrorCode::Io, "The trace file \"" + flags.trace + "\" could not be written to its end."});
    if (end->candidates.empty()) return failed({ErrorCode::Internal, "The draft gave no text."});
    const std::string out = flags.common.json ? report(*end, flags.common.seed).dump(2) : end->candidates[0].text;
    if (!printOut(out + "\n")) return failed({ErrorCode::Io, "Standard output cannot be written."});
    return 0;
}

} // namespace

CommandRun addDraftCommand(CLI::App& app) {
    auto flags = std::make_shared<DraftFlags>();
    CLI::App* command = app.add_subcommand("draft", "Continue a text, or fill the gap between two");
    command->add_option("--left", flags->left, "What comes before: a text file, or - for standard input")->required();
    command->add_option("--tokens", flags->options.tokens, "Wished length; the draft ends at a sentence near it")
        ->check(CLI::Range(1, DraftLimits::kTokens));
    command->add_option("--verify", "on: accept only what the base itself would have written; off: pure diffusion")
        ->check(CLI::IsMember({"on", "off"}))
        ->each([flags](const std::string& value) { flags->verify = value == "on"; });
    command->add_option("--strength,--personal-strength", flags->personalStrength, "Of the personal file, 0 to 1.5");
    addDraftingFlags(*command, *flags);
    return [flags] { return runDraft(*flags); };
}

CommandRun addRewriteCommand(CLI::App& app) {
    auto flags = std::make_shared<DraftFlags>();
    CLI::App* command = app.add_subcommand("rewrite", "Move the words of a passage, as many as the strength says");
    command->add_option("--text", flags->text, "The passage: a text file, or - for standard input")->required();
    command->add_option("--strength", flags->options.strength, "Share of the words that should change, 0 to 1");
    command->add_option("--personal-strength", flags->personalStrength, "Of the personal file, 0 to 1.5");
    command->add_option("--left", flags->left, "What comes before: a text file, or - for standard input");
    command->add_option("--lock", flags->locks, "Words that stay to the letter, wherever they stand in the passage");
    addDraftingFlags(*command, *flags);
    return [flags] { return runDraft(*flags); };
}

} // namespace palimpsest

#include "engine/commands/bench_command.h"

#include "engine/api/messages.h"
#include "engine/commands/bench_attention.h"
#include "engine/commands/bench_products.h"
#include "engine/commands/bench_step.h"

#include <algorithm>
#include <cstdio>

namespace palimpsest {
namespace {

struct BenchFlags {
    CommonFlags common;
    std::string model;
    int context = 4096;
    int block = 32;
    AttentionBenchOptions attention;
    ProductsBenchOptions products;
};

// Rounds of verified continuation behind the same context.
Result<DraftStatistics> benchDraft(const BenchFlags& flags) {
    Result<std::unique_ptr<Engine>> engine =
        openEngine({flags.model, flags.common.device, flags.common.threads, "auto"});
    if (!engine) return engine.error();
    DraftRequest request;
    request.id = "bench";
    // As many bytes as give about that many tokens; the exact number does not matter here.
    request.left = benchText(std::size_t(flags.context) * 4);
    request.options.tokens = 1;
    const Result<DraftEnd> warm = (*engine)->draft(request, {}, {}); // encodes the context
    if (!warm) return warm.error();
    request.options.tokens = 96;
    std::vector<DraftStatistics> all;
    for (int i = 0; i < 3; ++i) {
        request.options.seed = flags.common.seed + std::uint64_t(i);
        const Result<DraftEnd> end = (*engine)->draft(request, {}, {});
        if (!end) return end.error();
        all.push_back(end->statistics);
    }
    const auto perToken = [](const DraftStatistics& s) { return s.seconds / std::max(1, s.tokens); };
    std::sort(all.begin(), all.end(),
              [&](const DraftStatistics& a, const DraftStatistics& b) { return perToken(a) < perToken(b); });
    return all[1];
}

Json resultJson(const BenchFlags& flags, const StepBench& step, const DraftStatistics& draft) {
    Json json = {{"context", flags.context},
                 {"block", flags.block},
                 {"step_ms", step.stepMs},
                 {"products_ms", step.productsMs},
                 {"step_to_products", step.stepMs / step.productsMs},
                 {"prefill_tokens_per_second", flags.context / step.prefillSeconds},
                 {"fresh_first_step_ms", step.freshFirstMs},
                 {"edit_first_step_ms", step.editFirstMs},
                 {"edit_to_fresh", step.editFirstMs / step.freshFirstMs},
                 {"edited_tokens", step.editedTokens},
                 {"round_ms", draft.seconds * 1e3 / std::max(1, draft.rounds)},
                 {"tokens_per_second", draft.tokens / draft.seconds},
                 {"tokens_per_round", draft.tokensPerRound}};
    json.update(toJson(step.device));
    return json;
}

std::string plain(const Json& json) {
    char text[1024];
    const auto number = [&](const char* key) { return json[key].get<double>(); };
    std::snprintf(text, sizeof text,
                  "one step of a block      %8.1f ms, %.2f times its matrix products alone (%.1f ms)\n"
                  "encoding the context     %8.0f tokens a second\n"
                  "first step after an edit %8.1f ms, %.2f times a fresh encoding (%.0f ms)\n"
                  "verified continuation    %8.1f tokens a second, %.1f ms a round of %.2f tokens\n",
                  number("step_ms"), number("step_to_products"), number("products_ms"),
                  number("prefill_tokens_per_second"), number("edit_first_step_ms"), number("edit_to_fresh"),
                  number("fresh_first_step_ms"), number("tokens_per_second"), number("round_ms"),
                  number("tokens_per_round"));
    return text;
}

int runStep(BenchFlags flags) {
    if (flags.model.empty()) flags.model = installedModels(flags.common.device).defaultModel;
    if (flags.model.empty())
        return failed({ErrorCode::NotFound, "No model is installed: run installer/build, or give --model."});
    StepBenchOptions options;
    options.folder = flags.model;
    options.device = flags.common.device;
    options.threads = flags.common.threads;
    options.context = flags.context;
    options.block = flags.block;
    const Result<StepBench> step = benchStep(options);
    if (!step) return failed(step.error());
    const Result<DraftStatistics> draft = benchDraft(flags);
    if (!draft) return failed(draft.error());
    const Json json = resultJson(flags, *step, *draft);
    const bool printed = printOut(flags.common.json ? json.dump(2) + "\n" : plain(json));
    return printed ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
}

int report(const BenchFlags& flags, const Result<std::vector<BenchRow>>& rows, const char* sizeName) {
    if (!rows) return failed(rows.error());
    std::string text;
    if (flags.common.json) {
        Json json = {{"threads", flags.common.threads}, {"rows", Json::array()}};
        for (const BenchRow& row : *rows) json["rows"].push_back(toJson(row));
        text = json.dump(2) + "\n";
    } else {
        text = toText(*rows, sizeName);
    }
    return printOut(text) ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
}

int runAttention(BenchFlags flags) {
    if (flags.common.threads == 0) flags.common.threads = 1; // of one core's peak
    flags.attention.threads = flags.common.threads;
    // A GPU only when it is asked for: the first figure is a core's.
    if (flags.common.device != "auto") flags.attention.device = flags.common.device;
    return report(flags, benchAttention(flags.attention), "length");
}

using ProductsBench = Result<std::vector<BenchRow>>(const ProductsBenchOptions&);

int runProducts(BenchFlags flags, ProductsBench& bench) {
    if (flags.common.threads == 0) flags.common.threads = 1;
    flags.products.threads = flags.common.threads;
    return report(flags, bench(flags.products), "rows");
}

} // namespace

CommandRun addBenchCommand(CLI::App& app) {
    auto flags = std::make_shared<BenchFlags>();
    CLI::App* bench = app.add_subcommand("bench", "Measure this machine");
    bench->require_subcommand(1);
    CLI::App* step = bench->add_subcommand("step", "What a pass costs: medians, and ratios within one run");
    step->add_option("--model", flags->model, "Model folder (default: the installed one)");
    step->add_option("--context", flags->context, "Tokens of text before the block")->check(CLI::Range(64, 16384));
    step->add_option("--block", flags->block, "Positions of the block")->check(CLI::Range(1, DraftLimits::kBlock));
    addCommonFlags(*step, flags->common);
    CLI::App* attention = bench->add_subcommand("attention", "The attention kernels, against peak, dense and chunked");
    attention->add_option("--lengths", flags->attention.lengths, "Lengths of the text")
        ->delimiter(',')
        ->check(CLI::Range(256, 131072));
    addCommonFlags(*attention, flags->common);
    const auto products = [&](const char* name, const char* description) {
        CLI::App* sub = bench->add_subcommand(name, description);
        sub->add_option("--rows,--lengths", flags->products.rows, "Rows of a product")
            ->delimiter(',')
            ->check(CLI::Range(1, 65536));
        sub->add_option("--seconds", flags->products.seconds, "Least time of one measurement")
            ->check(CLI::Range(0.0, 60.0));
        addCommonFlags(*sub, flags->common);
        return sub;
    };
    CLI::App* gemm = products("gemm", "The matrix products, against LibTorch's and peak");
    products("experts", "The routed experts, against a dense layer of equal active size");
    return [=] {
        if (step->parsed()) return runStep(*flags);
        if (attention->parsed()) return runAttention(*flags);
        return gemm->parsed() ? runProducts(*flags, benchGemm) : runProducts(*flags, benchExperts);
    };
}

} // namespace palimpsest

// `palimpsest-engine train` from outside: killed and resumed, stopped, shared between processes, misused.
#include "engine/base/paths.h"
#include "tests/engine/tiny_engine.h"
#include "tests/support/cases.h"
#include "tests/support/scratch_folder.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace palimpsest::test {
namespace {

using Json = nlohmann::json;

// A corpus, a config and folders for runs on the tiny model.
class Workplace {
public:
    Workplace() {
        std::filesystem::create_directories(path("corpus/valid"));
        std::string text;
        for (int i = 0; i < 120; ++i)
            text += "The house stood at the end of a long lane, and nobody had lived in it for " + std::to_string(i) +
                    " years.\n\nShe said that he was in the house with " + std::to_string(i * 7 % 11) +
                    " of the keys.\n";
        write("corpus/a.txt", text);
        write("corpus/b.txt", text.substr(text.size() / 3));
        write("corpus/valid/c.txt", text.substr(0, text.size() / 4));
    }
    std::string path(const std::string& name) const { return (m_folder.path() / name).string(); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(path(name)).rdbuf();
        return text.str();
    }

private:
    ScratchFolder m_folder;
};

// A small run: `changes` replaces keys.
std::string config(const Json& changes = Json::object()) {
    Json json = {{"rank", 4},
                 {"experts", 4},
                 {"expert_width", 8},
                 {"level_width", 16},
                 {"sequential_width", 12},
                 {"window", 32},
                 {"dilation", 2},
                 {"dilated_count", 24},
                 {"globals", 4},
                 {"steps", 8},
                 {"warmup_steps", 2},
                 {"first_document_tokens", 64},
                 {"last_document_tokens", 128},
                 {"least_context", 16},
                 {"blocks_per_document", 6},
                 {"block_sizes", {4, 8, 16}},
                 {"block_shares", {1, 1, 1}},
                 {"checkpoint_steps", 3},
                 {"evaluate_steps", 4},
                 {"evaluation_documents", 2},
                 {"ema", 0.9}};
    json.update(changes);
    return json.dump();
}

struct Child {
    pid_t pid = -1;

    // The exit status; -1 when it was killed.
    int wait() const {
        int status = 0;
        waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
};

Child start(const Workplace& work, std::vector<std::string> arguments,
            const std::map<std::string, std::string>& environment = {}) {
    arguments.insert(arguments.begin(),
                     {(executableFolder() / "palimpsest-engine").string(), "train", "--model", tinyModelFolder(),
                      "--corpus", work.path("corpus"), "--threads", "1", "--device", "cpu"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const std::string log = work.path("stderr");
    const Child child{fork()};
    if (child.pid == 0) {
        for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
        setenv("GOMP_SPINCOUNT", "0", 1);
        const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 2);
        dup2(out, 1);
        execv(raw[0], raw.data());
        _exit(127);
    }
    return child;
}

// What a log says of each step but how long it took.
std::map<std::string, std::string> stepsOf(const Workplace& work, const std::string& run) {
    std::map<std::string, std::string> steps;
    std::istringstream lines(work.read(run + "/log.jsonl"));
    for (std::string line; std::getline(lines, line);) {
        Json json = Json::parse(line, nullptr, false);
        if (!json.is_object()) continue;
        json.erase("seconds");
        json.erase("tokens_per_second");
        json.erase("cpu_seconds");
        const std::string key = std::to_string(json["step"].get<int>()) + (json.contains("evaluation") ? "e" : "");
        CHECK(!steps.contains(key)) << "step" << key << "twice";
        steps[key] = json.dump();
    }
    return steps;
}

bool waitForStep(const Workplace& work, const std::string& run, const std::string& key) {
    for (int i = 0; i < 3000; ++i) {
        if (work.read(run + "/log.jsonl").find("\"step\":" + key + ",") != std::string::npos) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

CASE(aKilledRunResumesToTheSameLossesAsAnUnbrokenOne) {
    const Workplace work;
    work.write("config.json", config());
    CHECK(start(work, {"--config", work.path("config.json"), "--out", work.path("whole")}).wait() == 0)
        << work.read("stderr");
    const auto whole = stepsOf(work, "whole");
    CHECK(whole.size() == 8 + 3) << whole.size(); // the steps; evaluations at 0, 4 and 8

    const Child killed = start(work, {"--config", work.path("config.json"), "--out", work.path("broken")});
    CHECK(waitForStep(work, "broken", "5")); // past the checkpoint of step 3
    kill(killed.pid, SIGKILL);
    killed.wait();
    CHECK(start(work, {"--config", work.path("config.json"), "--out", work.path("broken"), "--resume"}).wait() == 0)
        << work.read("stderr");
    CHECK(stepsOf(work, "broken") == whole);
    CHECK(work.read("broken/denoiser.safetensors") == work.read("whole/denoiser.safetensors"));
}

CASE(aStoppedRunLeavesACheckpointThatGoesOnExactly) {
    const Workplace work;
    work.write("config.json", config({{"steps", 40}, {"checkpoint_steps", 1000}, {"evaluate_steps", 0}}));
    CHECK(start(work, {"--config", work.path("config.json"), "--out", work.path("whole")}).wait() == 0)
        << work.read("stderr");
    const Child stopped = start(work, {"--config", work.path("config.json"), "--out", work.path("broken")});
    CHECK(waitForStep(work, "broken", "2"));
    kill(stopped.pid, SIGTERM);
    CHECK(stopped.wait() == 0) << work.read("stderr");
    const auto before = stepsOf(work, "broken");
    CHECK(before.size() < 40) << "it ended before the signal came";
    const auto goOn = [&](const char* limit, const char* value) {
        const std::vector<std::string> arguments{
            "--config", work.path("config.json"), "--out", work.path("broken"), "--resume", limit, value};
        CHECK(start(work, arguments).wait() == 0) << work.read("stderr");
    };
    goOn("--steps", "1");
    CHECK(stepsOf(work, "broken").size() == before.size() + 1);
    goOn("--minutes", "10");
    CHECK(stepsOf(work, "broken") == stepsOf(work, "whole"));
}

CASE(theLossFallsOnASmallText) {
    const Workplace work;
    work.write("config.json", config({{"steps", 60}, {"evaluate_steps", 60}, {"learning_rate", 0.01}}));
    CHECK(start(work, {"--config", work.path("config.json"), "--out", work.path("run")}).wait() == 0)
        << work.read("stderr");
    auto steps = stepsOf(work, "run");
    const auto heldOut = [&](const char* key) { return Json::parse(steps[key])["evaluation"]["mean"].get<double>(); };
    CHECK(heldOut("60e") < 0.9 * heldOut("0e")) << heldOut("0e") << heldOut("60e");
}

CASE(twoProcessesGiveTheLossesOfOneWithTheDoubledBatch) {
    const Workplace work;
    work.write("one.json", config({{"documents_per_step", 4}, {"steps", 4}}));
    work.write("two.json", config({{"documents_per_step", 2}, {"steps", 4}}));
    CHECK(start(work, {"--config", work.path("one.json"), "--out", work.path("one")}).wait() == 0)
        << work.read("stderr");
    std::map<std::string, std::string> environment{
        {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", std::to_string(20000 + getpid() % 20000)}};
    std::vector<Child> both;
    for (const char* rank : {"0", "1"}) {
        environment["RANK"] = rank;
        both.push_back(start(work, {"--config", work.path("two.json"), "--out", work.path("two")}, environment));
    }
    for (const Child& child : both) CHECK(child.wait() == 0) << work.read("stderr");
    auto one = stepsOf(work, "one"), two = stepsOf(work, "two");
    CHECK(one.size() == two.size() && one.size() == 4 + 2) << two.size();
    for (const char* step : {"1", "2", "3", "4"})
        for (const char* value : {"loss", "cross_entropy", "gradient_norm", "targets"}) {
            const double a = Json::parse(one[step])[value], b = Json::parse(two[step])[value];
            // Gradients are added in another order: f32 rounding, which each update carries on.
            CHECK(std::abs(a - b) <= 1e-5 * std::abs(a)) << step << value << a << b;
        }
}

CASE(anEstimateSaysMemoryAndTimeAndTrainsNothing) {
    const Workplace work;
    work.write("config.json", config());
    CHECK(
        start(work, {"--config", work.path("config.json"), "--out", work.path("run"), "--estimate", "--json"}).wait() ==
        0)
        << work.read("stderr");
    const Json json = Json::parse(work.read("stderr"), nullptr, false);
    for (const char* key : {"memory_mb", "first_step_seconds", "last_step_seconds", "total_hours", "parameters"})
        CHECK(json.contains(key) && json[key].get<double>() > 0) << key;
    CHECK(!std::filesystem::exists(work.path("run/state.safetensors")) &&
          !std::filesystem::exists(work.path("run/config.json")));
}

CASE(twoTrainingsInOneFolderAreRefused) {
    const Workplace work;
    work.write("config.json", config({{"steps", 100'000}, {"evaluate_steps", 0}}));
    const std::vector<std::string> arguments{"--config", work.path("config.json"), "--out", work.path("run")};
    const Child first = start(work, arguments);
    CHECK(waitForStep(work, "run", "1"));
    auto again = arguments;
    again.push_back("--resume");
    CHECK(start(work, again).wait() == 1);
    CHECK(work.read("stderr").find("already") != std::string::npos) << work.read("stderr");
    kill(first.pid, SIGKILL);
    first.wait();
    again.insert(again.end(), {"--steps", "1"});
    CHECK(start(work, again).wait() == 0) << work.read("stderr"); // a killed one holds nothing
}

CASE(anEstimateStopsWhenItIsTold) {
    const Workplace work;
    work.write("config.json", config({{"documents_per_step", 400}})); // some seconds a step
    const Child child =
        start(work, {"--config", work.path("config.json"), "--out", work.path("run"), "--estimate", "--json"});
    for (int i = 0; i < 3000 && !std::filesystem::exists(work.path("run/tokens.bin")); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    kill(child.pid, SIGTERM);
    CHECK(child.wait() == 1 && work.read("stderr").find("stopped") != std::string::npos) << work.read("stderr");
}

CASE(misuseIsOneLineAndAStatus) {
    const Workplace work;
    work.write("config.json", config({{"steps", 1}, {"warmup_steps", 0}, {"evaluate_steps", 0}}));
    work.write("other.json",
               config({{"steps", 1}, {"warmup_steps", 0}, {"evaluate_steps", 0}, {"learning_rate", 0.5}}));
    work.write("bad.json", config({{"rank", -1}}));
    work.write("layers.json", config({{"layers", {7}}}));
    work.write("long.json", config({{"last_document_tokens", 1024}}));
    const std::string out = work.path("run");
    const auto refused = [&](std::vector<std::string> arguments, const std::string& word,
                             const std::map<std::string, std::string>& environment = {}) {
        arguments.insert(arguments.end(), {"--out", out});
        CHECK(start(work, arguments, environment).wait() == 1) << word;
        const std::string said = work.read("stderr");
        CHECK(std::count(said.begin(), said.end(), '\n') == 1 && said.find(word) != std::string::npos) << said;
    };
    refused({"--config", work.path("config.json"), "--resume"}, "resume");
    refused({"--config", work.path("none.json")}, "none.json");
    refused({"--config", work.path("bad.json")}, "\"rank\"");
    CHECK(!std::filesystem::exists(out));
    refused({"--config", work.path("layers.json")}, "\"layers\"");
    refused({"--config", work.path("long.json")}, "\"last_document_tokens\" must be at most 512");
    refused({"--config", work.path("config.json")}, "MASTER_PORT", {{"WORLD_SIZE", "2"}, {"RANK", "0"}});
    CHECK(start(work, {"--config", work.path("config.json"), "--out", out}).wait() == 0) << work.read("stderr");
    refused({"--config", work.path("config.json")}, "--resume");
    refused({"--config", work.path("other.json"), "--resume"}, "\"learning_rate\"");
    work.write("corpus/a.txt", "Another text than before, and quite a short one.\n");
    refused({"--config", work.path("config.json"), "--resume"}, "corpus");
}

} // namespace
} // namespace palimpsest::test

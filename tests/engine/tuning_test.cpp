// Tuning: its texts, its length, verbatim runs; and `palimpsest-engine tune` from outside, killed, stopped, misused.
#include "engine/tuning/tuning_plan.h"
#include "engine/tuning/tuning_texts.h"
#include "engine/tuning/verbatim.h"
#include "tests/engine/tiny_engine.h"
#include "tests/engine/tuning_workplace.h"
#include "tests/support/cases.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/wait.h>
#include <thread>

namespace palimpsest::test {
namespace {

CASE(whatIsHeldOutStaysSoWhenTextsAreAdded) {
    const auto few = splitTuningTexts({{"a", prose(60)}}, 0.3),
               more = splitTuningTexts({{"b", prose(90, 500)}, {"a", prose(60)}}, 0.3);
    CHECK(few.ok() && more.ok());
    const std::set<std::string> all(more->heldOut.begin(), more->heldOut.end());
    for (const std::string& passage : few->heldOut) CHECK(all.contains(passage));
    CHECK(few->heldOut.size() > 1 && more->heldOut.size() > few->heldOut.size());
}

CASE(nothingHeldOutIsLearntAndNothingIsLost) {
    const std::string text = prose(60);
    const auto texts = splitTuningTexts({{"a", text}}, 0.2);
    std::size_t bytes = 0;
    for (const auto& part : {texts->learnt, texts->heldOut})
        for (const std::string& passage : part) bytes += passage.size();
    CHECK(bytes == text.size());
    for (const std::string& passage : texts->heldOut) {
        CHECK(text.find(passage) != std::string::npos);
        for (const std::string& learnt : texts->learnt) CHECK(learnt.find(passage) == std::string::npos);
    }
}

CASE(aTextGivenTwiceIsLearntOnce) {
    const auto once = splitTuningTexts({{"a", prose(60)}}, 0.1),
               twice = splitTuningTexts({{"a", prose(60)}, {"b", prose(60)}}, 0.1);
    CHECK(twice->words == once->words && twice->duplicateWords == once->words + once->heldOutWords);
    CHECK(twice->digest == once->digest);
}

CASE(tooLittleTextSaysHowMuchThereIs) {
    const auto texts = splitTuningTexts({{"a", "Only five words of text."}}, 0.1);
    CHECK(!texts.ok() && texts.error().message.find("5 words") != std::string::npos);
    CHECK(texts.error().message.find("2000") != std::string::npos);
}

CASE(theLongestRunCrossesCaseAndPunctuationButNoEndOfText) {
    const VerbatimCheck check({"The house stood at the end of a long lane.", "Nobody lived in it, nobody at all."});
    const auto run = check.longest("He said the House stood; at the END of a road");
    CHECK(run.words == 8 && run.text == "the house stood at the end of a") << run.text;
    CHECK(check.longest("of a long lane nobody lived in").words == 4);
    CHECK(check.longest("xyzzy").words == 0 && check.longest("").words == 0);
    CHECK(check.longest("nobody nobody lived").words == 2);
}

CASE(aPlanFitsIntoItsMinutes) {
    const TuningCosts costs{2, 10};
    for (const double minutes : {5.0, 30.0}) {
        const TuningPlan plan = planTuning(TuningPreset::Balanced, minutes, 100, costs);
        const double seconds = plan.seconds(costs, 0);
        CHECK(seconds < minutes * 60 * 1.05 && seconds > minutes * 60 * 0.8) << seconds;
    }
    const TuningCosts dear{10, 160}; // a busy machine: samples do not crowd out learning
    const TuningPlan plan = planTuning(TuningPreset::Balanced, 20, 100, dear);
    CHECK(plan.steps >= 70 && plan.seconds(dear, 0) < 20 * 60 * 1.05) << plan.steps;
    const auto steps = [&](TuningPreset preset) { return planTuning(preset, 0, 100, costs).steps; };
    CHECK(steps(TuningPreset::Quick) == 100 && steps(TuningPreset::Balanced) == 300 &&
          steps(TuningPreset::Thorough) == 800);
}

// --- the command ---

struct Child {
    pid_t pid = -1;
    int wait() const { // the exit status; -1 when it was killed
        int status = 0;
        waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
};

Child start(const TuningWorkplace& work, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), (executableFolder() / "palimpsest-engine").string());
    if (arguments[1] != "info") arguments.insert(arguments.end(), {"--model", tinyModelFolder()});
    arguments.insert(arguments.end(), {"--threads", "1", "--device", "cpu"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const std::string out = work.path("out"), error = work.path("err");
    const Child child{fork()};
    if (child.pid != 0) return child;
    setenv("GOMP_SPINCOUNT", "0", 1);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    execv(raw[0], raw.data());
    _exit(127);
}

Child tune(const TuningWorkplace& work, const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> all{"tune",          "--texts", work.path("texts"), "--out",
                                 work.path(file), "--json",  "--preset",         "quick"};
    all.insert(all.end(), more.begin(), more.end());
    return start(work, all);
}

bool waitForFile(const std::string& path) {
    for (int i = 0; i < 3000; ++i) {
        if (std::filesystem::exists(path)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

CASE(aKilledTuningGoesOnToTheSameFile) {
    const TuningWorkplace work;
    CHECK(tune(work, "whole").wait() == 0) << work.read("err");
    CHECK(!std::filesystem::exists(work.path("whole.run")));
    const Child killed = tune(work, "broken");
    CHECK(waitForFile(work.path("broken.run/best.safetensors")));
    kill(killed.pid, SIGKILL);
    CHECK(killed.wait() == -1) << "it ended before it was killed";
    CHECK(!std::filesystem::exists(work.path("broken")));
    CHECK(tune(work, "broken").wait() == 0) << work.read("err");
    CHECK(work.read("broken") == work.read("whole") && work.read("whole").size() > 1000);
}

CASE(heldOutTextBecomesLikelierAndDraftsTakeTheFile) {
    const TuningWorkplace work;
    CHECK(tune(work, "mine").wait() == 0) << work.read("err");
    const Json end = Json::parse(work.read("out"), nullptr, false);
    CHECK(end["reason"] == "finished" && end["path"] == work.path("mine"));
    CHECK(end["held_out"]["best"].get<double>() < 0.95 * end["held_out"]["before"].get<double>()) << end.dump();
    work.write("left.txt", "The house stood at the end of a long lane.");
    const auto draft = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"draft", "--left", work.path("left.txt"), "--tokens", "24", "--json"});
        CHECK(start(work, more).wait() == 0) << work.read("err");
        return Json::parse(work.read("out"), nullptr, false);
    };
    const Json plain = draft({}), mine = draft({"--personal", work.path("mine")}),
               none = draft({"--personal", work.path("mine"), "--strength", "0"});
    CHECK(mine["text"] != plain["text"] && none["text"] == plain["text"]);
    CHECK(start(work, {"info", "--personal", work.path("mine"), "--json"}).wait() == 0) << work.read("err");
    CHECK(Json::parse(work.read("out"), nullptr, false)["personal"]["base"] == "tiny") << work.read("out");
    CHECK(mine["model_hash"] != plain["model_hash"] && none["model_hash"] == plain["model_hash"]);
}

CASE(aStoppedTuningKeepsTheBest) {
    const TuningWorkplace work;
    const Child stopped = tune(work, "mine", {"--minutes", "30"});
    CHECK(waitForFile(work.path("mine.run/state.safetensors")));
    kill(stopped.pid, SIGTERM);
    CHECK(stopped.wait() == 0) << work.read("err");
    const Json end = Json::parse(work.read("out"), nullptr, false);
    CHECK(end["reason"] == "stopped" && end["path"] == work.path("mine")) << end.dump();
    CHECK(std::filesystem::exists(work.path("mine")) && !std::filesystem::exists(work.path("mine.run")));
}

CASE(misuseIsOneLineAndLeavesNothing) {
    const TuningWorkplace work;
    const auto refused = [&](const Child& child, const std::string& word) {
        CHECK(child.wait() == 1) << word;
        const std::string said = work.read("err");
        CHECK(std::count(said.begin(), said.end(), '\n') == 1 && said.find(word) != std::string::npos) << said;
    };
    work.write("few.txt", "Too few words.");
    work.write("bytes.txt", "\xff\xfe not a text");
    work.write("precious", "not a personal file");
    const std::string engine = tinyModelFolder();
    refused(start(work, {"tune", "--texts", work.path("few.txt"), "--out", work.path("x")}), "3 words");
    refused(start(work, {"tune", "--texts", work.path("bytes.txt"), "--out", work.path("x")}), "UTF-8");
    refused(start(work, {"tune", "--texts", work.path("none.txt"), "--out", work.path("x")}), "none.txt");
    refused(tune(work, "precious"), "another name");
    refused(tune(work, "precious/below"), "folder");
    CHECK(!std::filesystem::exists(work.path("x.run")) && work.read("precious") == "not a personal file");
    const Child first = tune(work, "mine", {"--minutes", "30"});
    CHECK(waitForFile(work.path("mine.run/lock")));
    refused(tune(work, "mine"), "already");
    kill(first.pid, SIGKILL);
    first.wait();
}

} // namespace
} // namespace palimpsest::test

#include "engine/server/tuning_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace palimpsest {
namespace {

constexpr std::size_t kLineBytes = 8u << 20; // of one event: samples of four canvases are far less

Error noTuning() {
    return {ErrorCode::NotFound, "No training runs."};
}

void writeAll(int file, const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t count = write(file, bytes.data() + at, bytes.size() - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return; // it is gone: its end says why
        at += std::size_t(count);
    }
}

// Calls `line` for each line of `file` until its end.
void eachLine(int file, const std::function<void(const std::string&)>& line) {
    std::string pending;
    char piece[65536];
    for (;;) {
        const ssize_t count = read(file, piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        pending.append(piece, std::size_t(count));
        for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
            line(pending.substr(0, end));
            pending.erase(0, end + 1);
        }
        if (pending.size() > kLineBytes) return;
    }
}

// The end of a process that told of none.
TuningEnd endWithout(int status, bool stopping) {
    TuningEnd end;
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.reason = stopping && signal == SIGTERM ? TuningReason::Stopped : TuningReason::Failed; // before it had begun
    const std::string again = "start it again, it goes on from its last checkpoint.";
    if (signal == SIGKILL)
        end.error = {ErrorCode::OutOfMemory,
                     "The training was ended by the system, most likely for want of memory: close other programs and " +
                         again};
    else
        end.error = {ErrorCode::Internal, "The training's process ended unexpectedly (" +
                                              (signal ? "signal " + std::to_string(signal)
                                                      : "status " + std::to_string(WEXITSTATUS(status))) +
                                              "): " + again};
    return end;
}

} // namespace

TuningProcess::TuningProcess(std::string program, Outbox& outbox) : m_program(std::move(program)), m_outbox(outbox) {}

TuningProcess::~TuningProcess() {
    {
        const std::lock_guard guard(m_mutex);
        m_closing = true;
        if (m_pid != 0) kill(m_pid, SIGKILL);
    }
    if (m_thread.joinable()) m_thread.join();
}

Result<TuningProcess::Child> TuningProcess::spawn(std::vector<std::string> arguments) const {
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (pipe2(in, O_CLOEXEC) != 0) return Error{ErrorCode::Io, std::strerror(errno)};
    if (pipe2(out, O_CLOEXEC) != 0) {
        const int reason = errno;
        close(in[0]);
        close(in[1]);
        return Error{ErrorCode::Io, std::strerror(reason)};
    }
    arguments.insert(arguments.begin(), {m_program, "tune", "--request", "-"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    Child child{0, in[1], out[0]};
    const int failed = posix_spawn(&child.pid, m_program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    if (failed == 0) return child;
    close(in[1]);
    close(out[0]);
    return Error{ErrorCode::Io,
                 "The training's process cannot be started: " + std::string(std::strerror(failed)) + "."};
}

Result<void> TuningProcess::start(const Json& id, const TuningRequest& request, std::vector<std::string> arguments) {
    const std::lock_guard guard(m_mutex);
    if (m_running) return Error{ErrorCode::Locked, "A training runs already: stop it first."};
    if (m_thread.joinable()) m_thread.join(); // it waits for no lock of ours any more
    // The child dies with the thread that started it: that is this one, which lives as long as the peer.
    const Result<Child> child = spawn(std::move(arguments));
    if (!child) return child.error();
    m_running = true;
    m_pid = child->pid;
    m_paused = m_still = m_stopping = m_answered = false;
    m_end = nullptr;
    apply();
    m_thread = std::thread([this, child = *child, text = writeMessage(toJson(request)), id] { run(child, text, id); });
    return {};
}

Result<void> TuningProcess::pause(bool on) {
    const std::lock_guard guard(m_mutex);
    if (m_pid == 0 || m_stopping) return noTuning();
    m_paused = on;
    apply();
    return {};
}

Result<void> TuningProcess::stop() {
    const std::lock_guard guard(m_mutex);
    if (m_pid == 0) return noTuning();
    if (!std::exchange(m_stopping, true)) kill(m_pid, SIGTERM); // a second one would end it at once
    m_paused = false;
    apply();
    return {};
}

void TuningProcess::hold(bool on) {
    const std::lock_guard guard(m_mutex);
    m_held = on;
    apply();
}

void TuningProcess::apply() {
    const bool still = m_paused || m_held;
    if (m_pid == 0 || still == m_still) return;
    m_still = still;
    kill(m_pid, still ? SIGSTOP : SIGCONT);
}

void TuningProcess::run(Child child, const std::string& request, const Json& id) {
    writeAll(child.in, request);
    close(child.in);
    eachLine(child.out, [&](const std::string& line) {
        if (const Json json = Json::parse(line, nullptr, false); json.is_object()) told(json, id);
    });
    close(child.out);
    {
        const std::lock_guard guard(m_mutex);
        kill(m_pid, SIGCONT); // it could not end while it holds still
        m_pid = 0;            // and no signal may reach whoever has its number next
    }
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    ended(status, id);
}

// One event of the process: {"event": "started" | "progress" | "ended", "params": …}.
void TuningProcess::told(const Json& line, const Json& id) {
    const auto event = line.find("event"), params = line.find("params");
    if (event == line.end() || params == line.end() || !params->is_object()) return;
    Json message;
    {
        const std::lock_guard guard(m_mutex);
        if (m_closing) return;
        if (*event == "ended") {
            m_end = *params; // told once the process is gone, with its memory and its lock
            return;
        }
        if (*event == "started") {
            m_answered = true;
            message = rpcResult(id, *params);
        } else {
            message = rpcNotification(method::kTrainProgress, *params);
            message["params"]["state"] = m_paused ? "paused" : "running";
        }
    }
    m_outbox.send(message);
}

void TuningProcess::ended(int status, const Json& id) {
    Json message;
    {
        const std::lock_guard guard(m_mutex);
        m_running = false;
        if (m_closing) return;
        Result<TuningEnd> end = tuningEndFromJson(m_end);
        if (!end) end = endWithout(status, m_stopping);
        if (m_answered)
            message = rpcNotification(method::kTrainEnded, toJson(*end));
        else if (end->reason == TuningReason::Failed)
            message = rpcError(id, end->error);
        else
            message = rpcError(id, Error{ErrorCode::Cancelled, "The training was stopped before it began."});
    }
    m_outbox.send(message);
}

} // namespace palimpsest

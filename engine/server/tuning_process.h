// Tuning for a peer, in a process of its own (`palimpsest-engine tune --request -`): what it takes of memory goes when it
// ends, a failure costs no draft, and while the model drafts for the writer it holds still at once, in the middle of a
// step.
//
// Thread-safe; nothing blocks but the destructor, for milliseconds.
#pragma once

#include "engine/api/tuning.h"
#include "engine/server/outbox.h"

#include <sys/types.h>

namespace palimpsest {

class TuningProcess {
public:
    // `program`: palimpsest-engine. `outbox` must outlive it.
    TuningProcess(std::string program, Outbox& outbox);

    // Ends the process at once: the same tuning, started again, goes on from its last checkpoint.
    ~TuningProcess();

    // `arguments`: further ones of the command. `id` is answered from another thread, with the estimate (seconds later:
    // it is measured) or the error; after the estimate come train/progress and, once, train/ended. Locked, unanswered,
    // when a tuning runs.
    Result<void> start(const Json& id, const TuningRequest& request, std::vector<std::string> arguments);

    // NotFound when none runs. Stopping takes until the end of a step, and of a pause; train/ended tells of it.
    Result<void> pause(bool on);
    Result<void> stop();

    // On while the model works for the writer. Any thread.
    void hold(bool on);

private:
    struct Child {
        pid_t pid = 0;
        int in = -1, out = -1;
    };
    Result<Child> spawn(std::vector<std::string> arguments) const;
    void run(Child child, const std::string& request, const Json& id);
    void told(const Json& line, const Json& id);
    void ended(int status, const Json& id);
    void apply(); // m_mutex is held. So it is in nothing that sends: who holds the outbox may wait for it

    const std::string m_program;
    Outbox& m_outbox;
    std::mutex m_mutex;
    bool m_running = false; // guarded by m_mutex, as all below: until it is known how the process ended
    pid_t m_pid = 0;        // 0: no signal may be sent any more
    bool m_paused = false, m_held = false, m_still = false, m_stopping = false;
    bool m_answered = false; // the start
    bool m_closing = false;  // nobody listens any more
    Json m_end;              // what the process told of its end; null before
    std::thread m_thread;
};

} // namespace palimpsest

// What the engine sends, on a thread of its own, so that a slow peer never makes the model wait.
//
// Thread-safe. Answers and endings go out in the order in which they came; of the steps of one candidate only the
// newest is kept, and at most 30 a second are sent.
#pragma once

#include "engine/api/messages.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace palimpsest {

class Outbox {
public:
    static constexpr std::chrono::milliseconds kStepInterval{33};
    static constexpr std::size_t kBytes = 64u << 20; // waiting; a peer that lets more pile up is gone

    // Writes to `file`, which must stay open for the outbox's life.
    explicit Outbox(int file);

    // Sends what waits, for at most two seconds, and ends.
    ~Outbox();

    // While held, what send(), step() and ended() bring from other threads waits: so the answer to a request goes out
    // before anything that the request set in motion. Hold it briefly, and answer() under it.
    std::unique_lock<std::mutex> hold() { return std::unique_lock(m_order); }
    void answer(const Json& message);

    // Must not block, but while another thread holds.
    void send(const Json& message);
    void step(const DraftStep& step);
    void ended(const DraftEnd& end); // any step of its draft still waiting goes out before it

    // False when the peer has closed its end or does not read: nothing more will be sent.
    bool connected() const;

private:
    using Clock = std::chrono::steady_clock;
    using LaneKey = std::pair<std::string, int>;

    void run();
    bool write(const std::string& bytes);
    void enqueue(const Json& message); // m_mutex is held
    std::string takeDueStep();         // m_mutex is held; empty when none is due
    Clock::time_point nextDue() const; // m_mutex is held
    bool mayWait(Clock::time_point& deadline) const;

    const int m_file;
    std::mutex m_order; // before m_mutex
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<std::string> m_queue; // guarded by m_mutex, as all below
    std::size_t m_queuedBytes = 0;
    std::map<LaneKey, DraftStep> m_steps;
    std::map<LaneKey, Clock::time_point> m_sent; // last step of each candidate of a running draft
    bool m_closing = false;
    bool m_connected = true;
    std::thread m_thread;
};

} // namespace palimpsest

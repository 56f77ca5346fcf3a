// Compiled without -fsanitize=thread even where the kernels are compiled with it: switching stacks would confuse its
// own instrumentation. What it must know it is told through its fiber calls (EMULATION_TSAN).
#include "tests/kernels/cuda/emulation/fibers.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sys/mman.h>
#include <vector>

#ifdef EMULATION_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" void palimpsestSwitchStack(void** saved, void* to);
asm(R"(.text
.globl palimpsestSwitchStack
.type palimpsestSwitchStack,@function
palimpsestSwitchStack:
 pushq %rbp
 pushq %rbx
 pushq %r12
 pushq %r13
 pushq %r14
 pushq %r15
 movq %rsp,(%rdi)
 movq %rsi,%rsp
 popq %r15
 popq %r14
 popq %r13
 popq %r12
 popq %rbx
 popq %rbp
 ret
.size palimpsestSwitchStack,.-palimpsestSwitchStack
)");

namespace palimpsest::emulation {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024; // sanitizers make frames large

enum class State { Running, AtWarp, AtBarrier, Ended };

struct Fiber {
    void* stackPointer = nullptr;
    char* stack = nullptr;
    void* sanitizer = nullptr; // ThreadSanitizer's name for it
    State state = State::Ended;
    int site = 0;
};

struct Warp {
    Exchange exchange;
    unsigned arrived = 0;
    int site = 0;
};

struct SharedArray {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
};

struct Machine {
    std::vector<Fiber> fibers;
    std::vector<Warp> warps;
    int threads = 0, current = -1;
    Index3 thread, block, grid;
    const std::function<void()>* body = nullptr;
    std::vector<SharedArray> shared;    // of the running block
    std::vector<SharedArray> oldShared; // of blocks that have ended: kept, so that no address is used twice
    std::size_t sharedBytes = 0, sharedLimit = 0;
    void* mainStack = nullptr;
    void* mainSanitizer = nullptr;
    const void* mainBottom = nullptr;
    std::size_t mainSize = 0;
    unsigned barriersPassed = 0;
    char begun = 0, ended = 0, sharedMade = 0,
         barriers[2] = {}; // their addresses are where ThreadSanitizer sees meetings
};
Machine g_machine;

#ifdef EMULATION_TSAN
void release(char& at) {
    __tsan_release(&at);
}
void acquire(char& at) {
    __tsan_acquire(&at);
}
void switchSanitizer(void* to) {
    __tsan_switch_to_fiber(to, __tsan_switch_to_fiber_no_sync);
}
#else
void release(char&) {}
void acquire(char&) {}
void switchSanitizer(void*) {}
#endif

void yieldToMain() {
    Machine& m = g_machine;
    switchSanitizer(m.mainSanitizer);
#ifdef __SANITIZE_ADDRESS__
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, m.mainBottom, m.mainSize);
#endif
    palimpsestSwitchStack(&m.fibers[std::size_t(m.current)].stackPointer, m.mainStack);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake, &m.mainBottom, &m.mainSize);
#endif
}

// A fiber runs one thread of one block after the other.
void fiberMain() {
    Machine& m = g_machine;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(nullptr, &m.mainBottom, &m.mainSize);
#endif
    for (;;) {
        acquire(m.begun);
        (*m.body)();
        release(m.ended);
        m.fibers[std::size_t(m.current)].state = State::Ended;
        yieldToMain();
    }
}

void resume(int index) {
    Machine& m = g_machine;
    Fiber& fiber = m.fibers[std::size_t(index)];
    m.current = index;
    m.thread.x = unsigned(index);
    switchSanitizer(fiber.sanitizer);
#ifdef __SANITIZE_ADDRESS__
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, fiber.stack, kStackBytes);
#endif
    palimpsestSwitchStack(&m.mainStack, fiber.stackPointer);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

Fiber makeFiber() {
    Fiber fiber;
    void* memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) stop("no memory for a stack");
    fiber.stack = static_cast<char*>(memory);
    void** top = reinterpret_cast<void**>(fiber.stack + kStackBytes);
    *--top = nullptr; // keeps the stack aligned as after a call
    *--top = reinterpret_cast<void*>(&fiberMain);
    for (int callee = 0; callee < 6; ++callee) *--top = nullptr; // callee-saved registers
    fiber.stackPointer = top;
#ifdef EMULATION_TSAN
    fiber.sanitizer = __tsan_create_fiber(0);
#endif
    return fiber;
}

// Lets every fiber that can run do so once; true when all that remain have met at one barrier or ended.
void runBlock() {
    Machine& m = g_machine;
    for (Warp& warp : m.warps) warp.arrived = 0;
    for (int i = 0; i < m.threads; ++i) m.fibers[std::size_t(i)].state = State::Running;
    for (;;) {
        bool ran = false;
        for (int i = 0; i < m.threads; ++i)
            if (m.fibers[std::size_t(i)].state == State::Running) {
                resume(i);
                ran = true;
            }
        if (ran) continue;
        int waiting = 0, left = 0, site = -1;
        for (int i = 0; i < m.threads; ++i) {
            const Fiber& fiber = m.fibers[std::size_t(i)];
            if (fiber.state == State::Ended) continue;
            ++left;
            if (fiber.state != State::AtBarrier) continue;
            ++waiting;
            if (site >= 0 && site != fiber.site) stop("threads wait at different barriers");
            site = fiber.site;
        }
        if (left == 0) return;
        if (waiting != left) stop("a barrier or a warp instruction that not all threads reach");
        ++m.barriersPassed;
        for (int i = 0; i < m.threads; ++i)
            if (m.fibers[std::size_t(i)].state == State::AtBarrier) m.fibers[std::size_t(i)].state = State::Running;
    }
}

void prepare(unsigned threads) {
    Machine& m = g_machine;
    if (threads == 0 || threads % kLanes != 0) stop("a block is whole warps");
    m.threads = int(threads);
    while (m.fibers.size() < threads) m.fibers.push_back(makeFiber());
    m.warps.resize(threads / kLanes);
#ifdef EMULATION_TSAN
    m.mainSanitizer = __tsan_get_current_fiber();
#endif
}

} // namespace

const Index3& threadIndex() {
    return g_machine.thread;
}
const Index3& blockIndex() {
    return g_machine.block;
}
const Index3& gridSize() {
    return g_machine.grid;
}

void stop(const char* what) {
    const Machine& m = g_machine;
    std::fprintf(stderr, "emulated kernel: %s (block %u %u, thread %u)\n", what, m.block.x, m.block.y, m.thread.x);
    std::_Exit(70);
}

void blockBarrier(int site) {
    Machine& m = g_machine;
    Fiber& fiber = m.fibers[std::size_t(m.current)];
    fiber.site = site;
    fiber.state = State::AtBarrier;
    // Another address at the next barrier: threads that have come there already must not seem to have been here.
    char& meeting = m.barriers[m.barriersPassed % 2];
    release(meeting);
    yieldToMain();
    acquire(meeting);
}

Packet warpExchange(const Packet& in, WarpInstruction instruction, int site) {
    Machine& m = g_machine;
    const int self = m.current, lane = self % kLanes, first = self - lane;
    Warp& warp = m.warps[std::size_t(self / kLanes)];
    if (warp.arrived == 0)
        warp.site = site;
    else if (warp.site != site)
        stop("lanes at different warp instructions");
    warp.exchange.in[lane] = in; // by value: a call of memcpy would be seen by ThreadSanitizer
    warp.arrived |= 1u << lane;
    if (warp.arrived == ~0u) {
        instruction(warp.exchange);
        warp.arrived = 0;
        for (int i = first; i < first + kLanes; ++i)
            if (m.fibers[std::size_t(i)].state == State::AtWarp) m.fibers[std::size_t(i)].state = State::Running;
    } else {
        m.fibers[std::size_t(self)].state = State::AtWarp;
        yieldToMain();
    }
    return warp.exchange.out[lane];
}

void* sharedArray(int order, std::size_t bytes) {
    Machine& m = g_machine;
    if (std::size_t(order) > m.shared.size()) stop("shared arrays taken in different orders");
    if (std::size_t(order) == m.shared.size()) {
        m.sharedBytes += (bytes + 15) / 16 * 16;
        if (m.sharedBytes > m.sharedLimit) stop("more shared memory than the launch asked for");
        m.shared.push_back({std::make_unique<char[]>(bytes), bytes});
        std::memset(m.shared.back().bytes.get(), 0xff, bytes);
        release(m.sharedMade);
    }
    acquire(m.sharedMade);
    if (m.shared[std::size_t(order)].size != bytes) stop("threads disagree about a shared array");
    return m.shared[std::size_t(order)].bytes.get();
}

void launch(Index3 grid, unsigned threads, std::size_t sharedBytes, const std::function<void()>& body) {
    Machine& m = g_machine;
    prepare(threads);
    m.grid = grid;
    m.body = &body;
    m.sharedLimit = sharedBytes;
    release(m.begun); // what the host wrote before is seen by all; blocks are not ordered among themselves
    for (unsigned z = 0; z < grid.z; ++z)
        for (unsigned y = 0; y < grid.y; ++y)
            for (unsigned x = 0; x < grid.x; ++x) {
                m.block = {x, y, z};
                m.sharedBytes = 0;
                runBlock();
                for (SharedArray& array : m.shared) m.oldShared.push_back(std::move(array));
                m.shared.clear();
            }
    acquire(m.ended);
    m.oldShared.clear();
}

} // namespace palimpsest::emulation

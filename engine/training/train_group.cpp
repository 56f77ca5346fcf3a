// The wheel is built with Gloo; its header asks for this name.
#define USE_C10D_GLOO

#include "engine/training/train_group.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace palimpsest {
namespace {

constexpr auto kTimeout = std::chrono::minutes(10);
constexpr int kMostProcesses = 65536;

class Alone : public TrainGroup {
public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void sum(torch::Tensor&) override {}
    void broadcast(torch::Tensor&) override {}
};

class GlooGroup : public TrainGroup {
public:
    explicit GlooGroup(c10::intrusive_ptr<c10d::ProcessGroupGloo> group) : m_group(std::move(group)) {}

    int rank() const override { return m_group->getRank(); }
    int size() const override { return m_group->getSize(); }
    void sum(torch::Tensor& tensor) override {
        std::vector<torch::Tensor> tensors{tensor};
        m_group->allreduce(tensors)->wait();
    }
    void broadcast(torch::Tensor& tensor) override {
        std::vector<torch::Tensor> tensors{tensor};
        m_group->broadcast(tensors)->wait();
    }

private:
    c10::intrusive_ptr<c10d::ProcessGroupGloo> m_group;
};

// The whole number in an environment variable, or an error that names it.
Result<int> numberIn(const char* variable, int least, int most) {
    const char* text = std::getenv(variable);
    int value = 0;
    if (text) {
        const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
        if (error == std::errc() && *end == 0 && value >= least && value <= most) return value;
    }
    return Error{ErrorCode::InvalidArgument, std::string("training in several processes needs ") + variable +
                                                 " in the environment, a whole number from " + std::to_string(least) +
                                                 " to " + std::to_string(most) + ": start them with torchrun"};
}

std::unique_ptr<TrainGroup> meet(const std::string& address, int port, int rank, int size) {
    c10d::TCPStoreOptions store;
    store.port = std::uint16_t(port);
    // torchrun keeps the store itself unless it says otherwise.
    const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
    store.isServer = rank == 0 && !(agent && std::strcmp(agent, "True") == 0);
    store.numWorkers = std::size_t(size);
    store.waitWorkers = false;
    store.timeout = kTimeout;
    const auto all = c10::make_intrusive<c10d::TCPStore>(address, store);
    const auto ours = c10::make_intrusive<c10d::PrefixStore>("palimpsest", all);
    auto options = c10d::ProcessGroupGloo::Options::create(kTimeout);
    const bool local = address == "localhost" || address.starts_with("127.");
    options->devices.push_back(local ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                     : c10d::ProcessGroupGloo::createDefaultDevice());
    return std::make_unique<GlooGroup>(c10::make_intrusive<c10d::ProcessGroupGloo>(ours, rank, size, options));
}

} // namespace

Result<std::unique_ptr<TrainGroup>> TrainGroup::fromEnvironment() {
    if (!std::getenv("WORLD_SIZE")) return std::unique_ptr<TrainGroup>(std::make_unique<Alone>());
    const auto size = numberIn("WORLD_SIZE", 1, kMostProcesses);
    if (!size) return size.error();
    const auto rank = numberIn("RANK", 0, *size - 1);
    if (!rank) return rank.error();
    const auto port = numberIn("MASTER_PORT", 1, 65535);
    if (!port) return port.error();
    const char* address = std::getenv("MASTER_ADDR");
    if (!address || !*address)
        return Error{ErrorCode::InvalidArgument,
                     "training in several processes needs MASTER_ADDR in the environment: start them with torchrun"};
    try {
        return meet(address, *port, *rank, *size);
    } catch (const std::exception& e) {
        return Error{ErrorCode::Io, "the training processes do not meet at " + std::string(address) + ":" +
                                        std::to_string(*port) + ": " + std::string(e.what()).substr(0, 200)};
    }
}

} // namespace palimpsest

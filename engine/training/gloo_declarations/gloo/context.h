// Declarations of the few types of Gloo that c10d's ProcessGroupGloo.hpp names. LibTorch's wheel holds Gloo itself, inside
// libtorch_cpu.so, but not its headers. Nothing here is defined, made or called by us: c10d's compiled code does that, and
// we only pass its pointers along. Interface: https://github.com/pytorch/gloo
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
public:
    void setTimeout(std::chrono::milliseconds timeout);
};

namespace transport {

class Device;

class UnboundBuffer {
public:
    virtual ~UnboundBuffer() = 0;
};

} // namespace transport

namespace rendezvous {

class Store {
public:
    virtual ~Store();
    virtual void set(const std::string& key, const std::vector<char>& value) = 0;
    virtual std::vector<char> get(const std::string& key) = 0;
    virtual void wait(const std::vector<std::string>& keys) = 0;
    virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) = 0;
};

} // namespace rendezvous
} // namespace gloo

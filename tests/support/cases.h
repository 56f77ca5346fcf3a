// Test cases for code that must not see Qt (the numeric column): they register themselves, and the Qt Test
// runner in case_runner.cpp runs each as a row of its own. So Torch and Qt headers never meet in one file.
//
//     CASE(cleanStreamMatchesGoldens) { CHECK(near(a, b, 1e-5)) << "layer " << l; }
#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace palimpsest::test {

struct Case {
    const char* name;
    void (*body)();
};

std::vector<Case>& cases();
void fail(const char* file, int line, const std::string& what); // recorded; the case goes on
void skip(const std::string& why);                              // the case should return after it

struct Registered {
    Registered(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

// Collects what is streamed to it and reports it when the full expression ends.
class Failure {
public:
    Failure(const char* file, int line, const char* what) : m_file(file), m_line(line) { m_text << what; }
    ~Failure() { fail(m_file, m_line, m_text.str()); }
    template<class T>
    Failure& operator<<(const T& value) {
        m_text << ' ' << value;
        return *this;
    }

private:
    const char* m_file;
    int m_line;
    std::ostringstream m_text;
};

} // namespace palimpsest::test

#define CASE(name)                                                                                                     \
    static void name();                                                                                                \
    static const ::palimpsest::test::Registered registered_##name(#name, name);                                        \
    static void name()
// Torch has a CHECK of its own: include this header after its headers.
#undef CHECK
#define CHECK(condition)                                                                                               \
    if (condition) {                                                                                                   \
    } else                                                                                                             \
        ::palimpsest::test::Failure(__FILE__, __LINE__, "CHECK(" #condition ") failed:")

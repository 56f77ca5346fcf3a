// Runs the registered cases (tests/support/cases.h) without Qt; arguments name the cases to run (none: all). Ends with
// 0 when all held.
#include "tests/support/cases.h"

#include <cstdio>
#include <cstring>

namespace palimpsest::test {
namespace {
int g_failures = 0;

bool wanted(const char* name, int arguments, char** argument) {
    if (arguments < 2) return true;
    for (int i = 1; i < arguments; ++i)
        if (std::strcmp(name, argument[i]) == 0) return true;
    return false;
}
} // namespace

std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

void fail(const char* file, int line, const std::string& what) {
    ++g_failures;
    std::printf("%s:%d: %s\n", file, line, what.c_str());
}

void skip(const std::string& why) {
    std::printf("skipped: %s\n", why.c_str());
}

} // namespace palimpsest::test

int main(int arguments, char** argument) {
    int ran = 0;
    for (const auto& one : palimpsest::test::cases()) {
        if (!palimpsest::test::wanted(one.name, arguments, argument)) continue;
        std::printf("%s\n", one.name);
        std::fflush(stdout);
        one.body();
        ++ran;
    }
    std::printf("%d cases, %d failures\n", ran, palimpsest::test::g_failures);
    return ran > 0 && palimpsest::test::g_failures == 0 ? 0 : 1;
}

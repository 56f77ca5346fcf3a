// Runs the registered cases of a test program (see cases.h) as rows of one Qt Test.
#include "tests/support/cases.h"

#include <QtTest>

namespace palimpsest::test {
namespace {
std::string g_failures; // of the running case
std::string g_skipped;
} // namespace

std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

void fail(const char* file, int line, const std::string& what) {
    g_failures += std::string(file) + ":" + std::to_string(line) + ": " + what + "\n";
}

void skip(const std::string& why) {
    g_skipped = why;
}

class CaseRunner : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cases_data() {
        QTest::addColumn<int>("index");
        const auto& all = test::cases();
        for (std::size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i].name) << int(i);
    }
    void cases() {
        QFETCH(int, index);
        g_failures.clear();
        g_skipped.clear();
        try {
            test::cases()[std::size_t(index)].body();
        } catch (const std::exception& e) {
            g_failures += std::string("exception: ") + e.what();
        }
        if (!g_failures.empty()) QFAIL(g_failures.c_str());
        if (!g_skipped.empty()) QSKIP(g_skipped.c_str());
    }
};

} // namespace palimpsest::test

QTEST_GUILESS_MAIN(palimpsest::test::CaseRunner)
#include "case_runner.moc"

#include "engine/commands/bench_report.h"

#include <cstdio>

namespace palimpsest {

Json toJson(const BenchRow& row) {
    return {{"what", row.what}, {"size", row.size},      {"ms", row.ms},
            {"peer", row.peer}, {"peer_ms", row.peerMs}, {"ratio", row.ratio()}};
}

std::string toText(const std::vector<BenchRow>& rows, const char* sizeName) {
    std::string text;
    char line[256];
    std::snprintf(line, sizeof line, "%-28s %8s %11s  %-34s %11s %7s\n", "", sizeName, "ms", "against", "ms", "ratio");
    text += line;
    for (const BenchRow& row : rows) {
        std::snprintf(line, sizeof line, "%-28s %8d %11.3f  %-34s %11.3f %7.2f\n", row.what.c_str(), row.size, row.ms,
                      row.peer.c_str(), row.peerMs, row.ratio());
        text += line;
    }
    return text;
}

} // namespace palimpsest

#include "app/document/sequence_diff.h"

#include <algorithm>

namespace palimpsest {
namespace {

class Differ {
public:
    Differ(std::span<const int> a, std::span<const int> b) : m_a(a), m_b(b) {}

    std::vector<CommonRun> run() {
        compare({0, int(m_a.size()), 0, int(m_b.size())});
        return std::move(m_runs);
    }

private:
    struct Box { // the part of both that is compared
        int aBegin, aEnd, bBegin, bEnd;
    };
    struct Middle { // a run of matches in the middle of a shortest edit script
        int a, b, length;
    };

    void add(int a, int b, int length) {
        if (length == 0) return;
        if (!m_runs.empty()) {
            CommonRun& last = m_runs.back();
            if (last.a + last.length == a && last.b + last.length == b) {
                last.length += length;
                return;
            }
        }
        m_runs.push_back({a, b, length});
    }

    void compare(Box box) {
        const int aBegin = box.aBegin, bBegin = box.bBegin;
        while (box.aBegin < box.aEnd && box.bBegin < box.bEnd && m_a[box.aBegin] == m_b[box.bBegin])
            ++box.aBegin, ++box.bBegin;
        add(aBegin, bBegin, box.aBegin - aBegin);
        int tail = 0;
        while (box.aBegin < box.aEnd && box.bBegin < box.bEnd && m_a[box.aEnd - 1] == m_b[box.bEnd - 1])
            --box.aEnd, --box.bEnd, ++tail;
        if (box.aBegin < box.aEnd && box.bBegin < box.bEnd) {
            const Middle middle = middleOf(box);
            if (middle.a >= 0) {
                compare({box.aBegin, middle.a, box.bBegin, middle.b});
                add(middle.a, middle.b, middle.length);
                compare({middle.a + middle.length, box.aEnd, middle.b + middle.length, box.bEnd});
            }
        }
        add(box.aEnd, box.bEnd, tail);
    }

    // Where the furthest paths from both ends meet; a = -1 when that is too far to look. On diagonal k = a − b a forward
    // path has come to m_forward[k], a backward one to m_backward[k], both counted in a from its begin.
    Middle middleOf(const Box& box) {
        const int n = box.aEnd - box.aBegin, m = box.bEnd - box.bBegin, delta = n - m;
        const int most = std::min((n + m + 1) / 2, kMaxDifferences / 2);
        const int centre = most + 1;
        m_forward.assign(std::size_t(2 * centre + 1), 0);
        m_backward.assign(std::size_t(2 * centre + 1), 0);
        const bool odd = delta % 2 != 0;
        for (int d = 0; d <= most; ++d) {
            for (int k = -d; k <= d; k += 2) {
                int x = furthest(m_forward, centre, d, k);
                const int from = x;
                while (x < n && x - k < m && x - k >= 0 && m_a[box.aBegin + x] == m_b[box.bBegin + x - k]) ++x;
                m_forward[std::size_t(centre + k)] = x;
                const int other = delta - k; // the same diagonal, seen from the other end
                if (odd && std::abs(other) < d && meet(x, x - k, m_backward[std::size_t(centre + other)], n, m))
                    return middle(box, from, from - k, x - from);
            }
            for (int k = -d; k <= d; k += 2) {
                int x = furthest(m_backward, centre, d, k);
                const int from = x;
                while (x < n && x - k < m && x - k >= 0 && m_a[box.aEnd - 1 - x] == m_b[box.bEnd - 1 - x + k]) ++x;
                m_backward[std::size_t(centre + k)] = x;
                const int other = delta - k;
                if (!odd && std::abs(other) <= d && meet(x, x - k, m_forward[std::size_t(centre + other)], n, m))
                    return middle(box, n - x, m - (x - k), x - from);
            }
        }
        return {-1, -1, 0};
    }

    // Paths may run over the edge; there they meet nobody.
    static bool meet(int x, int y, int opposite, int n, int m) {
        return x <= n && y >= 0 && y <= m && x + opposite >= n;
    }

    static int furthest(const std::vector<int>& reached, int centre, int d, int k) {
        const int below = reached[std::size_t(centre + k - 1)], above = reached[std::size_t(centre + k + 1)];
        if (d == 0) return 0;
        return k == -d || (k != d && below < above) ? above : below + 1;
    }

    static Middle middle(const Box& box, int a, int b, int length) {
        return {box.aBegin + std::clamp(a, 0, box.aEnd - box.aBegin),
                box.bBegin + std::clamp(b, 0, box.bEnd - box.bBegin), length};
    }

    std::span<const int> m_a, m_b;
    std::vector<CommonRun> m_runs;
    std::vector<int> m_forward, m_backward;
};

} // namespace

std::vector<CommonRun> commonRuns(std::span<const int> a, std::span<const int> b) {
    return Differ(a, b).run();
}

} // namespace palimpsest

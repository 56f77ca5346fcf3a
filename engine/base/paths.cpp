#include "engine/base/paths.h"

#include <cstdlib>

namespace fs = std::filesystem;

namespace palimpsest {
namespace {

fs::path xdgFolder(const char* variable, const char* underHome) {
    if (const char* value = std::getenv(variable); value && fs::path(value).is_absolute())
        return fs::path(value) / "palimpsest";
    const char* home = std::getenv("HOME");
    return fs::path(home && *home ? home : "/tmp") / underHome / "palimpsest";
}

} // namespace

fs::path cacheFolder() {
    return xdgFolder("XDG_CACHE_HOME", ".cache");
}

fs::path dataFolder() {
    return xdgFolder("XDG_DATA_HOME", ".local/share");
}

fs::path stateFolder() {
    return xdgFolder("XDG_STATE_HOME", ".local/state");
}

fs::path modelsFolder() {
    return dataFolder() / "models";
}

fs::path executableFolder() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path() : self.parent_path();
}

fs::path resourceFile(const fs::path& name) {
    const fs::path bin = executableFolder();
    // build/<preset>/bin inside a source tree first, then an installed prefix.
    for (const fs::path& root : {bin / "../../../resources", bin / "../share/palimpsest"}) {
        std::error_code error;
        if (fs::exists(root / name, error)) return fs::weakly_canonical(root / name, error);
    }
    return {};
}

} // namespace palimpsest

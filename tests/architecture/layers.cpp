// Reads every #include of the tree: no folder may depend on one above it, nor on the host outside
// core/host_*.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

/// A folder and the folders of ours that its files may include. The longest prefix of a path decides.
struct Layer {
  std::string_view folder;
  Names may_include;
};

const std::vector<Layer>& layers() {
  static const std::vector<Layer> table{
      {"core/", {"core/"}},
      {"mmu/", {"core/", "mmu/"}},
      {"cpu/", {"core/", "mmu/", "cpu/"}},
      {"cpu/monitor/", {"core/", "mmu/", "cpu/", "cpu/monitor/"}},
      // Besides core/, a device sees its own room and what a PCI function is; see `device_includes`.
      {"devices/", {"core/", "devices/"}},
      {"frontend/", {"core/", "mmu/", "cpu/", "cpu/monitor/", "devices/", "frontend/"}},
      {"bench/", {"core/", "mmu/", "cpu/", "cpu/monitor/", "devices/", "frontend/", "bench/"}},
      {"tests/", {"core/", "mmu/", "cpu/", "cpu/monitor/", "devices/", "frontend/", "tests/"}},
  };
  return table;
}

/// Libraries that the folders below frontend/ are built on, besides the C++ standard library.
const Names kLibraries{"fmt/", "zlib.h", "Zydis/", "Zycore/", "libnbd.h"};
/// Standard headers through which host time and random numbers would come in.
const Names kNotDeterministic{"chrono", "ctime", "random", "time.h"};

bool starts_with_any(std::string_view text, const Names& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [text](std::string_view p) { return text.starts_with(p); });
}

std::string_view folder_of(std::string_view path) {
  std::string_view best;
  for (const Layer& layer : layers()) {
    if (path.starts_with(layer.folder) && layer.folder.size() > best.size()) best = layer.folder;
  }
  return best;
}

/// "devices/timers/" of "devices/timers/pit.h".
std::string_view room_of(std::string_view path) {
  return path.substr(0, path.find('/', path.find('/') + 1) + 1);
}

/// What one #include breaks, if anything.
std::optional<std::string> judge_own(std::string_view file, std::string_view included) {
  const std::string_view from = folder_of(file);
  const auto layer =
      std::find_if(layers().begin(), layers().end(), [from](const Layer& l) { return l.folder == from; });
  if (layer == layers().end()) return "lies in no known folder";
  const std::string_view to = folder_of(included);
  if (to.empty()) return "includes a file that is not named from the root";
  if (std::find(layer->may_include.begin(), layer->may_include.end(), to) == layer->may_include.end()) {
    return "points upwards";
  }
  if (from == "devices/" && to == "devices/" && room_of(file) != room_of(included) &&
      room_of(included) != "devices/pci/") {
    return "makes one device depend on another";
  }
  return std::nullopt;
}

std::optional<std::string> judge_foreign(std::string_view file, std::string_view included) {
  if (file.starts_with("frontend/") || file.starts_with("tests/") || file.starts_with("bench/"))
    return std::nullopt;
  const bool host = file.starts_with("core/host_");
  // Who waits for the host's own work may bound how long.
  const bool bounds_waits = host && included == "chrono";
  if (!bounds_waits &&
      std::find(kNotDeterministic.begin(), kNotDeterministic.end(), included) != kNotDeterministic.end()) {
    return "brings in host time or randomness";
  }
  const bool standard = included.find_first_of("./") == std::string_view::npos;
  if (standard || host || starts_with_any(included, kLibraries)) return std::nullopt;
  return "depends on the host outside core/host_*";
}

std::vector<std::string> violations(std::string_view file, std::istream& text) {
  std::vector<std::string> found;
  for (std::string line; std::getline(text, line);) {
    const std::size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || !line.substr(hash).starts_with("#include")) continue;
    const std::size_t open = line.find_first_of("<\"", hash);
    if (open == std::string::npos) continue;
    const std::size_t close = line.find_first_of(">\"", open + 1);
    const std::string included = line.substr(open + 1, close - open - 1);
    const auto verdict = line[open] == '"' ? judge_own(file, included) : judge_foreign(file, included);
    if (verdict) found.push_back(std::string(file) + ": #include of " + included + " " + *verdict);
  }
  return found;
}

std::vector<std::string> violations(std::string_view file, const std::string& text) {
  std::istringstream stream(text);
  return violations(file, stream);
}

}  // namespace

TEST_CASE("the rules tell right from wrong") {
  const auto bad = [](std::string_view file, const std::string& what) {
    return violations(file, "#include " + what + "\n").size() == 1;
  };
  CHECK(bad("core/bus.cpp", "\"mmu/tlb.h\""));
  CHECK(bad("mmu/tlb.cpp", "\"cpu/state.h\""));
  CHECK(bad("cpu/state.cpp", "\"cpu/monitor/monitor.h\""));
  CHECK(bad("cpu/monitor/monitor.cpp", "\"devices/timers/pit.h\""));
  CHECK(bad("devices/timers/pit.cpp", "\"cpu/state.h\""));
  CHECK(bad("devices/timers/pit.cpp", "\"devices/interrupts/pic.h\""));
  CHECK(bad("frontend/main.cpp", "\"tests/support/contract.h\""));
  CHECK(bad("core/bus.cpp", "\"log.h\""));
  CHECK(bad("cpu/alu.cpp", "<immintrin.h>"));
  CHECK(bad("core/memory.cpp", "<sys/mman.h>"));
  CHECK(bad("devices/timers/rtc.cpp", "<chrono>"));
  CHECK(bad("core/scheduler.cpp", "<chrono>"));
  CHECK(bad("core/host_file.cpp", "<random>"));
  CHECK(bad("  elsewhere/x.cpp", "\"core/bus.h\""));

  CHECK_FALSE(bad("core/host_mapping.cpp", "<sys/mman.h>"));
  CHECK_FALSE(bad("cpu/monitor/monitor.cpp", "\"cpu/state.h\""));
  CHECK_FALSE(bad("devices/storage/ide.cpp", "\"devices/pci/function.h\""));
  CHECK_FALSE(bad("devices/timers/pit.cpp", "\"devices/timers/pit.h\""));
  CHECK_FALSE(bad("cpu/decoder.cpp", "<Zydis/Zydis.h>"));
  CHECK_FALSE(bad("frontend/main.cpp", "<unistd.h>"));
  CHECK_FALSE(bad("core/bus.cpp", "<vector>"));
}

TEST_CASE("every folder depends only on those below it") {
  const fs::path root(RINGDOWN_SOURCE_DIR);
  std::size_t files = 0;
  for (const Layer& layer : layers()) {
    if (!fs::exists(root / layer.folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / layer.folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp" && extension != ".inc") continue;
      ++files;
      std::ifstream text(entry.path());
      const std::string name = fs::relative(entry.path(), root).generic_string();
      for (const std::string& violation : violations(name, text)) FAIL_CHECK(violation);
    }
  }
  CHECK(files > 20);
}

// Reads every source for what ties it to one host: assembly, intrinsics, macros of processors and systems,
// types that differ between hosts, headers of systems. In the product they may stand in core/host_* only, in
// tests in files named host_*. The user interfaces of frontend/ and their tests talk to the host's system by
// nature and are left out.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kFolders{"bench", "core", "cpu", "devices", "frontend/machine",
                                                   "mmu",   "tests"};
constexpr std::array<std::string_view, 2> kUserInterfaceTests{"tests/unit/cli/", "tests/unit/frontend/"};

constexpr std::array<std::string_view, 20> kWords{
    "asm",        "__asm",          "__asm__",    "__x86_64__", "__i386__",  "__aarch64__",
    "__arm__",    "_M_X64",         "_M_IX86",    "__linux__",  "__unix__",  "__APPLE__",
    "_WIN32",     "__BYTE_ORDER__", "__float128", "__float80",  "_Float128", "__CHAR_UNSIGNED__",
    "__ARM_NEON", "__cpuid"};
constexpr std::array<std::string_view, 7> kWordStarts{
    "_mm_", "_mm256_", "__builtin_ia32_", "__builtin_aarch64_", "__m128", "__SSE", "__AVX"};
constexpr std::array<std::string_view, 12> kHeaders{"sys/",    "unistd.h",  "fcntl.h",    "signal.h",
                                                    "csignal", "cpuid.h",   "ucontext.h", "pthread.h",
                                                    "dlfcn.h", "windows.h", "arm_neon.h", "asm/"};

template <class List>
bool begins_with_one_of(std::string_view text, const List& starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [text](std::string_view s) { return text.starts_with(s); });
}

bool may_be_host_specific(const fs::path& file) {
  const std::string path = file.generic_string();
  if (path.starts_with("core/host_") || begins_with_one_of(path, kUserInterfaceTests)) return true;
  return path.starts_with("tests/") && file.filename().string().starts_with("host_");
}

/// Guest code: NASM's includes bear the same extension as tables of ours.
bool is_assembly(const fs::path& file) {
  return file.extension() == ".inc" && file.generic_string().starts_with("tests/system/");
}

/// Takes comments, strings and characters out, and keeps the lines.
class Stripper {
 public:
  std::string code_of(std::string_view line) {
    std::string code;
    for (std::size_t at = 0; at < line.size();) {
      const std::string_view rest = line.substr(at);
      if (in_comment_) {
        in_comment_ = !rest.starts_with("*/");
        at += in_comment_ ? 1 : 2;
      } else if (rest.starts_with("//")) {
        break;
      } else if (rest.starts_with("/*")) {
        in_comment_ = true;
        at += 2;
      } else if (const std::size_t literal = literal_size(rest, code); literal > 0) {
        at += literal;
      } else {
        code += line[at++];
      }
    }
    return code;
  }

 private:
  /// The size of the string or character that `rest` begins with; 0 if none. An apostrophe behind a digit is
  /// one of the number's.
  static std::size_t literal_size(std::string_view rest, const std::string& before) {
    const char quote = rest.front();
    if (quote != '"' && quote != '\'') return 0;
    if (quote == '\'' && !before.empty() && std::isalnum(static_cast<unsigned char>(before.back())) != 0)
      return 0;
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != quote) end += rest[end] == '\\' ? 2 : 1;
    return std::min(end + 1, rest.size());
  }

  bool in_comment_ = false;
};

std::vector<std::string> words_of(std::string_view code) {
  const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::vector<std::string> words;
  for (auto at = code.begin(); at != code.end();) {
    const auto start = std::find_if(at, code.end(), in_word);
    at = std::find_if_not(start, code.end(), in_word);
    if (start != at) words.emplace_back(start, at);
  }
  return words;
}

/// What of the line `code`, if anything, ties it to one host.
std::optional<std::string> host_specific(std::string_view code) {
  const std::size_t open = code.find('<');
  if (code.find("#include") != std::string_view::npos && open != std::string_view::npos) {
    const std::string_view header = code.substr(open + 1, code.find('>', open) - open - 1);
    if (begins_with_one_of(header, kHeaders) || header.ends_with("intrin.h")) return std::string(header);
    return std::nullopt;
  }
  const std::vector<std::string> words = words_of(code);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (std::find(kWords.begin(), kWords.end(), word) != kWords.end() ||
        begins_with_one_of(word, kWordStarts))
      return word;
    if (word == "long" && i + 1 < words.size() && words[i + 1] == "double") return "long double";
  }
  return std::nullopt;
}

std::optional<std::string> host_specific_line(std::string_view line) {
  return host_specific(Stripper().code_of(line));
}

}  // namespace

TEST_CASE("what is host-specific is told from what is not") {
  for (const std::string_view line :
       {"  asm volatile(\"fnclex\");", "#if defined(__x86_64__)", "#ifdef __linux__", "long double x = 0;",
        "const auto v = _mm_add_ps(a, b);", "#include <unistd.h>", "#include <sys/mman.h>",
        "#include <xmmintrin.h>", "int a = 1'000; asm(\"nop\");", "/* a */ __float128 b;",
        "char c = '\\''; __m128i v;"}) {
    INFO(line);
    CHECK(host_specific_line(line));
  }
  for (const std::string_view line :
       {"// asm and long double", "say(\"__x86_64__\");", "double along = 1;", "#include <vector>",
        "int assembly;", "case '\"': return 1; // long double", "#include <fmt/format.h>"}) {
    INFO(line);
    CHECK_FALSE(host_specific_line(line));
  }
  CHECK(may_be_host_specific("core/host_sse.h"));
  CHECK(may_be_host_specific("tests/instruction/simd/host_simd.cpp"));
  CHECK_FALSE(may_be_host_specific("cpu/execute/host_units.h"));
  CHECK_FALSE(may_be_host_specific("core/memory.cpp"));
}

TEST_CASE("code that depends on the host stands in files named host_*") {
  const fs::path root(RINGDOWN_SOURCE_DIR);
  std::size_t files = 0;
  for (const std::string_view folder : kFolders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp" && extension != ".inc") continue;
      ++files;
      const fs::path name = fs::relative(entry.path(), root);
      if (may_be_host_specific(name) || is_assembly(name)) continue;
      std::ifstream text(entry.path());
      Stripper stripper;
      for (std::string line; std::getline(text, line);) {
        if (const auto what = host_specific(stripper.code_of(line)))
          FAIL_CHECK(name.generic_string() << ": " << *what);
      }
    }
  }
  CHECK(files > 100);
}

// Reads the x87 vectors, and tells where one is damaged.
#include "tests/instruction/x87_vectors/vector_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace ringdown::test {

namespace {

constexpr std::array<VectorFormat, 17> kFormats{{
    {"extF80_add", 20, 20, 20, true},
    {"extF80_sub", 20, 20, 20, true},
    {"extF80_mul", 20, 20, 20, true},
    {"extF80_div", 20, 20, 20, true},
    {"extF80_sqrt", 20, 0, 20, true},
    {"extF80_rem", 20, 20, 20, false},
    {"extF80_roundToInt", 20, 0, 20, false},
    {"extF80_eq", 20, 20, 1, false},
    {"extF80_lt", 20, 20, 1, false},
    {"extF80_to_f32", 20, 0, 8, false},
    {"extF80_to_f64", 20, 0, 16, false},
    {"extF80_to_i32", 20, 0, 8, false},
    {"extF80_to_i64", 20, 0, 16, false},
    {"f32_to_extF80", 8, 0, 20, false},
    {"f64_to_extF80", 16, 0, 20, false},
    {"i32_to_extF80", 8, 0, 20, false},
    {"i64_to_extF80", 16, 0, 20, false},
}};

constexpr std::array<std::pair<std::string_view, Rounding>, 4> kRoundings{{{"near_even", Rounding::Nearest},
                                                                           {"min", Rounding::Down},
                                                                           {"max", Rounding::Up},
                                                                           {"minMag", Rounding::Zero}}};
constexpr std::array<std::pair<std::string_view, Precision>, 3> kPrecisions{
    {{".p32", Precision::Single}, {".p64", Precision::Double}, {".p80", Precision::Extended}}};

void append_files(const VectorFormat& format, std::vector<VectorFile>& files) {
  for (const auto& [suffix, precision] : kPrecisions) {
    if (!format.has_precisions && precision != Precision::Extended) continue;
    for (const auto& [word, rounding] : kRoundings) {
      const std::string_view middle = format.has_precisions ? suffix : std::string_view();
      files.push_back(
          {fmt::format("{}{}.{}.txt.gz", format.function, middle, word), format, rounding, precision});
    }
  }
}

/// What was decompressed, and what is wrong with what follows it (empty: nothing).
struct Text {
  std::string content;
  std::string damage;
};

std::optional<std::string> read_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

Text decompress(std::string compressed) {
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  Text text;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return {"", "zlib cannot be started"};
  stream.next_in = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::array<char, 65536> buffer;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    text.content.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  if (status == Z_BUF_ERROR) {
    text.damage = "the compressed data ends early";
  } else if (status != Z_STREAM_END) {
    text.damage = fmt::format("the compressed data is damaged ({})",
                              stream.msg != nullptr ? stream.msg : "no gzip header");
  } else if (stream.avail_in != 0) {
    text.damage = fmt::format("{} bytes follow the compressed data", stream.avail_in);
  }
  inflateEnd(&stream);
  return text;
}

/// The value of that many capital hexadecimal digits.
std::optional<Float80> parse_number(std::string_view word, unsigned digits) {
  if (word.size() != digits) return std::nullopt;
  Float80 value;
  for (const char c : word) {
    const bool letter = c >= 'A' && c <= 'F';
    if (!letter && (c < '0' || c > '9')) return std::nullopt;
    value.sign_exponent = static_cast<u16>(value.sign_exponent << 4 | value.significand >> 60);
    value.significand = value.significand << 4 | static_cast<u64>(letter ? c - 'A' + 10 : c - '0');
  }
  return value;
}

/// TestFloat's flags: 01 inexact, 02 underflow, 04 overflow, 08 divide by zero, 10 invalid.
std::optional<u8> parse_flags(std::string_view word) {
  constexpr std::array<u8, 5> kFlags{x87_exception::kPrecision, x87_exception::kUnderflow,
                                     x87_exception::kOverflow, x87_exception::kZeroDivide,
                                     x87_exception::kInvalid};
  const std::optional<Float80> bits = parse_number(word, 2);
  if (!bits || bits->significand >= 1u << kFlags.size()) return std::nullopt;
  u8 flags = 0;
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    if ((bits->significand >> i & 1) != 0) flags = static_cast<u8>(flags | kFlags[i]);
  }
  return flags;
}

/// Takes words off a line; remembers where the first wrong one begins.
class Words {
 public:
  explicit Words(std::string_view line) : line_(line) {}

  std::string_view next() {
    begin_ = end_ == 0 ? 0 : std::min(end_ + 1, line_.size());
    end_ = std::min(line_.find(' ', begin_), line_.size());
    return line_.substr(begin_, end_ - begin_);
  }
  bool at_end() const { return end_ == line_.size(); }
  /// Where the word last taken begins.
  std::size_t position() const { return begin_; }

 private:
  std::string_view line_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// False with `words` at the word that is wrong.
bool parse_line(const VectorFormat& format, Words& words, VectorLine& line) {
  const std::array<std::pair<unsigned, Float80*>, 3> numbers{
      {{format.first, &line.a}, {format.second, &line.b}, {format.result, &line.result}}};
  for (const auto& [digits, number] : numbers) {
    if (digits == 0) continue;
    const std::optional<Float80> value = parse_number(words.next(), digits);
    if (!value) return false;
    *number = *value;
  }
  const std::optional<u8> flags = parse_flags(words.next());
  if (!flags) return false;
  line.flags = *flags;
  if (words.at_end()) return true;
  (void)words.next();
  return false;
}

}  // namespace

std::vector<VectorFile> vector_files() {
  std::vector<VectorFile> files;
  for (const VectorFormat& format : kFormats) append_files(format, files);
  return files;
}

Result<void> check_vector_folder(const std::string& folder) {
  const std::vector<VectorFile> files = vector_files();
  for (const VectorFile& file : files) {
    if (!std::filesystem::exists(folder + "/" + file.name))
      return Error{fmt::format("{}/{}: missing", folder, file.name)};
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool known = std::any_of(files.begin(), files.end(), [&](const auto& f) { return f.name == name; });
    if (!known) return Error{fmt::format("{}/{}: no vectors that this test knows", folder, name)};
  }
  return {};
}

Result<std::vector<VectorLine>> read_vectors(const std::string& folder, const VectorFile& file) {
  const std::string path = folder + "/" + file.name;
  std::optional<std::string> compressed = read_bytes(path);
  if (!compressed) return Error{path + ": cannot be read"};
  const Text text = decompress(std::move(*compressed));
  std::vector<VectorLine> lines;
  std::size_t begin = 0;
  const auto damaged = [&](std::size_t offset, std::string_view what) {
    return Error{fmt::format("{}: byte {} of the uncompressed text, line {}: {}", path, offset,
                             lines.size() + 1, what)};
  };
  while (begin < text.content.size()) {
    const std::size_t end = text.content.find('\n', begin);
    if (end == std::string::npos) break;
    Words words(std::string_view(text.content).substr(begin, end - begin));
    VectorLine line;
    if (!parse_line(file.format, words, line))
      return damaged(begin + words.position(), "not the words that a line of this function has");
    lines.push_back(line);
    begin = end + 1;
  }
  if (!text.damage.empty()) return damaged(text.content.size(), text.damage);
  if (begin < text.content.size()) return damaged(text.content.size(), "the line is cut short");
  if (lines.empty()) return damaged(0, "no lines");
  return lines;
}

}  // namespace ringdown::test

// Writes and reads the one-line forms: words NAME=VALUE, in hexadecimal.
#include "tests/oracle/case_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace ringdown::test {

namespace {

constexpr std::array<std::string_view, 8> kGeneral = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
constexpr std::array<std::string_view, kSegmentCount> kSegments = {"es", "cs", "ss", "ds", "fs", "gs"};

/// A field of FxImage. Registers are named with their number behind.
struct FxField {
  std::string name;
  u32 offset;
  u32 size;
};

const std::vector<FxField>& fx_fields() {
  static const std::vector<FxField> fields = [] {
    std::vector<FxField> list = {{"fcw", FxImage::kControl, 2},     {"fsw", FxImage::kStatus, 2},
                                 {"valid", FxImage::kValid, 1},     {"fop", FxImage::kOpcode, 2},
                                 {"fip", FxImage::kInstruction, 4}, {"fdp", FxImage::kData, 4},
                                 {"mxcsr", FxImage::kMxcsr, 4}};
    for (u32 i = 0; i < 8; ++i) list.push_back({fmt::format("st{}", i), FxImage::kRegisters + 16 * i, 10});
    for (u32 i = 0; i < 8; ++i) list.push_back({fmt::format("xmm{}", i), FxImage::kXmm + 16 * i, 16});
    return list;
  }();
  return fields;
}

std::string bytes_text(std::span<const u8> bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

std::optional<std::vector<u8>> parse_bytes(std::string_view text) {
  std::vector<u8> bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* at = text.data() + 2 * i;
    if (std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2) return std::nullopt;
  }
  return text.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

std::optional<u32> parse_number(std::string_view text) {
  u32 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string state_text(const OracleState& state, const OracleState& usual) {
  std::string text;
  const auto add = [&text](std::string_view name, u32 value, u32 usual_value) {
    if (value != usual_value) text += fmt::format(" {}={:x}", name, value);
  };
  add("eip", state.eip, usual.eip);
  add("eflags", state.eflags, usual.eflags);
  for (unsigned i = 0; i < kGeneral.size(); ++i) add(kGeneral[i], state.gpr[i], usual.gpr[i]);
  for (unsigned i = 0; i < kSegmentCount; ++i) add(kSegments[i], state.selectors[i], usual.selectors[i]);
  for (const FxField& field : fx_fields()) {
    const auto value = std::span(state.fx.bytes).subspan(field.offset, field.size);
    const auto usual_value = std::span(usual.fx.bytes).subspan(field.offset, field.size);
    if (!std::equal(value.begin(), value.end(), usual_value.begin()))
      text += fmt::format(" {}={}", field.name, bytes_text(value));
  }
  return text;
}

/// False if there is no such field or the value does not fit it.
bool set_field(OracleState& state, std::string_view name, std::string_view value) {
  const auto* general = std::find(kGeneral.begin(), kGeneral.end(), name);
  const auto* segment = std::find(kSegments.begin(), kSegments.end(), name);
  for (const FxField& field : fx_fields()) {
    if (field.name != name) continue;
    const std::optional<std::vector<u8>> bytes = parse_bytes(value);
    if (!bytes || bytes->size() != field.size) return false;
    std::copy(bytes->begin(), bytes->end(), state.fx.bytes.begin() + field.offset);
    return true;
  }
  const std::optional<u32> number = parse_number(value);
  if (!number) return false;
  if (name == "eip") {
    state.eip = *number;
  } else if (name == "eflags") {
    state.eflags = *number;
  } else if (general != kGeneral.end()) {
    state.gpr[static_cast<unsigned>(general - kGeneral.begin())] = *number;
  } else if (segment != kSegments.end()) {
    state.selectors[static_cast<unsigned>(segment - kSegments.begin())] = static_cast<u16>(*number);
  } else {
    return false;
  }
  return true;
}

struct Word {
  std::string_view name;
  std::string_view value;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t equals = std::min(word.find('='), word.size());
    words.push_back({word.substr(0, equals), word.substr(std::min(equals + 1, word.size()))});
  }
  return words;
}

Error bad_word(const Word& word) {
  return {fmt::format("'{}={}' is no field of a case", word.name, word.value)};
}

/// `@ADDRESS=BYTES`
std::optional<Poke> parse_poke(const Word& word) {
  if (!word.name.starts_with('@')) return std::nullopt;
  const std::optional<u32> linear = parse_number(word.name.substr(1));
  const std::optional<std::vector<u8>> bytes = parse_bytes(word.value);
  if (!linear || !bytes) return std::nullopt;
  return Poke{*linear, *bytes};
}

}  // namespace

std::string case_text(const OracleCase& c) {
  std::string text = fmt::format("code={}", bytes_text(c.code)) + state_text(c.before, initial_state());
  if (c.background != 0) text += fmt::format(" background={:x}", c.background);
  for (const Poke& poke : c.pokes) text += fmt::format(" @{:x}={}", poke.linear, bytes_text(poke.bytes));
  return text;
}

Result<OracleCase> parse_case(std::string_view text) {
  OracleCase c;
  c.before = initial_state();
  for (const Word& word : words_of(text)) {
    const std::optional<std::vector<u8>> bytes = parse_bytes(word.value);
    const std::optional<u32> number = parse_number(word.value);
    if (word.name == "code" && bytes) {
      c.code = *bytes;
    } else if (word.name == "background" && number && *number < kBackgrounds) {
      c.background = static_cast<u8>(*number);
    } else if (std::optional<Poke> poke = parse_poke(word)) {
      c.pokes.push_back(std::move(*poke));
    } else if (!set_field(c.before, word.name, word.value)) {
      return bad_word(word);
    }
  }
  if (c.code.empty()) return Error{"a case needs code="};
  return c;
}

std::string outcome_text(const OracleOutcome& outcome, const OracleState& before) {
  if (!outcome.ended) return "endless";
  std::string text = fmt::format("vector={:x}", outcome.vector);
  if (outcome.error_code != 0) text += fmt::format(" error={:x}", outcome.error_code);
  if (outcome.fault_address != 0) text += fmt::format(" cr2={:x}", outcome.fault_address);
  text += state_text(outcome.after, before);
  const std::span<const MemoryChange> changes(outcome.changes);
  for (std::size_t i = 0; i < changes.size();) {
    std::vector<u8> run;
    const u32 linear = changes[i].linear;
    while (i < changes.size() && changes[i].linear == linear + run.size()) run.push_back(changes[i++].value);
    text += fmt::format(" @{:x}={}", linear, bytes_text(run));
  }
  return text;
}

Result<OracleOutcome> parse_outcome(std::string_view text, const OracleState& before) {
  OracleOutcome outcome;
  outcome.ended = true;
  outcome.after = before;
  for (const Word& word : words_of(text)) {
    const std::optional<u32> number = parse_number(word.value);
    if (word.name == "endless") {
      return OracleOutcome{};
    } else if (word.name == "vector" && number) {
      outcome.vector = static_cast<u8>(*number);
    } else if (word.name == "error" && number) {
      outcome.error_code = *number;
    } else if (word.name == "cr2" && number) {
      outcome.fault_address = *number;
    } else if (const std::optional<Poke> poke = parse_poke(word)) {
      for (u32 i = 0; i < poke->bytes.size(); ++i)
        outcome.changes.push_back({poke->linear + i, poke->bytes[i]});
    } else if (!set_field(outcome.after, word.name, word.value)) {
      return bad_word(word);
    }
  }
  return outcome;
}

}  // namespace ringdown::test

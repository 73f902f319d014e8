// Compares outcomes.
#include "tests/oracle/differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cpu/fault.h"
#include "cpu/flags.h"

namespace ringdown::test {

namespace {

constexpr std::array<const char*, 8> kGeneral = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
constexpr std::array<const char*, kSegmentCount> kSegments = {"es", "cs", "ss", "ds", "fs", "gs"};

/// Where the last instruction begins.
u32 last_eip(const GeneratedCase& g) {
  u32 eip = g.c.before.eip;
  for (std::size_t i = 0; i + 1 < g.instructions.size(); ++i) eip += g.instructions[i].length();
  return eip;
}

/// A fault leaves all flags defined, but for the divide error, which DIV raises when it has begun.
std::vector<const UndefinedFlags*> undefined_of(const GeneratedCase& g, const OracleOutcome& guest) {
  std::vector<const UndefinedFlags*> entries;
  if (g.instructions.empty()) return entries;
  const OracleInstruction& last = g.instructions.back();
  const bool divides = static_cast<Vector>(guest.vector) == Vector::DivideError;
  if (guest.after.eip == last_eip(g) && !divides) return entries;
  for (const UndefinedFlags& entry : undefined_flags()) {
    // The count may be what an instruction before has left in CL.
    if (entry.applies(flags_writer(last, g.c.before)) || entry.applies(flags_writer(last, guest.after)))
      entries.push_back(&entry);
  }
  return entries;
}

class Text {
 public:
  template <class T>
  void add(std::string_view name, T host, T guest) {
    if (host != guest) text_ += fmt::format(" {} {:x} instead of {:x};", name, guest, host);
  }
  void add(std::string_view name, std::span<const u8> host, std::span<const u8> guest) {
    if (!std::equal(host.begin(), host.end(), guest.begin()))
      text_ += fmt::format(" {} {:02x} instead of {:02x};", name, fmt::join(guest, ""), fmt::join(host, ""));
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string changes_text(std::span<const MemoryChange> changes) {
  constexpr std::size_t kShown = 24;
  std::string text;
  for (const MemoryChange& change : changes.first(std::min(kShown, changes.size())))
    text += fmt::format(" {:x}={:02x}", change.linear, change.value);
  return text;
}

void add_fx(Text& text, const FxImage& host, const FxImage& guest) {
  text.add("fcw", host.control(), guest.control());
  text.add("fsw", host.status(), guest.status());
  text.add("valid", host.valid(), guest.valid());
  text.add("fop", host.get<u16>(FxImage::kOpcode), guest.get<u16>(FxImage::kOpcode));
  text.add("fip", host.get<u32>(FxImage::kInstruction), guest.get<u32>(FxImage::kInstruction));
  text.add("fdp", host.get<u32>(FxImage::kData), guest.get<u32>(FxImage::kData));
  text.add("mxcsr", host.mxcsr(), guest.mxcsr());
  for (unsigned i = 0; i < 8; ++i) {
    const auto field = [i](const FxImage& fx, u32 start, u32 size) {
      return std::span(fx.bytes).subspan(start + 16 * i, size);
    };
    text.add(fmt::format("st{}", i), field(host, FxImage::kRegisters, 10),
             field(guest, FxImage::kRegisters, 10));
    text.add(fmt::format("xmm{}", i), field(host, FxImage::kXmm, 16), field(guest, FxImage::kXmm, 16));
  }
}

}  // namespace

std::string describe_difference(const OracleOutcome& host, const OracleOutcome& guest) {
  Text text;
  text.add("ended", int{host.ended}, int{guest.ended});
  text.add("vector", unsigned{host.vector}, unsigned{guest.vector});
  text.add("error", host.error_code, guest.error_code);
  text.add("cr2", host.fault_address, guest.fault_address);
  text.add("eip", host.after.eip, guest.after.eip);
  text.add("eflags", host.after.eflags, guest.after.eflags);
  for (unsigned i = 0; i < kGeneral.size(); ++i) text.add(kGeneral[i], host.after.gpr[i], guest.after.gpr[i]);
  for (unsigned i = 0; i < kSegmentCount; ++i)
    text.add(kSegments[i], host.after.selectors[i], guest.after.selectors[i]);
  add_fx(text, host.after.fx, guest.after.fx);
  std::string result = std::move(text).text();
  if (host.changes != guest.changes)
    result += fmt::format(" memory{} instead of{};", changes_text(guest.changes), changes_text(host.changes));
  return result;
}

OracleVerdict compare(const GeneratedCase& g, const OracleOutcome& host, const OracleOutcome& guest) {
  OracleVerdict verdict;
  OracleOutcome expected = host;
  const u32 disagreeing = host.after.eflags ^ guest.after.eflags;
  u32 ignored = 0;
  for (const UndefinedFlags* entry : undefined_of(g, guest)) {
    verdict.undefined.push_back({entry, (disagreeing & entry->flags) == 0});
    ignored |= entry->flags;
  }
  expected.after.eflags ^= disagreeing & ignored;
  verdict.agree = expected == guest;
  if (verdict.agree) return verdict;
  for (const OracleRule& rule : oracle_rules()) {
    const OracleOutcome before = expected;
    rule.forgive(g, expected, guest);
    if (!(expected == before)) verdict.rules.push_back(&rule);
  }
  if (!(expected == guest)) verdict.difference = describe_difference(expected, guest);
  return verdict;
}

}  // namespace ringdown::test

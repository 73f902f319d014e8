// Compares what programs see, the plainest first.
#include "frontend/lab/classify/engine/outcome.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ringdown::classify {

namespace {

std::string hex(u64 value) { return fmt::format("{:X}", value); }

Difference values(std::string what, u64 first, u64 second) {
  return {std::move(what), hex(first), hex(second)};
}

std::optional<Difference> find_register_difference(const Outcome& a, const Outcome& b) {
  constexpr std::array<std::string_view, 8> kNames = {"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (a.gpr[i] != b.gpr[i]) return values(std::string(kNames[i]), a.gpr[i], b.gpr[i]);
  }
  return std::nullopt;
}

std::optional<Difference> find_flag_difference(u32 a, u32 b) {
  struct Named {
    std::string_view name;
    u32 mask;
  };
  constexpr Named kFlags[] = {{"CF", eflags::kCf}, {"PF", eflags::kPf}, {"AF", eflags::kAf},
                              {"ZF", eflags::kZf}, {"SF", eflags::kSf}, {"OF", eflags::kOf},
                              {"TF", eflags::kTf}, {"DF", eflags::kDf}, {"NT", eflags::kNt},
                              {"RF", eflags::kRf}, {"AC", eflags::kAc}, {"ID", eflags::kId}};
  for (const Named& flag : kFlags) {
    if (((a ^ b) & flag.mask) != 0)
      return values(std::string(flag.name), (a & flag.mask) != 0, (b & flag.mask) != 0);
  }
  return std::nullopt;
}

/// "[EDI+4]", or an offset where neither pointer of a case is near.
std::string memory_text(u32 offset) {
  const auto relative = [offset](std::string_view base, u32 origin) {
    if (offset == origin) return fmt::format("[{}]", base);
    return offset > origin ? fmt::format("[{}+{:X}]", base, offset - origin)
                           : fmt::format("[{}-{:X}]", base, origin - offset);
  };
  constexpr u32 kReach = 0x100;
  if (offset - (kStack - kReach) < 2 * kReach) return relative("ESP", kStack);
  if (offset - (kData - kReach) < 4 * kReach) return relative("EDI", kData);
  return fmt::format("[{:X}]", offset);
}

template <class T>
T value_at(const Outcome& outcome, std::size_t at) {
  T value = 0;
  std::memcpy(&value, outcome.data.data() + at, sizeof(value));
  return value;
}

/// The first word in which they differ, or the doubleword if they differ in both its halves.
std::optional<Difference> find_memory_difference(const Outcome& a, const Outcome& b) {
  if (a.data == b.data) return std::nullopt;
  const auto byte = static_cast<std::size_t>(
      std::mismatch(a.data.begin(), a.data.end(), b.data.begin()).first - a.data.begin());
  const std::size_t at = byte & ~std::size_t{1};
  const std::size_t other = at ^ 2;
  const std::string where = memory_text(kDataPage + static_cast<u32>(at));
  if (value_at<u16>(a, other) != value_at<u16>(b, other))
    return values(where, value_at<u32>(a, at), value_at<u32>(b, at));
  return values(where, value_at<u16>(a, at), value_at<u16>(b, at));
}

std::optional<Difference> find_selector_difference(const Outcome& a, const Outcome& b) {
  constexpr std::array<std::string_view, kSegmentCount> kNames = {"ES", "CS", "SS", "DS", "FS", "GS"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const bool left_alone =
        a.selectors[i] == a.selectors_before[i] && b.selectors[i] == b.selectors_before[i];
    if (!left_alone && a.selectors[i] != b.selectors[i])
      return values(std::string(kNames[i]), a.selectors[i], b.selectors[i]);
  }
  return std::nullopt;
}

/// The same, or in both the selector of the segment register as it was.
bool same_note(u16 a, u16 b, const Outcome& outcome_a, const Outcome& outcome_b) {
  if (a == b) return true;
  for (std::size_t i = 0; i < kSegmentCount; ++i) {
    if (a == outcome_a.selectors_before[i] && b == outcome_b.selectors_before[i]) return true;
  }
  return false;
}

std::optional<Difference> find_x87_difference(const Outcome& a, const Outcome& b) {
  const X87State& x = a.x87;
  const X87State& y = b.x87;
  if (x.control.value() != y.control.value()) return values("FCW", x.control.value(), y.control.value());
  if (x.status.value() != y.status.value()) return values("FSW", x.status.value(), y.status.value());
  if (x.valid != y.valid) return values("FTW", x.valid, y.valid);
  for (std::size_t i = 0; i < x.registers.size(); ++i) {
    if (x.registers[i] != y.registers[i])
      return values(fmt::format("R{}", i), x.registers[i].significand, y.registers[i].significand);
  }
  if (x.last_opcode != y.last_opcode) return values("FOP", x.last_opcode, y.last_opcode);
  if (x.instruction_offset != y.instruction_offset)
    return values("FIP", x.instruction_offset, y.instruction_offset);
  if (x.data_offset != y.data_offset) return values("FDP", x.data_offset, y.data_offset);
  if (!same_note(x.instruction_selector, y.instruction_selector, a, b))
    return values("FCS", x.instruction_selector, y.instruction_selector);
  if (!same_note(x.data_selector, y.data_selector, a, b))
    return values("FDS", x.data_selector, y.data_selector);
  return std::nullopt;
}

std::optional<Difference> find_sse_difference(const Outcome& a, const Outcome& b) {
  if (a.sse.mxcsr != b.sse.mxcsr) return values("MXCSR", a.sse.mxcsr, b.sse.mxcsr);
  for (std::size_t i = 0; i < a.sse.xmm.size(); ++i) {
    const auto low = [i](const Outcome& outcome) {
      u64 value = 0;
      std::memcpy(&value, outcome.sse.xmm[i].bytes.data(), sizeof(value));
      return value;
    };
    if (a.sse.xmm[i] != b.sse.xmm[i]) return values(fmt::format("XMM{}", i), low(a), low(b));
  }
  return std::nullopt;
}

}  // namespace

std::string_view vector_text(u8 vector) {
  constexpr std::array<std::string_view, 20> kNames = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD",
                                                       "#NM", "#DF", "",    "#TS", "#NP", "#SS", "#GP",
                                                       "#PF", "",    "#MF", "#AC", "#MC", "#XM"};
  return vector < kNames.size() ? kNames[vector] : std::string_view("an interrupt");
}

std::optional<Difference> find_difference(const Outcome& a, const Outcome& b) {
  if (auto difference = find_memory_difference(a, b)) return difference;
  if (auto difference = find_register_difference(a, b)) return difference;
  if (auto difference = find_flag_difference(a.flags, b.flags)) return difference;
  if (auto difference = find_selector_difference(a, b)) return difference;
  if (a.eip != b.eip) return values("EIP", a.eip, b.eip);
  if (auto difference = find_x87_difference(a, b)) return difference;
  return find_sse_difference(a, b);
}

}  // namespace ringdown::classify

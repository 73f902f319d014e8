// The fields by what CPUID says of the host.
#include "tests/instruction/x87/host_pointers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "tests/support/host_processor.h"

namespace ringdown::test {

namespace {

constexpr u8 kOperandSizePrefix = 0x66;

/// Offsets of FCS and FDS in what the instruction stores at [EDI] (SDM vol. 1, figures 8-9 and 8-11, table 10-2).
using SelectorOffsets = std::array<std::size_t, 2>;
std::optional<SelectorOffsets> stored_selectors(const X87Case& c) {
  if (c.is(ZYDIS_MNEMONIC_FXSAVE)) return SelectorOffsets{12, 20};
  if (!c.is(ZYDIS_MNEMONIC_FNSTENV) && !c.is(ZYDIS_MNEMONIC_FNSAVE)) return std::nullopt;
  return c.code.front() == kOperandSizePrefix ? SelectorOffsets{8, 12} : SelectorOffsets{16, 24};
}

void take_selectors(const X87Case& c, X87Outcome& host, const X87Outcome& guest) {
  const auto take = [](auto& to, const auto& from) {
    if (to == 0) to = from;
  };
  take(host.pointers.instruction_selector, guest.pointers.instruction_selector);
  take(host.pointers.data_selector, guest.pointers.data_selector);
  for (const std::size_t offset : stored_selectors(c).value_or(SelectorOffsets{})) {
    if (offset == 0) continue;
    take(host.memory[offset], guest.memory[offset]);
    take(host.memory[offset + 1], guest.memory[offset + 1]);
  }
}

void take_data_pointer(const X87Case& c, X87Outcome& host, const X87Outcome& guest) {
  if (x87_status::ErrorSummary::get(guest.status)) return;
  if (host.pointers.data != before_of(c).pointers.data) return;
  host.pointers.data = guest.pointers.data;
  host.pointers.data_selector = guest.pointers.data_selector;
}

void take_opcode(const X87Case& c, X87Outcome& host, const X87Outcome& guest) {
  if (x87_status::ErrorSummary::get(guest.status)) return;
  if (host.pointers.opcode != before_of(c).pointers.opcode) return;
  host.pointers.opcode = guest.pointers.opcode;
}

}  // namespace

std::span<const UnkeptX87Pointers> unkept_x87_pointers() {
  static const HostX87Pointers kept = host_x87_pointers();
  static const std::array<UnkeptX87Pointers, 3> unkept{{
      {"this host stores 0 for FCS and FDS (CPUID.07H:EBX[13]; SDM vol. 1, 8.1.8)", !kept.selectors,
       take_selectors},
      {"this host updates FDP only where an exception is unmasked (CPUID.07H:EBX[6]; SDM vol. 1, 8.1.8)",
       !kept.data_without_exception, take_data_pointer},
      {"Intel's units since the Pentium 4 update FOP only where an exception is unmasked (SDM vol. 1, 8.1.9.1)",
       host_vendor() == HostVendor::Intel, take_opcode},
  }};
  return unkept;
}

}  // namespace ringdown::test

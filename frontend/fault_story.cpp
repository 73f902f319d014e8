// Explains a triple fault to a person.
#include "frontend/fault_story.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "frontend/machine/machine.h"

namespace ringdown {

namespace {

struct VectorText {
  std::string_view mnemonic;
  std::string_view meaning;
};

// Intel SDM vol. 3A, table 6-1.
constexpr std::array<VectorText, 20> kVectors{{{"#DE", "divide error"},
                                               {"#DB", "debug"},
                                               {"NMI", "non-maskable interrupt"},
                                               {"#BP", "breakpoint"},
                                               {"#OF", "overflow"},
                                               {"#BR", "bound range exceeded"},
                                               {"#UD", "invalid opcode"},
                                               {"#NM", "device not available"},
                                               {"#DF", "double fault"},
                                               {"", "coprocessor segment overrun"},
                                               {"#TS", "invalid TSS"},
                                               {"#NP", "segment not present"},
                                               {"#SS", "stack fault"},
                                               {"#GP", "general protection"},
                                               {"#PF", "page fault"},
                                               {"", "reserved"},
                                               {"#MF", "x87 floating-point error"},
                                               {"#AC", "alignment check"},
                                               {"#MC", "machine check"},
                                               {"#XM", "SIMD floating-point error"}}};

std::string described(u8 vector) {
  std::string text = vector_name(vector);
  if (vector < kVectors.size()) text += fmt::format(" ({})", kVectors[vector].meaning);
  return text;
}

}  // namespace

std::string vector_name(u8 vector) {
  if (vector < kVectors.size() && !kVectors[vector].mnemonic.empty())
    return std::string(kVectors[vector].mnemonic);
  return vector_number(vector);
}

std::string vector_number(u8 vector) { return fmt::format("vector {:02x}h", vector); }

std::string triple_fault_story(Machine& machine) {
  const SystemView& guest = machine.processor().guest_view();
  const PrivilegedState& state = guest.state;
  std::string text = "triple fault: ";
  const std::size_t length = std::min<std::size_t>(state.fault_chain_length, state.fault_chain.size());
  for (std::size_t i = 0; i < length; ++i) {
    text += (i == 0 ? "" : ", then delivering it ") + described(state.fault_chain[i]);
  }
  const SegmentRegister& code = state.segment(Segment::Cs);
  text += fmt::format("\n  after {} instructions at CS:EIP {:04x}:{:08x} (linear {:08x}), CPL {}",
                      machine.ticks(), code.selector, guest.registers.eip, code.base + guest.registers.eip,
                      state.cpl);
  text += fmt::format(
      "\n  CR0 {:08x} CR2 {:08x} CR3 {:08x} CR4 {:08x}, IDTR {:08x} limit {:04x}, SS:ESP {:04x}:{:08x}",
      state.cr0, state.cr2, state.cr3, state.cr4, state.idtr.base, state.idtr.limit,
      state.segment(Segment::Ss).selector, guest.registers.get(Gpr::Esp));
  return text;
}

}  // namespace ringdown

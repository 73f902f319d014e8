// Carries a state into the host's unit or the guest, runs the instruction and brings the state back.
#include "tests/instruction/x87/x87_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace ringdown::test {

namespace {

constexpr u32 kBefore = 0x400;
constexpr u32 kAfter = 0x600;
constexpr u64 kEax = 0x1234'5678;

/// As X87Pointers says, of an image from a machine where instruction and operand are at these addresses.
X87Pointers pointers_of(const X87Image& image, u32 instruction, u32 data) {
  X87Pointers p{image.pointers[0], static_cast<u16>(image.pointers[1]),
                static_cast<u16>(image.pointers[1] >> 16), image.pointers[2],
                static_cast<u16>(image.pointers[3])};
  if (p.instruction == instruction) {
    p.instruction = X87Pointers::kHere;
    p.instruction_selector = 0;
  }
  if (p.data == data) {
    p.data = X87Pointers::kHere;
    p.data_selector = 0;
  }
  return p;
}

/// Of what FXSAVE stores MXCSR and the XMM registers are no part of the unit's state.
void leave_out_sse(const X87Case& c, X87Outcome& outcome) {
  if (!c.is(ZYDIS_MNEMONIC_FXSAVE)) return;
  std::fill_n(outcome.memory.begin() + 24, 8, u8{0});
  std::fill(outcome.memory.begin() + 160, outcome.memory.end(), u8{0});
}

X87Outcome outcome_of(const X87Image& image, std::span<const u8> memory, u64 flags, u64 eax,
                      const X87Pointers& pointers) {
  X87Outcome outcome{static_cast<u16>(image.control),
                     static_cast<u16>(image.status),
                     static_cast<u16>(image.tags),
                     image.registers,
                     {},
                     static_cast<u32>(flags) & eflags::kStatus,
                     static_cast<u16>(eax),
                     pointers};
  std::copy_n(memory.begin(), outcome.memory.size(), outcome.memory.begin());
  return outcome;
}

}  // namespace

X87Host::X87Host(HostCode& host) : host_(host) {
  X87Case nop;
  nop.code = {0xD9, 0xD0};  // FNOP
  nop.before.control = x87_control::kInitial;
  HostState state;
  instruction_ = run_image(nop, state).pointers[0];
}

X87Image X87Host::run_image(const X87Case& c, HostState& state) {
  std::copy(c.memory.begin(), c.memory.end(), host_.data().begin());
  std::memcpy(host_.data().data() + kBefore, &c.before, sizeof(X87Image));
  state.gpr[0] = kEax;
  state.gpr[2] = kX87HostData + kAfter;
  state.gpr[6] = kX87HostData + kBefore;
  state.gpr[7] = kX87HostData;
  state.flags = c.eflags | eflags::kReserved1 | eflags::kIf;
  // FRSTOR [ESI]; the instruction, on [EDI]; FNSAVE [EDX], which leaves the unit as C++ code expects it.
  Code code{0xDD, 0x26};
  code.insert(code.end(), c.code.begin(), c.code.end());
  code.insert(code.end(), {0xDD, 0x32});
  host_.run(code, state);
  X87Image after;
  std::memcpy(&after, host_.data().data() + kAfter, sizeof(X87Image));
  return after;
}

X87Outcome X87Host::run(const X87Case& c) {
  HostState state;
  const X87Image after = run_image(c, state);
  X87Outcome outcome = outcome_of(after, host_.data(), state.flags, state.gpr[0],
                                  pointers_of(after, instruction_, kX87HostData));
  leave_out_sse(c, outcome);
  return outcome;
}

X87Outcome run_on_guest(X87Guest& guest, const X87Case& c) {
  const u32 image = guest.data + kPageSize;
  // An instruction with that address as its operand.
  const auto at_image = [image](u8 opcode, u8 modrm) {
    Code code{opcode, modrm};
    for (unsigned shift = 0; shift < 32; shift += 8) code.push_back(static_cast<u8>(image >> shift));
    return code;
  };
  guest.poke(guest.data, c.memory);
  guest.poke(image, c.before);
  REQUIRE(guest.execute(at_image(0xDD, 0x25)));  // FRSTOR
  Registers& registers = guest.cpu().registers;
  registers.set(Gpr::Eax, static_cast<u32>(kEax));
  registers.flags.assign_status(c.eflags);
  REQUIRE(guest.execute(c.code));
  const u32 flags = registers.flags.status();
  REQUIRE(guest.execute(at_image(0xDD, 0x35)));  // FNSAVE
  const auto memory = guest.peek<std::array<u8, 512>>(guest.data);
  const auto after = guest.peek<X87Image>(image);
  X87Outcome outcome =
      outcome_of(after, memory, flags, registers.get(Gpr::Eax), pointers_of(after, guest.code, guest.data));
  leave_out_sse(c, outcome);
  return outcome;
}

X87Outcome before_of(const X87Case& c) {
  return outcome_of(c.before, c.memory, c.eflags, kEax, pointers_of(c.before, 0, 0));
}

std::string describe(const X87Case& c) {
  const X87Image& b = c.before;
  return fmt::format(
      "{} {:02x}; control {:04x} status {:04x} tags {:04x} eflags {:x} registers {:02x} memory {:02x}",
      c.row->name, fmt::join(c.code, " "), b.control, b.status, b.tags, c.eflags, fmt::join(b.registers, ""),
      fmt::join(std::span(c.memory).first(16), ""));
}

std::string describe_difference(const X87Outcome& host, const X87Outcome& guest) {
  std::string text;
  const auto add = [&](std::string_view name, unsigned h, unsigned g) {
    if (h != g) text += fmt::format(" {} {:04x} != {:04x}", name, h, g);
  };
  add("control", host.control, guest.control);
  add("status", host.status, guest.status);
  add("tags", host.tags, guest.tags);
  add("eflags", host.eflags, guest.eflags);
  add("ax", host.ax, guest.ax);
  if (host.registers != guest.registers)
    text += fmt::format(" registers {:02x} != {:02x}", fmt::join(host.registers, ""),
                        fmt::join(guest.registers, ""));
  add("FIP", host.pointers.instruction, guest.pointers.instruction);
  add("FCS", host.pointers.instruction_selector, guest.pointers.instruction_selector);
  add("FOP", host.pointers.opcode, guest.pointers.opcode);
  add("FDP", host.pointers.data, guest.pointers.data);
  add("FDS", host.pointers.data_selector, guest.pointers.data_selector);
  for (std::size_t i = 0; i < host.memory.size(); ++i)
    add(fmt::format("byte {}", i), host.memory[i], guest.memory[i]);
  return text;
}

}  // namespace ringdown::test

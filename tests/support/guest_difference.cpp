// What a guest could see different in two machines.
#include "tests/support/guest_difference.h"

#include <fmt/core.h>

#include <cstring>

#include "tests/support/chunk_payload.h"

namespace ringdown::test {

namespace {

/// Collects the lines.
class Differences {
 public:
  void compare(std::string_view what, u64 x, u64 y) {
    if (x != y) text += fmt::format("{}: {:x} and {:x}\n", what, x, y);
  }
  std::string text;
};

template <class State>
std::vector<std::byte> saved_bytes(State& state) {
  CapturingArchive archive(1);
  state.serialize(archive);
  return std::move(archive.payload);
}

void compare_registers(Differences& d, CodeMachine& a, CodeMachine& b) {
  d.compare("ticks", a.cpu.ticks(), b.cpu.ticks());
  d.compare("eip", a.cpu.registers.eip, b.cpu.registers.eip);
  d.compare("eflags", a.eflags(), b.eflags());
  for (unsigned i = 0; i < 8; ++i)
    d.compare(fmt::format("register {}", i), a.get(static_cast<Gpr>(i)), b.get(static_cast<Gpr>(i)));
}

void compare_privileged(Differences& d, PrivilegedState& s, PrivilegedState& t) {
  for (unsigned i = 0; i < kSegmentCount; ++i) {
    d.compare(fmt::format("selector {}", i), s.segments[i].selector, t.segments[i].selector);
    d.compare(fmt::format("attributes {}", i), s.segments[i].attributes.value,
              t.segments[i].attributes.value);
    d.compare(fmt::format("base {}", i), s.segments[i].base, t.segments[i].base);
    d.compare(fmt::format("limit {}", i), s.segments[i].limit, t.segments[i].limit);
  }
  d.compare("cpl", s.cpl, t.cpl);
  d.compare("cr0", s.cr0, t.cr0);
  d.compare("cr2", s.cr2, t.cr2);
  d.compare("cr3", s.cr3, t.cr3);
  d.compare("cr4", s.cr4, t.cr4);
  d.compare("dr6", s.dr6, t.dr6);
  d.compare("dr7", s.dr7, t.dr7);
  d.compare("pending #DB", s.pending_debug, t.pending_debug);
  d.compare("activity", static_cast<u64>(s.activity), static_cast<u64>(t.activity));
  d.compare("shadow", static_cast<u64>(s.shadow), static_cast<u64>(t.shadow));
  if (d.text.empty() && saved_bytes(s) != saved_bytes(t)) d.text += "another part of the privileged state\n";
}

void compare_float(Differences& d, CodeMachine& a, CodeMachine& b) {
  d.compare("x87 control", a.cpu.x87.control.value(), b.cpu.x87.control.value());
  d.compare("x87 status", a.cpu.x87.status.value(), b.cpu.x87.status.value());
  d.compare("mxcsr", a.cpu.sse.mxcsr, b.cpu.sse.mxcsr);
  if (saved_bytes(a.cpu.x87) != saved_bytes(b.cpu.x87)) d.text += "the x87 state\n";
  if (saved_bytes(a.cpu.sse) != saved_bytes(b.cpu.sse)) d.text += "the SSE state\n";
}

void compare_memory(Differences& d, CodeMachine& a, CodeMachine& b) {
  const u64 size = a.store.ram_size();
  if (std::memcmp(a.store.page(HostFrame(0)), b.store.page(HostFrame(0)), size) == 0) return;
  u32 at = 0;
  while (a.peek<u32>(at) == b.peek<u32>(at)) at += sizeof(u32);
  d.compare(fmt::format("memory {:x}", at), a.peek<u32>(at), b.peek<u32>(at));
}

}  // namespace

std::string difference(CodeMachine& a, CodeMachine& b) {
  Differences d;
  compare_registers(d, a, b);
  compare_privileged(d, a.guest(), b.guest());
  compare_float(d, a, b);
  compare_memory(d, a, b);
  if (a.port.accesses != b.port.accesses) d.text += "port accesses\n";
  if (a.page.accesses != b.page.accesses) d.text += "device accesses\n";
  return std::move(d.text);
}

}  // namespace ringdown::test

// Random guests: the machine around their snippets.
#include "tests/support/random_guest.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <span>

#include "cpu/system/task_state.h"
#include "tests/support/emitter.h"
#include "tests/support/random_guest_layout.h"

namespace ringdown::test {

using namespace random_guest;

namespace {

void place(CodeMachine& m, u32 address, std::span<const u8> bytes) {
  m.memory.write(GuestPhysical(address), std::as_bytes(bytes));
}

/// The handler of a vector: its number, then kRecover.
void place_stub(CodeMachine& m, u32 vector) {
  const u32 at = kStubs + kStubSize * vector;
  Emitter e;
  e.hex("68").d(vector).hex("e9").d(kRecover - (at + 10));
  place(m, at, e.bytes);
}

void place_handlers(CodeMachine& m) {
  Emitter recover;
  // mov ebx, [esp]; mov ecx, [esp + 4]; mov edx, [esp + 8]; segments; esp; hash; jmp [resume]
  recover.hex("8b1c24 8b4c2404 8b542408 66b8")
      .w(M::data(0))
      .hex("8ed8 8ec0 8ee0 8ee8 8ed0 bc")
      .d(M::stack_top(0));
  recover.hex("c105").d(kHash).b(5).hex("311d").d(kHash).hex("c105").d(kHash).b(5).hex("010d").d(kHash);
  recover.hex("c105").d(kHash).b(5).hex("0115").d(kHash).hex("ff25").d(kResume);
  place(m, kRecover, recover.bytes);
  m.place(kReturn, "cf");
  place(m, kCount, Emitter().hex("36ff05").d(kInterrupts).hex("cf").bytes);
  // Every eighth single step, and each breakpoint hit, ends stepping and breakpoints.
  Emitter trace;
  trace.hex("50 36fe05").d(kSteps).hex("36f605").d(kSteps).b(7).hex("750d 8164240c").d(~eflags::kTf);
  trace.hex("31c0 0f23f8 58 cf");
  place(m, kTrace, trace.bytes);
  m.place(kFarReturn, "cb");
}

u64 gate_to(u16 selector, u32 offset, u8 access) {
  return (offset & 0xffff) | (u64{selector} << 16) | (u64{access} << 40) | (u64{offset >> 16} << 48);
}

void place_tables(CodeMachine& m) {
  constexpr u8 kCallGate32 = 0xec, kTaskGateType = 0xe5, kAvailableTss = 0x89;
  m.gdt(kCallGate, gate_to(M::code(0), kFarReturn, kCallGate32));
  m.gdt(kInnerGate, gate_to(M::code(0), kFarReturn, kCallGate32));
  m.gdt(kConforming, segment_descriptor(0, 0xf'ffff, 0x9f));
  m.gdt(kEdited, segment_descriptor(0, 0xf'ffff, 0x92));
  m.gdt(kSmall, segment_descriptor(M::kData, 0xff, 0xf2, 4));
  m.gdt(kSecondTask, segment_descriptor(kSecondTss, tss32::kSize - 1, kAvailableTss | 0x60, 0));
  m.gdt(kTaskGate, gate_to(kSecondTask, 0, kTaskGateType));
  m.poke<u64>(M::kLdt + (kLocalData & 0xf8u), segment_descriptor(0, 0xf'ffff, 0xf2));
  m.poke<u64>(M::kLdt + (kLocalCode & 0xf8u), segment_descriptor(0, 0xf'ffff, 0xfa));
  for (u32 offset = 0; offset < tss32::kSize; offset += 4) m.poke<u32>(kSecondTss + offset, 0);
  m.poke<u32>(kSecondTss + tss32::kEip, kRecover);
  m.poke<u32>(kSecondTss + tss32::kEip + 4, eflags::kReserved1);
  m.poke<u32>(kSecondTss + tss32::kEip + 8 + 4 * 4, M::stack_top(0));
  m.poke<u32>(kSecondTss + tss32::kCr3, M::kTables);
  for (unsigned i = 0; i < 6; ++i)
    m.poke<u32>(kSecondTss + tss32::kEip + 40 + 4 * i, i == 1 ? M::code(0) : M::data(0));
  m.poke<u32>(kSecondTss + tss32::kEsp0, M::stack_top(0));
  m.poke<u32>(kSecondTss + tss32::kEsp0 + 4, M::data(0));
  m.poke<u32>(M::kTss + tss32::kCr3, M::kTables);
  for (u32 offset = 0; offset <= M::kGdtLimit; offset += 8)
    m.poke<u64>(kGdtCopy + offset, m.peek<u64>(M::kGdt + offset));
}

void place_slots(CodeMachine& m, const std::vector<Snippet>& slots) {
  const u32 count = static_cast<u32>(slots.size());
  for (u32 i = 0; i < count; ++i) {
    const u32 next = slot_address((i + 1) % count);
    Emitter e;
    if (!slots[i].bytes.empty()) e.hex("c705").d(kResume).d(next);
    e.bytes.insert(e.bytes.end(), slots[i].bytes.begin(), slots[i].bytes.end());
    e.hex("e9").d(next - (slot_address(i) + static_cast<u32>(e.bytes.size()) + 4));
    REQUIRE(e.bytes.size() <= kSlot);
    place(m, slot_address(i), e.bytes);
  }
}

void place_inner(CodeMachine& m, u32 base, std::span<const Snippet> slots) {
  for (u32 i = 0; i < slots.size(); ++i) {
    Emitter e;
    e.bytes = slots[i].bytes;
    e.hex("cd").b(kRecoverVector);
    REQUIRE(e.bytes.size() <= kSlot);
    place(m, base + kSlot * i, e.bytes);
  }
}

}  // namespace

RandomGuest::RandomGuest(GuestKind kind, u32 seed) : kind_(kind) {
  Random random(seed);
  if (kind == GuestKind::Kernel) {
    slots = random_snippets(random, SnippetPlace::Kernel, kSlots);
    inner_slots = random_snippets(random, SnippetPlace::AnyRing, kInnerSlots);
  } else {
    slots = random_snippets(random, SnippetPlace::RealMode, kSlots);
  }
  const std::vector<Snippet> virtual_8086 = random_snippets(random, SnippetPlace::Virtual8086, kInnerSlots);
  inner_slots.insert(inner_slots.end(), virtual_8086.begin(), virtual_8086.end());
  Ticks tick = 0;
  for (unsigned i = 0; i < 300; ++i) interrupts.push_back(tick += 1 + pick(random, 100));
}

void RandomGuest::install(CodeMachine& machine) const {
  // Where nothing else lies, code that lost its way recovers.
  for (u32 at = M::kCode; at < M::kRamSize; at += 2) {
    if (at < M::stack_top(0) || at >= M::kData) machine.poke<u16>(at, 0xcd | (kRecoverVector << 8));
  }
  if (kind_ == GuestKind::Kernel) {
    install_kernel(machine);
  } else {
    install_real_mode(machine);
  }
  unsigned index = 0;
  for (const Ticks tick : interrupts) {
    // Real-mode code has no handlers while it visits protected mode, and can only hold INTR back.
    const bool nmi = kind_ == GuestKind::Kernel && ++index % 4 == 0;
    machine.at(tick, [&machine, nmi] {
      if (nmi) {
        machine.cpu.pulse_nmi();
      } else {
        machine.interrupt();
      }
    });
  }
}

void RandomGuest::install_kernel(CodeMachine& m) const {
  place_tables(m);
  m.set_ring(0);
  place_handlers(m);
  for (u32 vector = 0; vector < 0x41; ++vector) {
    place_stub(m, vector);
    m.gate(static_cast<u8>(vector), kStubs + kStubSize * vector);
  }
  m.gate(1, kTrace);
  m.gate(2, kReturn);
  m.gate(3, kReturn, 3);
  m.gate(4, kReturn, 3);
  m.gate(kServiceVector, kReturn, 3);
  m.gate(kRecoverVector, kStubs + kStubSize * kRecoverVector, 3);
  m.gate(M::kInterruptVector, kCount);
  for (u32 offset = 0; offset < 0x800; offset += 8)
    m.poke<u64>(kIdtCopy + offset, m.peek<u64>(M::kIdt + offset));
  // Interrupts that VME redirects end at a HLT, which is refused.
  m.poke<u8>(kHalt16, 0xf4);
  for (u32 vector = 0; vector < 0x41; ++vector)
    m.poke<u32>(4 * vector, ((kHalt16 & ~0xfffu) << 12) | (kHalt16 & 0xfff));
  place_slots(m, slots);
  const std::span<const Snippet> inner(inner_slots);
  place_inner(m, kInner, inner.first(kInnerSlots));
  place_inner(m, kInner16, inner.subspan(kInnerSlots));
  m.enable_paging();
}

void RandomGuest::install_real_mode(CodeMachine& m) const {
  place_tables(m);
  m.set_real_mode();
  // Exceptions: mov ax, 0; mov ss; mov ds; mov sp; jmp far to the next slot, which each slot notes.
  Emitter recover;
  recover.hex("5b 31c0 8ed0 8ed8 8ec0 bc0090 b8")
      .w(kVariables >> 4)
      .hex("8ed8 c1060400 05 311e0400 ff2e0000");
  place(m, kRecover, recover.bytes);
  for (u32 vector = 0; vector < 0x41; ++vector) {
    Emitter stub;
    stub.hex("ea").w(kRecover & 0xfff).w((kRecover & ~0xfffu) >> 4);
    place(m, kStubs + kStubSize * vector, stub.bytes);
    m.poke<u32>(4 * vector, kStubs + kStubSize * vector);
  }
  m.place(kReturn, "cf");
  m.place(kFarReturn, "cb");
  for (const u32 vector : {2u, 3u, 4u, u32{kServiceVector}, u32{M::kInterruptVector}})
    m.poke<u32>(4 * vector, ((kReturn & ~0xfffu) << 12) | (kReturn & 0xfff));
  const u32 count = static_cast<u32>(slots.size());
  for (u32 i = 0; i < count; ++i) {
    const u32 next = slot_address((i + 1) % count) - M::kCode;
    Emitter e;
    if (!slots[i].bytes.empty()) {
      // push ds; push ax; mov ax, variables; mov ds, ax; mov [resume], next; pop ax; pop ds
      e.hex("1e 50 b8")
          .w(kVariables >> 4)
          .hex("8ed8 c7060000")
          .w(next)
          .hex("c7060200")
          .w(M::kCode >> 4)
          .hex("58 1f");
    }
    e.bytes.insert(e.bytes.end(), slots[i].bytes.begin(), slots[i].bytes.end());
    e.hex("e9").w(next - (kSlot * i + static_cast<u32>(e.bytes.size()) + 2));
    REQUIRE(e.bytes.size() <= kSlot);
    place(m, slot_address(i), e.bytes);
  }
}

std::string RandomGuest::describe() const {
  std::string text;
  const auto list = [&text](const char* title, const std::vector<Snippet>& snippets) {
    for (std::size_t i = 0; i < snippets.size(); ++i) {
      if (snippets[i].bytes.empty()) continue;
      text += fmt::format("{} {}: {}:", title, i, snippets[i].name);
      for (const u8 byte : snippets[i].bytes) text += fmt::format(" {:02x}", byte);
      text += '\n';
    }
  };
  list("slot", slots);
  list("inner", inner_slots);
  return text;
}

void run_guest(CodeMachine& m, Ticks ticks) {
  const Ticks end = m.cpu.ticks() + ticks;
  while (m.cpu.ticks() < end) {
    const Exit exit = m.run(end - m.cpu.ticks());
    if (exit.reason == ExitReason::Budget) return;
    const Picoseconds wake = m.scheduler.next_deadline();
    if (exit.reason != ExitReason::Halted || wake == kNeverTime) return;
    m.scheduler.skip_to(wake);
  }
}

}  // namespace ringdown::test

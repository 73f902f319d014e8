// Property: whatever the tables, stacks and registers hold, an operation that raises an exception has changed
// nothing, and none of them leaves the machine in an impossible state.
#include <random>

#include "cpu/execution_source.h"
#include "cpu/instruction_table.h"
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

using M = SystemMachine;
using Function = Fault (*)(SystemView&, const Operation&);

struct Named {
  const char* name;
  Function function;
};

#define RINGDOWN_NAMED(function) \
  { #function, function }
constexpr Named kOperations[] = {
    RINGDOWN_NAMED(op_mov_to_sreg), RINGDOWN_NAMED(op_pop_sreg),  RINGDOWN_NAMED(op_push_sreg),
    RINGDOWN_NAMED(op_lds),         RINGDOWN_NAMED(op_lss),       RINGDOWN_NAMED(op_jmp_far),
    RINGDOWN_NAMED(op_call_far),    RINGDOWN_NAMED(op_ret_far),   RINGDOWN_NAMED(op_iret),
    RINGDOWN_NAMED(op_int),         RINGDOWN_NAMED(op_int3),      RINGDOWN_NAMED(op_pushf),
    RINGDOWN_NAMED(op_popf),        RINGDOWN_NAMED(op_sgdt),      RINGDOWN_NAMED(op_sldt),
    RINGDOWN_NAMED(op_lar),         RINGDOWN_NAMED(op_lsl),       RINGDOWN_NAMED(op_verw),
    RINGDOWN_NAMED(op_arpl),        RINGDOWN_NAMED(op_insd),      RINGDOWN_NAMED(op_outsw),
    RINGDOWN_NAMED(op_lldt),        RINGDOWN_NAMED(op_ltr),       RINGDOWN_NAMED(op_sysenter),
    RINGDOWN_NAMED(op_sysexit),     RINGDOWN_NAMED(op_mov_to_cr), RINGDOWN_NAMED(op_mov_from_sreg),
};
#undef RINGDOWN_NAMED

/// Pages 0 to 15 hold everything that is random; page tables lie above.
constexpr u32 kRandomBytes = 0x1'0000;
constexpr u32 kDirectory = 0x30'0000;
constexpr u32 kPageTable = 0x30'1000;

class RandomMachine {
 public:
  explicit RandomMachine(u32 seed) : random_(seed), m_(0) {}

  u32 below(u32 bound) { return random_() % bound; }
  bool one_in(u32 n) { return below(n) == 0; }

  /// Mostly selectors that exist, of any level.
  u16 selector() {
    if (one_in(8)) return static_cast<u16>(random_());
    return static_cast<u16>((below(32) << 3) | (one_in(6) ? 4 : 0) | below(4));
  }

  u64 descriptor() {
    const u8 access = static_cast<u8>(random_() | (one_in(6) ? 0 : access::kPresent));
    const u8 flags = static_cast<u8>(random_() & 0xd);
    if (one_in(2)) {
      // A gate, or a system segment somewhere in the random pages.
      const u64 gate = make_gate(selector(), below(kRandomBytes), access & ~access::kSegment);
      return one_in(2) ? gate
                       : make_descriptor(below(kRandomBytes), below(0x200), access & ~access::kSegment, 0);
    }
    return make_descriptor(one_in(4) ? below(kRandomBytes) : 0, one_in(4) ? below(kRandomBytes) : 0xf'ffff,
                           access, flags);
  }

  void randomize() {
    fill_memory();
    PrivilegedState& s = m_.state;
    s = PrivilegedState{};
    s.gdtr = {M::kGdt, M::kGdtLimit};
    s.idtr = {M::kIdt, static_cast<u16>(one_in(4) ? below(0x800) : 0x7ff)};
    s.cr0 = cr0::kEt | (one_in(8) ? 0 : cr0::kPe);
    s.cr4 = random_() & (cr4::kVme | cr4::kPvi);
    s.flags = random_() & (eflags::kIf | eflags::kIopl | eflags::kVif | eflags::kVip);
    const bool v86 = s.protected_mode() && one_in(4);
    s.cpl = s.protected_mode() ? static_cast<u8>(below(4)) : 0;
    for (SegmentRegister& segment : s.segments) {
      segment = {static_cast<u16>((selector() & ~3u) | s.cpl), {0xc093}, 0, 0xffff'ffff};
      segment.attributes.value |= access::dpl(s.cpl);
    }
    if (v86) {
      s.flags |= eflags::kVm;
      s.cpl = 3;
      for (SegmentRegister& segment : s.segments) segment = v86_segment(static_cast<u16>(below(0x100)));
    }
    s.segment(Segment::Cs).attributes.value |= SegmentAttributes::kCode;
    s.ldtr = {M::kLdtSelector, {0x82}, M::kLdt, 0xff};
    s.tr = {M::kTssSelector,
            {static_cast<u16>(one_in(4) ? 0x83 : 0x8b)},
            M::kTss,
            one_in(4) ? below(0x70) : 0x3ff};
    s.msr.sysenter_cs = selector();
    m_.registers = Registers{};
    for (unsigned i = 0; i < 8; ++i) m_.registers.set(static_cast<Gpr>(i), below(kRandomBytes));
    m_.registers.flags.assign(random_() & ~(eflags::kTf | (one_in(4) ? 0 : eflags::kNt)));
    set_paging();
  }

  Operation operation() {
    Operation op =
        one_in(2) ? register_operand(static_cast<Gpr>(below(8))) : memory_operand(below(kRandomBytes));
    op.size = one_in(2) ? OperandSize::Word : OperandSize::Dword;
    op.number = random_() & 7;
    op.reg = offset_of(static_cast<Gpr>(below(8)));
    op.immediate = below(one_in(2) ? 256 : kRandomBytes);
    op.extra = selector();
    op.address16 = one_in(4);
    op.repeat = one_in(3) ? Repeat::WhileEqual : Repeat::None;
    op.segment = static_cast<Segment>(below(6));
    return op;
  }

  std::vector<u8> contents() {
    std::vector<u8> bytes(kRandomBytes);
    m_.memory.read(GuestPhysical(0), std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  M& machine() { return m_; }

 private:
  void fill_memory() {
    std::vector<u32> words(kRandomBytes / 4);
    for (u32& word : words) word = one_in(2) ? selector() : below(kRandomBytes);
    m_.memory.write(GuestPhysical(0), std::as_bytes(std::span(words)));
    for (u16 i = 0; i < 32; ++i) {
      m_.gdt(static_cast<u16>(8 * i), descriptor());
      m_.ldt(static_cast<u16>(8 * i), descriptor());
    }
    for (unsigned vector = 0; vector < 256; ++vector) m_.idt(static_cast<u8>(vector), descriptor());
  }

  void set_paging() {
    m_.poke<u32>(kDirectory, kPageTable | 7);
    for (u32 page = 0; page < kRandomBytes >> kPageShift; ++page) {
      const u32 rights = one_in(12) ? random_() & 7 : 7;
      m_.poke<u32>(kPageTable + 4 * page, (page << kPageShift) | rights);
    }
    m_.state.cr3 = kDirectory;
    if (m_.state.protected_mode() && one_in(2)) m_.state.cr0 |= cr0::kPg | cr0::kWp;
    m_.backend.paging_changed();
  }

  std::mt19937 random_;
  M m_;
};

/// Accessed bits may be set by an attempt that fails later, as on hardware.
bool same_but_for_accessed_bits(const std::vector<u8>& before, const std::vector<u8>& after,
                                const SegmentRegister& ldtr) {
  for (u32 i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    const bool in_gdt = i >= M::kGdt && i <= M::kGdt + M::kGdtLimit;
    const u32 offset = in_gdt ? i - M::kGdt : i - ldtr.base;
    const bool in_table = in_gdt || offset <= ldtr.limit;
    const bool access_byte = offset % Descriptor::kSize == Descriptor::kAccessByte;
    if (!in_table || !access_byte || after[i] != (before[i] | SegmentAttributes::kAccessed)) return false;
  }
  return true;
}

bool is_possible(const PrivilegedState& s) {
  if (!s.protected_mode()) return s.cpl == 0 && !s.virtual_8086();
  if (s.virtual_8086()) return s.cpl == 3;
  return s.cpl <= 3;
}

}  // namespace

TEST_CASE("An operation that raises an exception has changed nothing") {
  RandomMachine random(20240229);
  M& m = random.machine();
  unsigned raised = 0, completed = 0;
  for (unsigned round = 0; round < 16'000; ++round) {
    // Page tables among the random bytes would get accessed bits of their own.
    if (round % 8 == 0 || m.state.cr3 != kDirectory) random.randomize();
    const Named& operation = kOperations[random.below(std::size(kOperations))];
    const std::vector<u8> before = random.contents();
    const SegmentRegister ldtr = m.state.ldtr;
    INFO("round " << round << " " << operation.name);
    const Fault fault = m.run(operation.function, random.operation());
    REQUIRE(fault.kind != Fault::Kind::Split);
    if (fault.kind == Fault::Kind::Exception) {
      ++raised;
      REQUIRE(same_but_for_accessed_bits(before, random.contents(), ldtr));
    } else {
      ++completed;
    }
    REQUIRE(is_possible(m.state));
  }
  CHECK(raised > 2'000);
  CHECK(completed > 2'000);
}

// What a row does not own up to is not derived anew behind it.
TEST_CASE("A completed operation changed no more of what execution is derived from than its row says") {
  RandomMachine random(20251021);
  M& m = random.machine();
  unsigned completed = 0;
  for (const InstructionRow& row : instruction_table()) {
    if (row.system == nullptr || row.effect == SystemEffect::State) continue;
    for (unsigned round = 0; round < 400; ++round) {
      if (round % 8 == 0) random.randomize();
      const PrivilegedState before = m.state;
      const Flags flags_before = m.registers.flags;
      ExecutionSource source;
      source.update(before, flags_before);
      const Operation op = random.operation();
      INFO(row.name << " round " << round);
      if (m.run(row.system, op)) continue;
      ++completed;
      PrivilegedState after = m.state;
      Flags flags_after = m.registers.flags;
      if (row.effect == SystemEffect::Segment) after.segments[op.number] = before.segments[op.number];
      if (row.effect == SystemEffect::Flags) {
        REQUIRE((after.flags & eflags::kVm) == (before.flags & eflags::kVm));
        after.flags = before.flags;
        flags_after = flags_before;
      }
      REQUIRE(source.matches(after, flags_after));
    }
  }
  CHECK(completed > 2'000);
}

TEST_CASE("Any event in any state is delivered or shuts the processor down") {
  RandomMachine random(19991231);
  M& m = random.machine();
  unsigned shutdowns = 0, delivered = 0;
  for (unsigned round = 0; round < 5'000; ++round) {
    random.randomize();
    m.registers.eip = M::kEip;
    Event event = event_of(Fault::exception(static_cast<Vector>(random.below(20)), random.below(0x1'0000)));
    if (random.one_in(2)) {
      event = Event{};
      event.source = Event::Source::External;
      event.vector = static_cast<u8>(random.below(256));
    }
    const Fault fault = deliver_event(m.view, event);
    REQUIRE((!fault || fault.kind == Fault::Kind::Shutdown));
    REQUIRE(m.state.fault_chain[0] == event.vector);
    REQUIRE(is_possible(m.state));
    ++(fault ? shutdowns : delivered);
  }
  CHECK(shutdowns > 100);
  CHECK(delivered > 100);
}

}  // namespace ringdown::test

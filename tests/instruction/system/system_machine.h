// A processor reduced to what operations on privileged state touch: registers, state, memory, recorded ports.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "cpu/cpu_model.h"
#include "cpu/paging_controls.h"
#include "cpu/system/event.h"
#include "cpu/system/operations.h"
#include "cpu/system/segment_descriptor.h"
#include "cpu/system/task_state.h"
#include "mmu/guest_paging.h"

namespace ringdown::test {

/// Access bytes of descriptors.
namespace access {
inline constexpr u8 kPresent = 0x80;
inline constexpr u8 kSegment = 0x10;
inline constexpr u8 kReadOnly = kPresent | kSegment | 0x0;
inline constexpr u8 kWritable = kPresent | kSegment | 0x2;
inline constexpr u8 kExecuteOnly = kPresent | kSegment | 0x8;
inline constexpr u8 kReadableCode = kPresent | kSegment | 0xa;
inline constexpr u8 kConforming = kPresent | kSegment | 0xe;
inline constexpr u8 dpl(unsigned level) { return static_cast<u8>(level << 5); }
inline constexpr u8 system(SystemType type) { return static_cast<u8>(kPresent | static_cast<u8>(type)); }
}  // namespace access

inline constexpr u8 kFlagsByte = 0;       // 16-bit, byte granular
inline constexpr u8 kFlags32 = 0x4;       // D/B
inline constexpr u8 kFlags32Pages = 0xc;  // D/B and G

constexpr u64 make_descriptor(u32 base, u32 limit, u8 access_byte, u8 flags = kFlags32) {
  return (limit & 0xffff) | (u64{base & 0xff'ffff} << 16) | (u64{access_byte} << 40) |
         (u64{(limit >> 16) & 0xf} << 48) | (u64{flags} << 52) | (u64{base >> 24} << 56);
}
constexpr u64 make_gate(u16 selector, u32 offset, u8 access_byte, u8 parameters = 0) {
  return (offset & 0xffff) | (u64{selector} << 16) | (u64{parameters} << 32) | (u64{access_byte} << 40) |
         (u64{offset >> 16} << 48);
}

/// Acts on physical memory; records what reaches it.
class RecordingBackend final : public SystemBackend {
 public:
  RecordingBackend(MemoryUnit& memory, GuestPaging& paging) : memory_(memory), paging_(paging) {}

  AccessStatus read_table(GuestLinear linear, std::span<std::byte> data) override {
    return memory_.read(linear, Privilege::Supervisor, data);
  }
  AccessStatus write_table(GuestLinear linear, std::span<const std::byte> data) override {
    return memory_.write(linear, Privilege::Supervisor, data);
  }
  void paging_changed() override {
    ++paging_changes;
    paging_.set_controls(paging_controls(*view));
  }
  void invalidate_page(GuestLinear linear) override { invalidated.push_back(linear.value); }
  u32 read_port(IoPort port, Width) override {
    ports_read.push_back(port.value);
    return 0x1122'3344;
  }
  void write_port(IoPort port, Width width, u32 value) override {
    ports_written.push_back({port.value, width, value});
  }
  u64 time_stamp() const override { return tsc; }
  void stall(Ticks instructions) override { stalled += instructions; }
  u64 retired_instructions() const override { return 1000; }
  u64 apic_base() const override { return apic; }
  void set_apic_base(u64 value) override { apic = value; }
  void set_ferr(bool) override {}
  void note_io(const IoInstruction&) override {}
  void set_smi_active(bool active) override { smi_active = active; }
  const CpuModel& model() const override { return *cpu; }

  struct PortWrite {
    u16 port;
    Width width;
    u32 value;
    friend bool operator==(const PortWrite&, const PortWrite&) = default;
  };
  SystemView* view = nullptr;
  const CpuModel* cpu = &CpuModel::standard();
  u64 tsc = 5000;
  Ticks stalled = 0;
  bool smi_active = false;
  u64 apic = 0xfee0'0900;
  unsigned paging_changes = 0;
  std::vector<u32> invalidated;
  std::vector<u16> ports_read;
  std::vector<PortWrite> ports_written;

 private:
  MemoryUnit& memory_;
  GuestPaging& paging_;
};

/// Protected mode with flat segments at a chosen CPL, a GDT, LDT, IDT and 32-bit TSS. Linear is physical.
struct SystemMachine {
  static constexpr u32 kGdt = 0x1000, kIdt = 0x2000, kLdt = 0x3000, kTss = 0x4000, kOperand = 0x8000;
  static constexpr u32 kStack0 = 0x1'0000, kStack1 = 0x1'1000, kStack2 = 0x1'2000, kStack = 0x2'0000;
  static constexpr u32 kEip = 0x5000;
  // GDT: code and data for each level, then what a test puts there.
  static constexpr u16 code(unsigned level) { return static_cast<u16>((1 + 2 * level) * 8 | level); }
  static constexpr u16 data(unsigned level) { return static_cast<u16>((2 + 2 * level) * 8 | level); }
  static constexpr u16 kTssSelector = 9 * 8, kLdtSelector = 10 * 8, kFree = 11 * 8, kFree2 = 12 * 8,
                       kFree3 = 13 * 8;
  static constexpr u16 kGdtLimit = 32 * 8 - 1;

  explicit SystemMachine(unsigned cpl = 0) {
    memory.map_ram(GuestPhysical(0), kRamSize, HostFrame(0));
    unit.set_address_space(paging);
    backend.view = &view;
    for (unsigned level = 0; level < 4; ++level) {
      gdt(code(level),
          make_descriptor(0, 0xf'ffff, access::kReadableCode | access::dpl(level) | 1, kFlags32Pages));
      gdt(data(level),
          make_descriptor(0, 0xf'ffff, access::kWritable | access::dpl(level) | 1, kFlags32Pages));
    }
    gdt(kTssSelector, make_descriptor(kTss, 0x2000, access::system(SystemType::Tss32Busy), kFlagsByte));
    gdt(kLdtSelector, make_descriptor(kLdt, 0xff, access::system(SystemType::Ldt), kFlagsByte));
    state.gdtr = {kGdt, kGdtLimit};
    state.idtr = {kIdt, 0x7ff};
    state.ldtr = loaded(kLdtSelector);
    state.tr = loaded(kTssSelector);
    state.cr0 = cr0::kPe | cr0::kEt;
    const u32 stacks[] = {kStack0, kStack1, kStack2};
    for (unsigned level = 0; level < 3; ++level) {
      poke<u32>(kTss + tss32::kEsp0 + 8 * level, stacks[level]);
      poke<u16>(kTss + tss32::kEsp0 + 8 * level + 4, data(level));
    }
    set_level(cpl);
    registers.set(Gpr::Esp, kStack);
    registers.flags.assign(eflags::kReserved1);
  }

  void set_level(unsigned cpl) {
    state.cpl = static_cast<u8>(cpl);
    for (SegmentRegister& segment : state.segments) segment = loaded(data(cpl));
    state.segment(Segment::Cs) = loaded(code(cpl));
  }
  /// Virtual-8086 mode: CS 1000, SS 2000, DS 3000, ES 4000, FS 5000, GS 6000.
  void set_v86(unsigned iopl) {
    state.flags = eflags::kVm | (iopl << eflags::kIoplShift) | eflags::kIf;
    state.cpl = 3;
    for (const auto& [segment, selector] : kV86Selectors) state.segment(segment) = v86_segment(selector);
    registers.set(Gpr::Esp, 0x0800);
  }
  void set_real() {
    state.cr0 = cr0::kEt;
    state.cpl = 0;
    for (SegmentRegister& segment : state.segments) segment = {0, {0x0093}, 0, 0xffff};
    state.idtr = {0, 0x3ff};
    registers.set(Gpr::Esp, 0x8000);
  }
  void set_iopl(unsigned iopl) {
    state.flags = (state.flags & ~eflags::kIopl) | (iopl << eflags::kIoplShift);
  }

  void gdt(u16 selector, u64 raw) { poke<u64>(kGdt + Selector(selector).offset(), raw); }
  void ldt(u16 selector, u64 raw) { poke<u64>(kLdt + Selector(selector).offset(), raw); }
  void idt(u8 vector, u64 raw) { poke<u64>(kIdt + vector * 8u, raw); }
  u8 access_byte(u16 selector) {
    return peek<u8>(kGdt + Selector(selector).offset() + Descriptor::kAccessByte);
  }
  SegmentRegister loaded(u16 selector) {
    FoundDescriptor found;
    found.descriptor = Descriptor(peek<u64>(kGdt + Selector(selector).offset()));
    return found.loaded(selector);
  }

  template <class T>
  T peek(u32 address) {
    return memory.read_value<T>(GuestPhysical(address));
  }
  template <class T>
  void poke(u32 address, T value) {
    memory.write_value<T>(GuestPhysical(address), value);
  }
  /// `count` words of a stack, top first.
  template <class T>
  std::vector<u32> words(u32 address, unsigned count) {
    std::vector<u32> result;
    for (unsigned i = 0; i < count; ++i) result.push_back(peek<T>(address + i * sizeof(T)));
    return result;
  }

  /// Runs an operation as its callers do: EIP behind it on entry, back at it after a fault. An exception must
  /// have changed no register and no state.
  Fault run(Fault (*operation)(SystemView&, const Operation&), Operation op = Operation()) {
    if (op.length == 0) op.length = 2;
    op.eip = kEip;
    const Saved before = save();
    registers.eip = op.next_eip();
    const Fault fault = operation(view, op);
    if (fault.kind == Fault::Kind::Exception) {
      registers.eip = before.registers.eip;
      CHECK(save() == before);
    }
    return fault;
  }

  struct Saved {
    Registers registers;
    std::array<SegmentRegister, 8> segments;
    std::array<u32, 10> words;
    friend bool operator==(const Saved& a, const Saved& b) {
      return std::memcmp(a.registers.gpr, b.registers.gpr, sizeof(a.registers.gpr)) == 0 &&
             a.registers.eip == b.registers.eip && a.registers.flags.value() == b.registers.flags.value() &&
             a.segments == b.segments && a.words == b.words;
    }
  };
  Saved save() const {
    Saved saved{registers, {}, {}};
    std::copy(state.segments.begin(), state.segments.end(), saved.segments.begin());
    saved.segments[6] = state.ldtr;
    saved.segments[7] = state.tr;
    saved.words = {state.cr0,
                   state.cr2,
                   state.cr3,
                   state.cr4,
                   state.flags,
                   state.cpl,
                   state.dr6,
                   state.dr7,
                   static_cast<u32>(state.shadow),
                   static_cast<u32>(state.activity)};
    return saved;
  }

  static constexpr std::pair<Segment, u16> kV86Selectors[] = {{Segment::Cs, 0x1000}, {Segment::Ss, 0x2000},
                                                              {Segment::Ds, 0x3000}, {Segment::Es, 0x4000},
                                                              {Segment::Fs, 0x5000}, {Segment::Gs, 0x6000}};
  static constexpr u64 kRamSize = u64{4} << 20;

  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kRamSize, 0));
  GuestMemory memory{store, bus};
  MemoryUnit unit{memory};
  GuestPaging paging{memory, unit};
  RecordingBackend backend{unit, paging};
  Registers registers;
  PrivilegedState state;
  SystemView view{registers, state, unit, backend};
};

/// An exception and its error code, for comparisons that print.
struct Raised {
  int vector = -1;  // none
  u32 error_code = 0;
  Raised() = default;
  Raised(Vector v, u32 code = 0) : vector(static_cast<int>(v)), error_code(code) {}
  Raised(const Fault& fault) {
    if (fault.kind != Fault::Kind::Exception) return;
    vector = static_cast<int>(fault.vector);
    error_code = fault.error_code;
  }
  friend bool operator==(const Raised&, const Raised&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Raised& raised) {
    return out << "vector " << raised.vector << " code " << std::hex << raised.error_code << std::dec;
  }
};

inline Operation register_operand(Gpr reg, OperandSize size = OperandSize::Dword) {
  Operation op;
  op.rm = offset_of(reg);
  op.size = size;
  return op;
}
inline Operation memory_operand(u32 address, OperandSize size = OperandSize::Dword) {
  Operation op;
  op.memory = true;
  op.displacement = address;
  op.size = size;
  return op;
}

}  // namespace ringdown::test

// Descriptors, gates and task-state segments (Intel SDM vol. 3A, 3.4.5, 5.8.3, 6.11, 7.2).
#include "frontend/lab/classify/engine/tables.h"

#include <cstring>

#include "cpu/system/segment_descriptor.h"
#include "cpu/system/task_state.h"
#include "frontend/lab/classify/engine/state.h"
#include "mmu/page_entry.h"

namespace ringdown::classify {

namespace {

constexpr u8 kPresentCode = 0x9b, kPresentData = 0x93, kConformingCode = 0x9f, kReadOnlyData = 0x91,
             kExecuteOnlyCode = 0x99, kAbsentData = 0x13, kBusyTss = 0x8b, kAvailableTss = 0x89,
             kTable = 0x82, kCallGate = 0x8c, kInterruptGate = 0x8e, kTaskGateType = 0x85;
constexpr u8 kPages32Bit = 0xc, kAvailableBit = 0x1, kBytes = 0;
constexpr u32 kWhole = 0xf'ffff;

constexpr u8 with_dpl(u8 access, unsigned dpl) { return static_cast<u8>(access | dpl << 5); }

constexpr u64 descriptor(u32 base, u32 limit, u8 access, u8 flags) {
  return (limit & 0xffff) | u64{base & 0xff'ffff} << 16 | u64{access} << 40 | u64{limit >> 16 & 0xf} << 48 |
         u64{flags} << 52 | u64{base >> 24} << 56;
}

constexpr u64 gate(u16 selector, u32 offset, u8 access) {
  return (offset & 0xffff) | u64{selector} << 16 | u64{access} << 40 | u64{offset >> 16} << 48;
}

class Builder {
 public:
  Builder(const Setting& setting, TableImage& image) : setting_(setting), image_(image) {}

  void build_gdt() {
    for (const u32 table : kGdt) build_gdt(table);
  }
  void build_ldt() {
    for (const u32 table : kLdt) build_ldt(table);
  }
  void build_idt() {
    for (const u32 table : kIdt) build_idt(table);
    for (const u32 table : kInterruptVectors) build_vectors(table);
  }
  void build_tss() {
    for (const u32 tss : kTss) build_tss(tss);
    build_other_task();
  }

 private:
  template <class T>
  void put(u32 address, T value) {
    std::memcpy(image_.data() + address, &value, sizeof(T));
  }
  u32 handler() const { return setting_.has(Knob::Idt) ? kOtherHandler : kHandler; }

  /// A segment of the program, as the GDT's contents are now.
  u64 segment(u8 access) const {
    if (!setting_.has(Knob::Gdt)) return descriptor(program_base(setting_), kWhole, access, kPages32Bit);
    // Neither readable code nor writable data.
    return descriptor(program_base(setting_), kWhole - 1, static_cast<u8>(access & ~2u),
                      kPages32Bit | kAvailableBit);
  }

  void build_gdt(u32 table) {
    const auto entry = [&](u16 selector, u64 raw) { put<u64>(table + Selector(selector).offset(), raw); };
    entry(kCode0, segment(kPresentCode));
    entry(kData0, segment(kPresentData));
    entry(kCode1, segment(with_dpl(kPresentCode, 1)));
    entry(kData1, segment(with_dpl(kPresentData, 1)));
    entry(kCode2, segment(with_dpl(kPresentCode, 2)));
    entry(kData2, segment(with_dpl(kPresentData, 2)));
    entry(kCode3, segment(with_dpl(kPresentCode, 3)));
    entry(kData3, segment(with_dpl(kPresentData, 3)));
    entry(kConforming, segment(kConformingCode));
    entry(kReadOnly, segment(kReadOnlyData));
    entry(kExecuteOnly, segment(with_dpl(kExecuteOnlyCode, 3)));
    entry(kAbsent, segment(with_dpl(kAbsentData, 3)));
    entry(kGate0, gate(kCode0, kHandler, kCallGate));
    entry(kGate1, gate(kCode0, kHandler, with_dpl(kCallGate, 1)));
    entry(kGate3, gate(kCode0, kHandler, with_dpl(kCallGate, 3)));
    entry(kTaskGate, gate(kTask2, 0, with_dpl(kTaskGateType, 3)));
    const u64 task = descriptor(kTss[setting_[Knob::TssBase]], kTssLimit, kBusyTss, kBytes);
    entry(kTask, task);
    entry(kTaskAgain, task);
    const u64 other_task = descriptor(kOtherTask, kShortTssLimit, kAvailableTss, kBytes);
    entry(kTask2, other_task);
    entry(kTask2Again, other_task);
    const u64 local = descriptor(kLdt[setting_[Knob::LdtBase]], kLdtLimit, kTable, kBytes);
    entry(kLocalTable, local);
    entry(kLocalTableAgain, local);
    entry(kOtherLocal, descriptor(kLdt[1 - setting_[Knob::LdtBase]], kLdtLimit, kTable, kBytes));
  }

  void build_ldt(u32 table) {
    const u32 base = program_base(setting_) + (setting_.has(Knob::Ldt) ? 0x200 : 0x100);
    const auto entry = [&](u16 selector, u8 access) {
      put<u64>(table + Selector(selector).offset(), descriptor(base, kWhole, access, kPages32Bit));
    };
    entry(kLocalData3, with_dpl(kPresentData, 3));
    entry(kLocalData0, kPresentData);
    entry(kLocalCode3, with_dpl(kPresentCode, 3));
  }

  void build_idt(u32 table) {
    const u8 access = setting_.has(Knob::Idt) ? kInterruptGate : with_dpl(kInterruptGate, 3);
    for (u32 vector = 0; vector < kVectors; ++vector)
      put<u64>(table + 8 * vector, gate(kCode0, handler(), access));
  }

  void build_vectors(u32 table) {
    for (u32 vector = 0; vector < kVectors; ++vector) {
      put<u16>(table + 4 * vector, static_cast<u16>(handler()));
      put<u16>(table + 4 * vector + 2, static_cast<u16>(kProgram[0] >> 4));
    }
  }

  void build_tss(u32 tss) {
    constexpr std::array<u16, 3> kStackSegments = {kData0, kData1 | 1, kData2 | 2};
    const u32 lower = setting_.has(Knob::TssStacks) ? kStacksElsewhere : 0;
    for (u32 ring = 0; ring < kStackSegments.size(); ++ring) {
      put<u32>(tss + tss32::kEsp0 + 8 * ring, kInnerStacks + kInnerStackDistance * ring - lower);
      put<u16>(tss + tss32::kEsp0 + 8 * ring + 4, kStackSegments[ring]);
    }
    put<u16>(tss + tss32::kIoMapBase, kIoMap);
    const u8 bits = setting_.has(Knob::IoBitmap) ? 0x00 : 0xff;
    std::memset(image_.data() + tss + kIoMap, bits, kIoMapBytes - 1);
    put<u8>(tss + kIoMap + kIoMapBytes - 1, 0xff);
  }

  /// What a task switch finds.
  void build_other_task() {
    constexpr u32 kEsp = tss32::kEip + 6 * 4, kSelectors = tss32::kEip + 10 * 4;
    put<u32>(kOtherTask + tss32::kCr3, kPageDirectory[0][0]);
    put<u32>(kOtherTask + tss32::kEip, kHandler);
    put<u32>(kOtherTask + tss32::kEip + 4, 2);
    put<u32>(kOtherTask + kEsp, kStack);
    constexpr std::array<u16, 6> kTaskSelectors = {kData0, kCode0, kData0, kData0, kData0, kData0};
    for (u32 i = 0; i < kTaskSelectors.size(); ++i)
      put<u16>(kOtherTask + kSelectors + 4 * i, kTaskSelectors[i]);
    put<u16>(kOtherTask + tss32::kIoMapBase, kShortTssLimit + 1);
  }

  const Setting& setting_;
  TableImage& image_;
};

/// The knobs that an entry of a table depends on, as one number.
template <class... Knobs>
u32 key_of(const Setting& setting, Knobs... knobs) {
  u32 key = program_base(setting) == kProgram[0] ? 0 : 1;
  ((key = key * 8 + setting[knobs]), ...);
  return key;
}

}  // namespace

bool Tables::update(const Setting& setting) {
  const std::array<u32, 4> keys = {key_of(setting, Knob::Gdt, Knob::LdtBase, Knob::TssBase),
                                   key_of(setting, Knob::Ldt), key_of(setting, Knob::Idt),
                                   key_of(setting, Knob::TssStacks, Knob::IoBitmap)};
  if (built_ && keys == keys_) return false;
  Builder builder(setting, image_);
  if (!built_ || keys[0] != keys_[0]) builder.build_gdt();
  if (!built_ || keys[1] != keys_[1]) builder.build_ldt();
  if (!built_ || keys[2] != keys_[2]) builder.build_idt();
  if (!built_ || keys[3] != keys_[3]) builder.build_tss();
  keys_ = keys;
  built_ = true;
  return true;
}

void write_page_tables(GuestMemory& memory) {
  constexpr u32 kSeen = page_entry::Present::kMask | page_entry::Writable::kMask |
                        page_entry::Accessed::kMask | page_entry::Dirty::kMask;
  constexpr u32 kUser = page_entry::User::kMask;
  for (unsigned root = 0; root < 2; ++root) {
    for (unsigned frames = 0; frames < 2; ++frames)
      memory.write_value<u32>(GuestPhysical(kPageDirectory[root][frames]),
                              kPageTable[frames] | kSeen | kUser);
  }
  for (u32 linear = 0; linear < kProgram[1] + 0x2'0000; linear += kPageSize) {
    const bool is_program = linear >= kProgram[0];
    for (unsigned frames = 0; frames < 2; ++frames) {
      const u32 physical = is_program && frames == 1 ? linear + kOtherFrames : linear;
      memory.write_value<u32>(GuestPhysical(kPageTable[frames] + 4 * (linear >> kPageShift)),
                              physical | kSeen | (is_program ? kUser : 0));
    }
  }
}

}  // namespace ringdown::classify

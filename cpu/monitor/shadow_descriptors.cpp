// The monitor's descriptor tables as the processor sees them.
#include "cpu/monitor/shadow_descriptors.h"

namespace ringdown {

namespace {

using namespace monitor_tables;

constexpr u64 kPresentBit = u64{1} << 47;
constexpr u64 kCodeOrDataBit = u64{1} << 44;
constexpr unsigned kDplShift = 45;
constexpr u32 kTssHeader = 0x68;
constexpr u32 kTssBitmapPointer = 0x66;

u64 system_descriptor(u32 base, u32 limit, u64 type) {
  return (limit & 0xffffu) | (static_cast<u64>(base & 0xff'ffffu) << 16) | (type << 40) | kPresentBit |
         (static_cast<u64>((limit >> 16) & 0xfu) << 48) | (static_cast<u64>(base >> 24) << 56);
}

}  // namespace

void ShadowDescriptors::read(GuestLinear linear, std::span<std::byte> data) {
  for (std::size_t i = 0; i < data.size();) {
    const u32 address = linear.value + static_cast<u32>(i);
    if (address >= kTssBase && address <= kTssBase + kTssLimit) {
      data[i++] = static_cast<std::byte>(tss_byte(address - kTssBase));
      continue;
    }
    const u64 quad = entry(address & ~7u);
    for (u32 byte = address & 7u; byte < 8 && i < data.size(); ++byte, ++i) {
      data[i] = static_cast<std::byte>(quad >> (8 * byte));
    }
  }
}

u64 ShadowDescriptors::entry(u32 linear) {
  if (linear >= kGdtBase && linear <= kGdtBase + kGdtLimit) {
    const u32 offset = linear - kGdtBase;
    if (offset == kTssSelector) return system_descriptor(kTssBase, kTssLimit, 0xb);
    if (offset == kLdtSelector) return system_descriptor(kLdtBase, virtual_.ldtr.limit, 0x2);
    return shadow(virtual_.gdtr.base, virtual_.gdtr.limit, offset);
  }
  if (linear >= kLdtBase && linear <= kLdtBase + 0xffffu) {
    if (!virtual_.ldtr.attributes.present()) return 0;
    return shadow(virtual_.ldtr.base, virtual_.ldtr.limit, linear - kLdtBase);
  }
  if (linear >= kIdtBase && linear <= kIdtBase + kIdtLimit) return gate((linear - kIdtBase) / 8);
  return 0;
}

u64 ShadowDescriptors::shadow(u32 table_base, u32 limit, u32 offset) {
  if (offset + 7 > limit) return 0;
  return deprivileged_descriptor(guest_quad(table_base + offset));
}

u64 ShadowDescriptors::deprivileged_descriptor(u64 guest) const {
  if ((guest & kCodeOrDataBit) == 0) return guest & ~kPresentBit;
  const u8 dpl = physical_ring(static_cast<u8>((guest >> kDplShift) & 3u), deprivilege_);
  return (guest & ~(u64{3} << kDplShift)) | (static_cast<u64>(dpl) << kDplShift);
}

u64 ShadowDescriptors::gate(u32 vector) {
  const InstructionRow* row = find_row("int");
  const bool through =
      row != nullptr && policy_.lets_through(static_cast<InstructionId>(row - instruction_table().data()));
  if (!through || vector * 8 + 7 > virtual_.idtr.limit) return 0;
  const u64 guest = guest_quad(virtual_.idtr.base + vector * 8);
  const u64 dpl = physical_ring(static_cast<u8>((guest >> kDplShift) & 3u), deprivilege_);
  return (guest & ~(u64{3} << kDplShift)) | (dpl << kDplShift);
}

u8 ShadowDescriptors::tss_byte(u32 offset) {
  if (offset >= kTssHeader) return 0xff;
  if (offset == kTssBitmapPointer) return kTssHeader;
  if (offset == kTssBitmapPointer + 1) return 0;
  // The deprivileged ring's stack is the guest's ring 0 stack.
  const u32 slot = 4 + 8u * physical_ring(0, deprivilege_);
  if (deprivilege_ == Deprivilege::Ring1 && offset >= slot && offset < slot + 8) {
    const u32 field = offset - slot;
    u32 value = guest_stack(4 + (field & 4u));
    if (field >= 4) value = (value & ~3u) | physical_ring(value & 3, deprivilege_);
    return static_cast<u8>(value >> (8 * (field & 3u)));
  }
  return 0;
}

u64 ShadowDescriptors::guest_quad(u32 linear) {
  u64 value = 0;
  if (memory_.read_value(GuestLinear(linear), Privilege::Supervisor, value) != AccessStatus::Done) return 0;
  return value;
}

u32 ShadowDescriptors::guest_stack(u32 offset) {
  u32 value = 0;
  if (memory_.read_value(GuestLinear(virtual_.tr.base + offset), Privilege::Supervisor, value) !=
      AccessStatus::Done) {
    return 0;
  }
  return value;
}

}  // namespace ringdown

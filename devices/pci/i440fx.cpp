// 82441FX registers and what they make of the memory map (Intel 290549, "82441FX PCI and Memory Controller").
#include "devices/pci/i440fx.h"

#include <algorithm>

#include "core/bus_master_memory.h"

namespace ringdown {
namespace {

constexpr u8 kPam0 = 0x59;
constexpr u8 kPam6 = 0x5f;
constexpr u8 kDrb0 = 0x60;
constexpr unsigned kDramRows = 8;
constexpr u8 kFdhc = 0x68;
constexpr u8 kSmram = 0x72;
constexpr u8 kTrc = 0x93;

// PAM: one nibble per area.
using ReadEnable = Field<u8, 0>;
using WriteEnable = Field<u8, 1>;
// SMRAM.
using GlobalEnable = Field<u8, 3>;
using Locked = Field<u8, 4>;
using Closed = Field<u8, 5>;
using Open = Field<u8, 6>;
constexpr u8 kSmramReset = 0x02;  // C_BASE_SEG: A0000h
constexpr u8 kSmramWritable = GlobalEnable::kMask | Locked::kMask | Closed::kMask | Open::kMask;
// FDHC.
using HoleEnable = Field<u8, 6, 2>;
// TRC.
using HardReset = Field<u8, 1>;
using ResetProcessor = Field<u8, 2>;

constexpr u32 kFirstMegabyte = 0x10'0000;
constexpr u32 kBaseMemoryEnd = 0xa'0000;
constexpr u64 kRowUnit = u64{8} << 20;       // a DRB counts 8 MiB
constexpr u64 kRowMaximum = u64{128} << 20;  // the largest row the chip drives
constexpr u32 kAreaPages = 4;                // a PAM nibble covers 16 KiB
constexpr u32 kBiosFirstPage = 0xf0, kBiosPages = 0x10;

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, 0x8086},
    {pci_offset::kDeviceId, Width::Word, 0x1237},
    {pci_offset::kCommand, Width::Word, 0x0006, 0x0140},
    {pci_offset::kStatus, Width::Word, 0x0280, 0, 0x7900},
    {pci_offset::kRevision, Width::Byte, 0x02},
    {pci_offset::kClassCode, Width::Dword, 0x060000},
    {pci_offset::kLatencyTimer, Width::Byte, 0, 0xf8},
    {0x50, Width::Word, 0x0000, 0xfffe},     // PMCCFG
    {0x52, Width::Byte, 0x00, 0xc0},         // DETURBO
    {0x53, Width::Byte, 0x80, 0xe0},         // DBC
    {0x54, Width::Byte, 0x00, 0x02},         // AXC
    {0x55, Width::Word, 0x0000, 0xffff},     // DRT
    {0x57, Width::Byte, 0x01, 0xff},         // DRAMC
    {0x58, Width::Byte, 0x10, 0x7f},         // DRAMT
    {0x59, Width::Byte, 0x00, 0xf0},         // PAM0: the low nibble is reserved
    {0x5a, Width::Word, 0x00, 0xffff},       // PAM1, PAM2
    {0x5c, Width::Dword, 0x00, 0xffffffff},  // PAM3 to PAM6
    {kDrb0, Width::Dword, 0x01010101, 0xffffffff},
    {kDrb0 + 4, Width::Dword, 0x01010101, 0xffffffff},
    {kFdhc, Width::Byte, 0x00, HoleEnable::kMask},
    {0x70, Width::Byte, 0x00, 0xf8},  // MTT
    {0x71, Width::Byte, 0x10, 0xff},  // CLT
    {kSmram, Width::Byte, kSmramReset, kSmramWritable},
    {0x90, Width::Byte, 0x00, 0x9b},         // ERRCMD
    {0x91, Width::Word, 0x0000, 0, 0x0013},  // ERRSTS
    {kTrc, Width::Byte, 0x00, 0x0e},
};

bool touches(u8 offset, unsigned length, u8 first, u8 last) {
  return offset <= last && offset + length > first;
}

}  // namespace

I440fx::I440fx(GuestMemory& memory, MachineControl& control, Log& log, std::span<const LegacyRom> roms)
    : PciFunction("i440fx", kRegisters), memory_(memory), control_(control), log_(log) {
  for (const LegacyRom& rom : roms) {
    const u64 first_page = rom.start.value >> kPageShift;
    for (u32 i = 0; i < rom.length >> kPageShift; ++i) {
      if (first_page + i < kLegacyFirstPage || first_page + i >= kLegacyFirstPage + kLegacyPages) continue;
      pci_side_[first_page + i - kLegacyFirstPage] = {rom.first.value + i, GuestMemory::Page::kDiscard};
    }
  }
  memory_.map_ram(GuestPhysical(0), kBaseMemoryEnd, HostFrame(0));
  const u64 ram_size = memory_.store().ram_size();
  if (ram_size > kFirstMegabyte) {
    memory_.map_ram(GuestPhysical(kFirstMegabyte), ram_size - kFirstMegabyte,
                    HostFrame(kFirstMegabyte >> kPageShift));
  }
  size_dram();
  apply_map();
}

void I440fx::reset() {
  PciFunction::reset();
  turbo_reset_ = 0;
  size_dram();
  apply_map();
}

void I440fx::set_smi_active(bool active) {
  smi_active_ = active;
  apply_smram();
}

void I440fx::size_dram() {
  // Firmware that does not probe finds the sizes here: cumulative row boundaries.
  u64 boundary = 0;
  for (unsigned row = 0; row < kDramRows; ++row) {
    boundary = std::min(boundary + kRowMaximum, memory_.store().ram_size());
    set_config_byte(static_cast<u8>(kDrb0 + row), static_cast<u8>(std::min<u64>(boundary / kRowUnit, 0xff)));
  }
}

void I440fx::config_written(u8 offset, unsigned length) {
  if (touches(offset, length, kPam0, kPam6) || touches(offset, length, kSmram, kSmram)) apply_map();
  if (touches(offset, length, kFdhc, kFdhc) && HoleEnable::get(config_byte(kFdhc)) != 0) {
    log_.unimplemented(LogCategory::Pci, "i440fx: fixed DRAM hole (FDHC)");
  }
  if (touches(offset, length, kTrc, kTrc)) {
    const bool rising = !ResetProcessor::get(turbo_reset_) && ResetProcessor::get(config_byte(kTrc));
    turbo_reset_ = config_byte(kTrc);
    if (!rising) return;
    if (HardReset::get(turbo_reset_)) {
      control_.request_reset();
    } else {
      control_.request_processor_reset();
    }
  }
}

void I440fx::config_restored() {
  turbo_reset_ = config_byte(kTrc);
  apply_map();
}

void I440fx::apply_map() {
  apply_pam(static_cast<u8>(config_byte(kPam0) >> 4), kBiosFirstPage, kBiosPages);
  for (u8 offset = kPam0 + 1; offset <= kPam6; ++offset) {
    const u32 first_page = kLegacyFirstPage + 2 * kAreaPages * (offset - kPam0 - 1u);
    apply_pam(config_byte(offset) & 0x0f, first_page, kAreaPages);
    apply_pam(static_cast<u8>(config_byte(offset) >> 4), first_page + kAreaPages, kAreaPages);
  }
  apply_smram();
}

void I440fx::apply_pam(u8 attributes, u32 first_page, u32 pages) {
  for (u32 number = first_page; number < first_page + pages; ++number) {
    GuestMemory::Page page = pci_side_[number - kLegacyFirstPage];
    if (ReadEnable::get(attributes)) page.read_frame = number;
    if (WriteEnable::get(attributes)) page.write_frame = number;
    const GuestPhysical start(u64{number} << kPageShift);
    if (memory_.page(start) != page) memory_.map(start, kPageSize, page);
  }
}

void I440fx::apply_smram() {
  const u8 smram = config_byte(kSmram);
  if (Locked::get(smram)) set_config_byte(kSmram, Open::with(smram, false));
  set_writable_byte(kSmram, Locked::get(smram) ? Closed::kMask : kSmramWritable);

  // D_OPEN shows it always, system management mode as long as D_CLS does not hide it. D_CLS hides only data;
  // code fetches alone from the window are not told apart here, so it closes it.
  const u8 now = config_byte(kSmram);
  const bool open = GlobalEnable::get(now) && (Open::get(now) || smi_active_) && !Closed::get(now);
  if (open == smram_open_) return;
  smram_open_ = open;
  if (open) {
    memory_.map_ram(kVideoWindow, kVideoWindowLength, HostFrame(kVideoWindow.value >> kPageShift));
  } else {
    memory_.map_device(kVideoWindow, kVideoWindowLength);
  }
}

}  // namespace ringdown

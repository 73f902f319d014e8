// PIIX4 power management registers (Intel 290562, chapter 7; ACPI 1.0, section 4.7).
#include "devices/power/piix4_pm.h"

#include <fmt/core.h>

namespace ringdown {
namespace {

// Configuration space.
constexpr u8 kPmba = 0x40;
constexpr u8 kDevactB = 0x58;
constexpr u8 kPmRegMisc = 0x80;
constexpr u8 kSmbba = 0x90;
constexpr u8 kSmbHstCfg = 0xd2;
constexpr u32 kPmbaAddress = 0xffc0;
constexpr u32 kSmbbaAddress = 0xfff0;
using PmIoEnable = Field<u8, 0>;   // PMREGMISC.PMIOSE
using SmbusEnable = Field<u8, 0>;  // SMBHSTCFG.SMB_HST_EN
using ApmcEnable = Field<u8, 1>;   // DEVACTB.APMC_EN in the register's highest byte

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, 0x8086},
    {pci_offset::kDeviceId, Width::Word, 0x7113},
    {pci_offset::kCommand, Width::Word, 0x0000, 0x0001},
    {pci_offset::kStatus, Width::Word, 0x0280, 0, 0x0800},
    {pci_offset::kRevision, Width::Byte, 0x03},
    {pci_offset::kClassCode + 1, Width::Word, 0x0680},
    {pci_offset::kInterruptLine, Width::Byte, 0x00, 0xff},
    {pci_offset::kInterruptPin, Width::Byte, 0x01},
    {kPmba, Width::Dword, 0x00000001, kPmbaAddress},
    {0x44, Width::Dword, 0x00000000, 0xffffffff},  // CNTA
    {0x48, Width::Dword, 0x00000000, 0xffffffff},  // CNTB
    {0x4c, Width::Dword, 0x00000000, 0xffffffff},  // GPICTL
    {0x50, Width::Dword, 0x00000000, 0x00ffffff},  // DEVRESD
    {0x54, Width::Dword, 0x00000000, 0xffffffff},  // DEVACTA
    {kDevactB, Width::Dword, 0x00000000, 0xffffffff},
    {0x5c, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESA
    {0x60, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESB
    {0x64, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESC
    {0x68, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESE
    {0x6c, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESF
    {0x70, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESG
    {0x74, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESH
    {0x78, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESI
    {0x7c, Width::Dword, 0x00000000, 0xffffffff},  // DEVRESJ
    {kPmRegMisc, Width::Byte, 0x00, PmIoEnable::kMask},
    {kSmbba, Width::Dword, 0x00000001, kSmbbaAddress},
    {kSmbHstCfg, Width::Byte, 0x00, 0x0f},
    {0xd3, Width::Byte, 0x00, 0xff},  // SMBSLVC
    {0xd4, Width::Byte, 0x00, 0xff},  // SMBSHDW1
    {0xd5, Width::Byte, 0x00, 0xff},  // SMBSHDW2
};

// Power management I/O block. Offsets of 16-bit registers unless told otherwise.
constexpr u8 kPmSts = 0x00;
constexpr u8 kPmEn = 0x02;
constexpr u8 kPmCntrl = 0x04;
constexpr u8 kPmTmr = 0x08;  // 32 bits
constexpr u8 kGlbSts = 0x18;
constexpr u8 kGlbCtl = 0x28;            // 32 bits
constexpr u16 kTimerOverflow = 0x0001;  // TMROF_STS, TMROF_EN
constexpr u16 kGlobal = 0x0020;         // GBL
constexpr u16 kPowerButton = 0x0100;    // PWRBTN
constexpr u16 kRtc = 0x0400;            // RTC
constexpr u16 kWake = 0x8000;           // RSM_STS
constexpr u16 kSciEnable = 0x0001;      // PMCNTRL.SCI_EN
constexpr u16 kApmStatus = 0x0020;      // GLBSTS.APM_STS
constexpr u16 kSmiEnable = 0x0001;      // GLBCTL.SMI_EN
using EndOfSmi = Field<u8, 0>;          // GLBCTL.EOS in the register's third byte
constexpr u8 kEndOfSmi = kGlbCtl + 2;
using SuspendType = Field<u8, 2, 3>;  // PMCNTRL.SUS_TYP in the register's high byte
using SuspendEnable = Field<u8, 5>;   // PMCNTRL.SUS_EN, likewise

/// One register of the block: bits that a write replaces, and bits that writing 1 clears.
struct PmRegister {
  u8 offset;
  u8 bytes;
  u32 writable;
  u32 write_one_clears;
};
constexpr PmRegister kPmRegisters[] = {
    {kPmSts, 2, 0, kTimerOverflow | kGlobal | kPowerButton | kRtc | kWake},
    {kPmEn, 2, kTimerOverflow | kGlobal | kPowerButton | kRtc, 0},
    {kPmCntrl, 2, 0x1c07, 0},
    {0x0c, 2, 0, 0x0f81},      // GPSTS
    {0x0e, 2, 0x0f01, 0},      // GPEN
    {0x10, 4, 0x00023e1e, 0},  // PCNTRL
    {kGlbSts, 2, 0, 0x0d7f},
    {0x1c, 4, 0, 0x3fff00ff},  // DEVSTS
    {0x20, 2, 0x0d7f, 0},      // GLBEN
    {kGlbCtl, 4, 0x0700ff07, 0},
    {0x2c, 4, 0xffffffff, 0},  // DEVCTL
    {0x34, 4, 0x7fffffff, 0},  // GPOREG
};

struct ByteMasks {
  u8 writable = 0;
  u8 write_one_clears = 0;
};
constexpr std::array<ByteMasks, 64> pm_masks() {
  std::array<ByteMasks, 64> masks{};
  for (const PmRegister& reg : kPmRegisters) {
    for (unsigned i = 0; i < reg.bytes; ++i) {
      masks[reg.offset + i] = {static_cast<u8>(reg.writable >> (8 * i)),
                               static_cast<u8>(reg.write_one_clears >> (8 * i))};
    }
  }
  return masks;
}
constexpr std::array<ByteMasks, 64> kPmMasks = pm_masks();

constexpr u64 kTimerHertz = 3'579'545;
constexpr unsigned kTimerTopBit = 23;  // the counter has 24 bits; its overflow status tells of this bit

// SMBus host registers.
constexpr u32 kSmbHstSts = 0;
constexpr u32 kSmbHstCnt = 2;
constexpr u8 kSmbDeviceError = 0x04;
constexpr u8 kSmbStart = 0x40;

// What the firmware's ACPI tables tell operating systems to write to APMC.
constexpr u8 kAcpiEnable = 0xf1;
constexpr u8 kAcpiDisable = 0xf0;

template <std::size_t N>
u64 read_bytes(const std::array<u8, N>& bytes, u32 offset, Width width) {
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width) && offset + i < N; ++i) value |= u64{bytes[offset + i]} << (8 * i);
  return value;
}

}  // namespace

Piix4Pm::Piix4Pm(Scheduler& scheduler, MachineControl& control, Log& log, InterruptLine sci)
    : PciFunction("piix4-pm", kRegisters),
      scheduler_(scheduler),
      control_(control),
      log_(log),
      sci_(sci),
      overflow_(scheduler.add("pm", 0, [this](Picoseconds) { timer_overflow(); })) {
  pm_index_ = add_window(PciSpace::Io, kPmLength, &pm_window_, kPmba);
  smbus_index_ = add_window(PciSpace::Io, kSmbusLength, &smbus_window_, kSmbba);
  schedule_overflow();
}

void Piix4Pm::reset() {
  PciFunction::reset();
  pm_.fill(0);
  smbus_.fill(0);
  apm_.fill(0);
  gpe_.fill(0);
  end_of_smi_used_ = false;
  schedule_overflow();
  update_sci();
}

std::optional<u32> Piix4Pm::window_base(std::size_t index) const {
  if (index == pm_index_) {
    const u32 base = config_dword(kPmba) & kPmbaAddress;
    if (!PmIoEnable::get(config_byte(kPmRegMisc)) || base == 0) return std::nullopt;
    return base;
  }
  const u32 base = config_dword(kSmbba) & kSmbbaAddress;
  const bool enabled = SmbusEnable::get(config_byte(kSmbHstCfg)) &&
                       pci_command::IoSpace::get(config_word(pci_offset::kCommand));
  if (!enabled || base == 0) return std::nullopt;
  return base;
}

// --- Power management block -------------------------------------------------------------------------------

u16 Piix4Pm::pm_word(u8 offset) const { return static_cast<u16>(read_bytes(pm_, offset, Width::Word)); }

void Piix4Pm::set_pm_bits(u8 offset, u16 bits) {
  pm_[offset] = static_cast<u8>(pm_[offset] | bits);
  pm_[offset + 1u] = static_cast<u8>(pm_[offset + 1u] | bits >> 8);
}

u32 Piix4Pm::timer() const {
  return static_cast<u32>(cycles_in(scheduler_.now(), kTimerHertz)) & ((2u << kTimerTopBit) - 1);
}

u64 Piix4Pm::read_pm(u32 offset, Width width) {
  std::array<u8, kPmLength> now = pm_;
  const u32 count = timer();
  for (unsigned i = 0; i < 4; ++i) now[kPmTmr + i] = static_cast<u8>(count >> (8 * i));
  return read_bytes(now, offset, width);
}

void Piix4Pm::write_pm(u32 offset, Width width, u64 value) {
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kPmLength; ++i) {
    const u32 at = offset + i;
    const u8 byte = static_cast<u8>(value >> (8 * i));
    const ByteMasks masks = kPmMasks[at];
    pm_[at] = static_cast<u8>((pm_[at] & ~masks.writable & ~(byte & masks.write_one_clears)) |
                              (byte & masks.writable));
    if (at == kPmCntrl + 1 && SuspendEnable::get(byte)) suspend(SuspendType::get(byte));
    if (at == kEndOfSmi && EndOfSmi::get(byte)) end_smi();
  }
  update_sci();
}

void Piix4Pm::suspend(u8 type) {
  // The firmware's tables give type 0 for S5 and 2 for S4; both end with the power off.
  constexpr u8 kSoftOff = 0, kHibernate = 2;
  log_.write(LogCategory::Power, "suspend type {}", type);
  if (type == kSoftOff || type == kHibernate) {
    control_.request_power_off();
    return;
  }
  log_.unimplemented(LogCategory::Power, fmt::format("sleep state with SUS_TYP {}: wakes up at once", type));
  set_pm_bits(kPmSts, kWake);
}

void Piix4Pm::schedule_overflow() {
  const u64 half_periods = cycles_in(scheduler_.now(), kTimerHertz) >> kTimerTopBit;
  scheduler_.schedule(overflow_, time_of_cycle((half_periods + 1) << kTimerTopBit, kTimerHertz));
}

void Piix4Pm::timer_overflow() {
  set_pm_bits(kPmSts, kTimerOverflow);
  schedule_overflow();
  update_sci();
}

void Piix4Pm::press_power_button() {
  set_pm_bits(kPmSts, kPowerButton);
  update_sci();
  if (button_requests_smi()) raise_smi();
}

bool Piix4Pm::power_button_enabled() const {
  return (pm_word(kPmCntrl) & kSciEnable) != 0 && (pm_word(kPmEn) & kPowerButton) != 0;
}

void Piix4Pm::update_sci() {
  const u16 fixed = pm_word(kPmSts) & pm_word(kPmEn);
  const bool general = (gpe_[0] & gpe_[2]) != 0 || (gpe_[1] & gpe_[3]) != 0;
  const bool request = (pm_word(kPmCntrl) & kSciEnable) != 0 && (fixed != 0 || general);
  sci_.set(request ? Level::High : Level::Low);
}

// --- SMBus, APM, general purpose events -------------------------------------------------------------------

u64 Piix4Pm::read_smbus(u32 offset, Width width) { return read_bytes(smbus_, offset, width); }

void Piix4Pm::write_smbus(u32 offset, Width width, u64 value) {
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kSmbusLength; ++i) {
    const u32 at = offset + i;
    const u8 byte = static_cast<u8>(value >> (8 * i));
    if (at == kSmbHstSts) {
      smbus_[at] = static_cast<u8>(smbus_[at] & ~byte);
    } else if (at == kSmbHstCnt) {
      smbus_[at] = static_cast<u8>(byte & ~kSmbStart);
      // No device is on the bus: every address goes unacknowledged.
      if ((byte & kSmbStart) != 0) smbus_[kSmbHstSts] = kSmbDeviceError;
    } else {
      smbus_[at] = byte;
    }
  }
}

u64 Piix4Pm::read_apm(u32 offset, Width width) { return read_bytes(apm_, offset, width); }

void Piix4Pm::write_apm(u32 offset, Width width, u64 value) {
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kApmLength; ++i) {
    apm_[offset + i] = static_cast<u8>(value >> (8 * i));
  }
  if (offset != 0) return;
  // On the real board the SMI handler switches between ACPI and legacy mode. That of Debian's firmware leaves
  // it to the board.
  if (apm_[0] == kAcpiEnable) {
    set_pm_bits(kPmCntrl, kSciEnable);
  } else if (apm_[0] == kAcpiDisable) {
    pm_[kPmCntrl] = static_cast<u8>(pm_[kPmCntrl] & ~kSciEnable);
  }
  update_sci();
  if (!ApmcEnable::get(config_byte(kDevactB + 3))) return;
  set_pm_bits(kGlbSts, kApmStatus);
  raise_smi();
}

// In legacy mode (11.6.1).
bool Piix4Pm::button_requests_smi() const {
  const bool legacy = (pm_word(kPmCntrl) & kSciEnable) == 0;
  return legacy && (pm_word(kPmSts) & pm_word(kPmEn) & kPowerButton) != 0;
}

bool Piix4Pm::smi_requested() const {
  const bool command = ApmcEnable::get(config_byte(kDevactB + 3)) && (pm_word(kGlbSts) & kApmStatus) != 0;
  return command || button_requests_smi();
}

// By the data sheet (11.5.1) there is no SMI before EOS has been set, and none between an SMI, which clears
// it, and the next time that it is set. Debian's firmware, which is made for boards that ignore EOS, never
// sets it and needs SMIs all the same: it counts from when it is set first.
void Piix4Pm::raise_smi() {
  if ((pm_word(kGlbCtl) & kSmiEnable) == 0 || pins_ == nullptr) return;
  if (end_of_smi_used_ && !EndOfSmi::get(pm_[kEndOfSmi])) return;
  pm_[kEndOfSmi] = EndOfSmi::with(pm_[kEndOfSmi], false);
  pins_->pulse_smi();
}

// It stays clear while a cause waits, which raises an SMI anew.
void Piix4Pm::end_smi() {
  end_of_smi_used_ = true;
  pm_[kEndOfSmi] = EndOfSmi::with(pm_[kEndOfSmi], true);
  if (!smi_requested()) return;
  raise_smi();
  pm_[kEndOfSmi] = EndOfSmi::with(pm_[kEndOfSmi], false);
}

u64 Piix4Pm::read_gpe(u32 offset, Width width) { return read_bytes(gpe_, offset, width); }

void Piix4Pm::write_gpe(u32 offset, Width width, u64 value) {
  constexpr u32 kEnable = 2;  // status before it is cleared by writing 1
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kGpeLength; ++i) {
    const u8 byte = static_cast<u8>(value >> (8 * i));
    u8& target = gpe_[offset + i];
    target = offset + i < kEnable ? static_cast<u8>(target & ~byte) : byte;
  }
  update_sci();
}

void Piix4Pm::serialize(Archive& archive) {
  PciFunction::serialize(archive);
  archive(pm_, smbus_, apm_, gpe_);
  if (archive.version() >= kEndOfSmiObeyed) archive(end_of_smi_used_);
  if (archive.loading()) update_sci();
}

}  // namespace ringdown

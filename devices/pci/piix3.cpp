// PIIX3 registers: PIRQ routing and RCR act, the rest is storage (Intel 290550, chapter 2.2).
#include "devices/pci/piix3.h"

namespace ringdown {
namespace {

constexpr u8 kPirqA = 0x60;
constexpr unsigned kIsaInterrupts = 16;
constexpr unsigned kSciInterrupt = 9;

// PIRQRC.
using RoutedIrq = Field<u8, 0, 4>;
using RoutingDisabled = Field<u8, 7>;
constexpr u32 kPirqReset = 0x80808080;
constexpr u32 kPirqWritable = 0x8f8f8f8f;
// IRQ 0, 1, 2, 8 and 13 are reserved as targets.
constexpr u16 kRoutable = 0xdef8;

// RCR.
using HardReset = Field<u8, 1>;
using ResetProcessor = Field<u8, 2>;
constexpr u8 kRcrWritable = 0x06;

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, 0x8086},
    {pci_offset::kDeviceId, Width::Word, 0x7000},
    {pci_offset::kCommand, Width::Word, 0x0007, 0x0008},
    {pci_offset::kStatus, Width::Word, 0x0200, 0, 0x7800},
    {pci_offset::kClassCode, Width::Byte, 0x00},
    {pci_offset::kClassCode + 1, Width::Word, 0x0601},
    {pci_offset::kHeaderType, Width::Byte, 0x80},  // multifunction
    {0x4c, Width::Byte, 0x4d, 0x7f},               // IORT
    {0x4e, Width::Word, 0x0003, 0x01ff},           // XBCS
    {kPirqA, Width::Dword, kPirqReset, kPirqWritable},
    {0x69, Width::Byte, 0x02, 0xfe},               // TOM
    {0x6a, Width::Word, 0x0000, 0x8095},           // MSTAT
    {0x70, Width::Word, 0x8080, 0xefef},           // MBIRQ0, MBIRQ1
    {0x76, Width::Word, 0x0c0c, 0x8787},           // MBDMA0, MBDMA1
    {0x78, Width::Word, 0x0002, 0xfffe},           // PCSC
    {0x80, Width::Byte, 0x00, 0x7f},               // APICBASE
    {0x82, Width::Byte, 0x00, 0x0f},               // DLC
    {0xa0, Width::Byte, 0x08, 0x1f},               // SMICNTL
    {0xa2, Width::Word, 0x0000, 0x01ff},           // SMIEN
    {0xa4, Width::Dword, 0x00000000, 0xfffffff9},  // SEE
    {0xa8, Width::Byte, 0x0f, 0xff},               // FTMR
    {0xaa, Width::Word, 0x0000, 0x01ff},           // SMIREQ: cleared by writing zeroes
    {0xac, Width::Byte, 0x00, 0xff},               // CTLTMR
    {0xae, Width::Byte, 0x00, 0xff},               // CTHTMR
};

}  // namespace

Piix3::Piix3(InterruptSink& isa_interrupts, MachineControl& control, Log& log)
    : PciFunction("piix3", kRegisters), isa_interrupts_(isa_interrupts), control_(control), log_(log) {}

void Piix3::reset() {
  PciFunction::reset();
  reset_control_ = 0;
  drive_outputs();
}

void Piix3::set_input(unsigned pin, Level level) {
  if (pin >= inputs_.size() || inputs_[pin] == (level == Level::High)) return;
  const bool high = level == Level::High;
  inputs_[pin] = high;
  if (pin != kSciInput) {
    // The board turns the four pins of each slot on by one, so that slots with one interrupt spread out.
    const unsigned pirq = ((pin >> 5) - 1 + (pin & 3)) % kPirqs;
    asserted_[pirq] = static_cast<u16>(high ? asserted_[pirq] + 1 : asserted_[pirq] - 1);
  }
  drive_outputs();
}

void Piix3::config_written(u8 offset, unsigned length) {
  if (offset < kPirqA + kPirqs && offset + length > kPirqA) drive_outputs();
}

void Piix3::drive_outputs() {
  u16 wanted = inputs_[kSciInput] ? u16{1} << kSciInterrupt : 0;
  for (unsigned i = 0; i < kPirqs; ++i) {
    const u8 route = config_byte(static_cast<u8>(kPirqA + i));
    if (asserted_[i] == 0 || RoutingDisabled::get(route)) continue;
    wanted = static_cast<u16>(wanted | ((1u << RoutedIrq::get(route)) & kRoutable));
  }
  const u16 changed = driven_ ^ wanted;
  driven_ = wanted;
  for (unsigned irq = 0; irq < kIsaInterrupts; ++irq) {
    if ((changed >> irq & 1) != 0) {
      isa_interrupts_.set_input(irq, (wanted >> irq & 1) != 0 ? Level::High : Level::Low);
    }
  }
}

u64 Piix3::read_reset_control(u32, Width) { return reset_control_; }

void Piix3::write_reset_control(u32, Width, u64 value) {
  const u8 previous = reset_control_;
  reset_control_ = static_cast<u8>(value & kRcrWritable);
  if (ResetProcessor::get(previous) || !ResetProcessor::get(reset_control_)) return;
  log_.write(LogCategory::Power, "reset by RCR (CF9h): {:02x}", reset_control_);
  if (HardReset::get(reset_control_)) {
    control_.request_reset();
  } else {
    control_.request_processor_reset();
  }
}

void Piix3::serialize(Archive& archive) {
  PciFunction::serialize(archive);
  archive(reset_control_);
}

}  // namespace ringdown

// The VGA as a PCI function: the display adapter that firmware and drivers know as 1234:1111.
#include "devices/display/vga_pci.h"

namespace ringdown {

namespace {

constexpr u32 kDisplayClass = 0x0300;     // VGA compatible controller
constexpr u32 kCommandWritable = 0x0003;  // I/O and memory decoding

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, VgaPci::kVendorId},
    {pci_offset::kDeviceId, Width::Word, VgaPci::kDeviceId},
    {pci_offset::kCommand, Width::Word, 0x0000, kCommandWritable},
    {pci_offset::kRevision, Width::Byte, 0x02},
    {pci_offset::kClassCode, Width::Byte, 0x00},
    {pci_offset::kClassCode + 1, Width::Word, kDisplayClass},
    {pci_offset::kInterruptLine, Width::Byte, 0x00, 0xff},
};

}  // namespace

VgaPci::VgaPci(Vga& vga, std::vector<u8> rom) : PciFunction("vga", kRegisters), rom_(std::move(rom)) {
  add_bar(kFramebufferBar, PciSpace::PrefetchableMemory, Vga::kMemorySize, &vga.framebuffer(), Width::Qword);
  add_bar(kRegisterBar, PciSpace::Memory, Vga::kRegisterBarSize, &vga.register_bar());
  if (!rom_.empty()) add_rom(rom_.size(), &rom_);
}

}  // namespace ringdown

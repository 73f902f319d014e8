// Configuration space access through the register table, and where base address registers place windows.
#include "core/pci_function.h"

namespace ringdown {
namespace {

constexpr u32 kIoBar = 1;             // bit 0: I/O space indicator
constexpr u32 kPrefetchableBar = 8;   // bit 3 of a memory base address register
constexpr u32 kRomEnable = 1;         // bit 0 of the expansion ROM register
constexpr u32 kRomAddress = ~0x7ffu;  // bits 31:11
constexpr u64 kIoLimit = 0x1'0000;
constexpr u64 kMemoryLimit = 0xffff'ffff;

constexpr u32 type_bits(PciSpace space) {
  switch (space) {
    case PciSpace::Io:
      return kIoBar;
    case PciSpace::PrefetchableMemory:
      return kPrefetchableBar;
    case PciSpace::Memory:
    case PciSpace::Rom:
      return 0;
  }
  return 0;
}

}  // namespace

PciFunction::PciFunction(std::string name, std::span<const PciRegister> registers) : name_(std::move(name)) {
  for (const PciRegister& reg : registers) declare(reg);
  config_ = reset_;
}

void PciFunction::declare(const PciRegister& reg) {
  for (unsigned i = 0; i < bytes_of(reg.width) && reg.offset + i < config_.size(); ++i) {
    reset_[reg.offset + i] = static_cast<u8>(reg.reset >> (8 * i));
    writable_[reg.offset + i] = static_cast<u8>(reg.writable >> (8 * i));
    write_one_clears_[reg.offset + i] = static_cast<u8>(reg.write_one_clears >> (8 * i));
  }
}

std::size_t PciFunction::add_bar(unsigned bar, PciSpace space, u32 size, BusRange* range, Width widest) {
  const u8 offset = static_cast<u8>(pci_offset::kBaseAddress0 + 4 * bar);
  declare({offset, Width::Dword, type_bits(space), ~(size - 1)});
  return add_window(space, size, range, offset, widest);
}

std::size_t PciFunction::add_rom(u32 size, BusRange* range) {
  declare({pci_offset::kExpansionRom, Width::Dword, 0, ~(size - 1) | kRomEnable});
  return add_window(PciSpace::Rom, size, range, pci_offset::kExpansionRom);
}

std::size_t PciFunction::add_window(PciSpace space, u32 length, BusRange* range, u8 config_offset,
                                    Width widest) {
  config_ = reset_;
  windows_.push_back({space, length, range, widest, config_offset, std::nullopt});
  return windows_.size() - 1;
}

u32 PciFunction::read_config(u8 offset, Width width) const {
  u32 value = 0;
  for (unsigned i = 0; i < bytes_of(width) && offset + i < config_.size(); ++i) {
    value |= static_cast<u32>(config_[offset + i]) << (8 * i);
  }
  return value;
}

void PciFunction::write_config(u8 offset, Width width, u32 value) {
  unsigned length = 0;
  for (; length < bytes_of(width) && offset + length < config_.size(); ++length) {
    const std::size_t at = offset + length;
    const u8 byte = static_cast<u8>(value >> (8 * length));
    config_[at] = static_cast<u8>((config_[at] & ~writable_[at]) | (byte & writable_[at]));
    config_[at] = static_cast<u8>(config_[at] & ~(byte & write_one_clears_[at]));
  }
  config_written(offset, length);
}

void PciFunction::config_written(u8, unsigned) {}

void PciFunction::config_read_begins(u8, unsigned) {}

void PciFunction::window_attached(std::size_t, u32) {}

void PciFunction::window_detached(std::size_t, u32) {}

void PciFunction::reset() { config_ = reset_; }

std::optional<u32> PciFunction::window_base(std::size_t index) const {
  const PciWindow& window = windows_[index];
  const u16 command = config_word(pci_offset::kCommand);
  const u32 reg = config_dword(window.config_offset);
  const bool io = window.space == PciSpace::Io;
  if (io ? !pci_command::IoSpace::get(command) : !pci_command::MemorySpace::get(command)) return std::nullopt;
  if (window.space == PciSpace::Rom && (reg & kRomEnable) == 0) return std::nullopt;

  const u32 base = reg & (io ? ~3u : window.space == PciSpace::Rom ? kRomAddress : ~15u);
  // Zero means not yet assigned, and the top of the space is what the sizing protocol leaves behind for a
  // moment; neither is a place that firmware chooses.
  const u64 end = u64{base} + window.length;
  if (base == 0 || end > (io ? kIoLimit : kMemoryLimit)) return std::nullopt;
  return base;
}

void PciFunction::serialize(Archive& archive) {
  archive(config_);
  if (archive.loading()) config_restored();
}

}  // namespace ringdown

// The 82441FX host bridge: shadow RAM (PAM), system management RAM window and DRAM sizes.
#pragma once

#include <array>
#include <span>

#include "core/log.h"
#include "core/machine_control.h"
#include "core/memory.h"
#include "core/pci_function.h"

namespace ringdown {

/// Decides where the first megabyte leads. Guest RAM below 4 GiB lies at host frame = guest page number.
class I440fx final : public PciFunction {
 public:
  /// ROM that answers below 1 MiB while PAM sends reads to PCI: page multiples within C0000h to FFFFFh.
  struct LegacyRom {
    GuestPhysical start;
    u64 length;
    HostFrame first;
  };

  /// Maps RAM of the whole store and the legacy area of `roms`; the machine maps ROM below 4 GiB itself.
  I440fx(GuestMemory& memory, MachineControl& control, Log& log, std::span<const LegacyRom> roms);

  void reset() override;
  /// SMIACT#: in system management mode the processor sees SMRAM, if it is enabled. Bus masters never do
  /// (BusMasterMemory).
  void set_smi_active(bool active);

  ChunkTag chunk_tag() const override { return ChunkTag("HBRG"); }
  void serialize(Archive& archive) override { PciFunction::serialize(archive); }

 private:
  static constexpr u32 kLegacyFirstPage = 0xc0;
  static constexpr u32 kLegacyPages = 0x40;

  void config_written(u8 offset, unsigned length) override;
  void config_restored() override;
  void apply_map();
  void apply_pam(u8 attributes, u32 first_page, u32 pages);
  void apply_smram();
  void size_dram();

  GuestMemory& memory_;
  MachineControl& control_;
  Log& log_;
  std::array<GuestMemory::Page, kLegacyPages> pci_side_{};  // what the area shows without shadow RAM
  bool smram_open_ = false;                                 // what the map holds; follows SMRAM and SMIACT#
  bool smi_active_ = false;                                 // a wire: driven again after a restore
  u8 turbo_reset_ = 0;  // TRC, to see its rising edge; follows config space
};

}  // namespace ringdown

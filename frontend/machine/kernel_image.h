// Booting a kernel without a disk: what --kernel, --initrd and --append hand to the firmware.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/types.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// A kernel as the command line names it.
struct KernelOptions {
  std::string kernel_path;
  /// Linux: one file. Multiboot: a comma-separated list of modules, each a file and its arguments.
  std::string initrd_path;
  std::string command_line;
};

/// What the firmware needs to boot the kernel: the option ROM, the parts that it loads, and the boot order
/// that puts it first.
struct KernelBoot {
  std::vector<FirmwareItem> items;
  std::vector<FirmwareFile> files;
  GuestLinear entry;  // of the kernel
};

/// Reads and checks the files and places them in `memory_bytes` of RAM. Errors name the file or option at
/// fault.
Result<KernelBoot> prepare_kernel(const KernelOptions& options, u64 memory_bytes);
/// Puts it into a machine's configuration. Where the policy waits for the firmware, it waits for the kernel.
void add_kernel(MachineConfig& config, KernelBoot boot);

/// Bytes and the guest-physical address where the option ROM puts them.
struct KernelPart {
  u32 address = 0;
  std::vector<u8> data;
};

/// What an option ROM loads.
struct KernelParts {
  KernelPart setup;  // Linux: the real-mode code; multiboot: the information block
  KernelPart kernel;
  KernelPart initrd;
  KernelPart command_line;
  u32 entry = 0;  // linear address of the first instruction
};

/// Guest memory from here to the end of RAM is left to the firmware, which keeps its ACPI tables there.
inline constexpr u32 kFirmwareReserve = 512u << 10;

}  // namespace ringdown

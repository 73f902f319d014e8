// Multiboot kernels: finds the header, lays the kernel and its modules out and makes the information block.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "frontend/machine/kernel_image.h"

namespace ringdown {

/// True if the bytes carry a multiboot header.
bool is_multiboot_image(std::span<const u8> image);

/// Files of one boot, already read.
struct MultibootFiles {
  std::string kernel_path;  // for error lines
  std::vector<u8> kernel;
  struct Module {
    std::string command_line;  // its file name and arguments
    std::vector<u8> content;
  };
  std::vector<Module> modules;
  std::string command_line;
};

/// Places an ELF kernel, or one whose header gives the addresses, with its modules in `memory_bytes` of RAM.
/// The information block lacks what the option ROM adds: the memory's size and map. Source: Multiboot
/// Specification 0.6.96, section 3.
Result<KernelParts> place_multiboot(const MultibootFiles& files, u64 memory_bytes);

}  // namespace ringdown

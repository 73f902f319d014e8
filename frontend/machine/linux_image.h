// Linux kernel images: checks a bzImage and fills in what a boot loader tells it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "frontend/machine/kernel_image.h"

namespace ringdown {

/// True if the bytes carry the header of the Linux boot protocol.
bool is_linux_image(std::span<const u8> image);

/// Files of one boot, already read.
struct LinuxFiles {
  std::string kernel_path;  // for error lines
  std::vector<u8> kernel;
  std::string initrd_path;
  std::vector<u8> initrd;
  std::string command_line;
};

/// Places the parts of a kernel with boot protocol 2.02 or later in `memory_bytes` of RAM and fills in its
/// setup header. Source: Documentation/x86/boot.rst of Linux.
Result<KernelParts> place_linux(LinuxFiles files, u64 memory_bytes);

}  // namespace ringdown

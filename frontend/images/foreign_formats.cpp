// Magic numbers.
#include "frontend/images/foreign_formats.h"

#include <array>
#include <cstring>

namespace ringdown {

namespace {

struct Magic {
  std::string_view format;
  std::size_t offset;
  std::string_view bytes;
};

constexpr std::array kMagics{
    Magic{"qcow2", 0, "QFI\xfb"},           // qcow2 specification, header
    Magic{"VMDK", 0, "KDMV"},               // VMware Virtual Disk Format 5.0, sparse extent header
    Magic{"VMDK", 0, "COWD"},               // the same, ESX sparse extents
    Magic{"VMDK", 0, "# Disk Descriptor"},  // the same, descriptor file
    Magic{"VDI", 64, "\x7f\x10\xda\xbe"},   // VirtualBox VDICore.h, image signature
    Magic{"VHD", 0, "conectix"},   // Microsoft VHD specification 1.0, dynamic disks begin with the footer
    Magic{"VHDX", 0, "vhdxfile"},  // [MS-VHDX] 2.2.1
};

bool has(std::span<const std::byte> start, const Magic& magic) {
  return magic.offset + magic.bytes.size() <= start.size() &&
         std::memcmp(start.data() + magic.offset, magic.bytes.data(), magic.bytes.size()) == 0;
}

}  // namespace

std::string_view foreign_format(std::span<const std::byte> start, BlockFile& file) {
  for (const Magic& magic : kMagics) {
    if (has(start, magic)) return magic.format;
  }
  // A fixed VHD is a raw disk with a footer.
  constexpr u64 kFooter = 512;
  std::array<std::byte, kFooter> footer{};
  if (file.size() > kFooter && file.read(file.size() - kFooter, footer) &&
      has(footer, Magic{"", 0, "conectix"}))
    return "VHD";
  return {};
}

}  // namespace ringdown

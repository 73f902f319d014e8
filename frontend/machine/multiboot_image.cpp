// The boot loader's side of the Multiboot Specification 0.6.96.
#include "frontend/machine/multiboot_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace ringdown {

namespace {

// Section 3.1: the header, within the first 8 KiB, on a multiple of 4.
constexpr u32 kSearched = 8192;
constexpr u32 kHeaderMagic = 0x1badb002;
constexpr u32 kPageAligned = 1u << 0;
constexpr u32 kMemoryInformation = 1u << 1;
constexpr u32 kVideoMode = 1u << 2;  // a wish; the kernel finds text mode
constexpr u32 kRequiredFeatures = 0xffff;
constexpr u32 kAddressFields = 1u << 16;

struct Header {
  u32 magic, flags, checksum;
  u32 header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};
constexpr u32 kShortHeader = 12;  // without the address fields

// Section 3.3: the information block.
struct Information {
  u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
  std::array<u32, 4> syms;
  u32 mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name, apm_table;
  std::array<u32, 11> display;
};
constexpr u32 kHasCommandLine = 1u << 2;
constexpr u32 kHasModules = 1u << 3;
constexpr u32 kHasLoaderName = 1u << 9;

struct ModuleEntry {
  u32 mod_start, mod_end, string, reserved;
};

/// Low memory that neither the BIOS nor a kernel above 1 MiB uses; the option ROM appends the memory map.
constexpr u32 kInformationBlock = 0x10000;
constexpr u32 kLargestInformationBlock = 0x8000;
constexpr u32 kLowestAddress = 0x100000;

// ELF, 32 bits (System V ABI, chapter 4).
constexpr std::array<u8, 7> kElf32LittleEndian{0x7f, 'E', 'L', 'F', 1, 1, 1};
constexpr u16 kMachine386 = 3;
constexpr u32 kSegmentLoad = 1;

struct ElfHeader {
  std::array<u8, 16> ident;
  u16 type, machine;
  u32 version, entry, phoff, shoff, flags;
  u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct ElfSegment {
  u32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

/// A piece of the file and where it goes; memory behind it up to `memory_size` is cleared.
struct Segment {
  u64 file_offset, file_size, address, memory_size;
};

struct Layout {
  std::vector<Segment> segments;
  u32 entry = 0;
};

constexpr u64 page_up(u64 address) { return (address + kPageOffsetMask) & ~u64{kPageOffsetMask}; }

struct FoundHeader {
  u32 offset = 0;
  Header header{};
};

std::optional<FoundHeader> find_header(std::span<const u8> image) {
  for (u32 offset = 0; offset + kShortHeader <= std::min<std::size_t>(image.size(), kSearched); offset += 4) {
    FoundHeader found{offset, {}};
    std::memcpy(&found.header, image.data() + offset, std::min(sizeof(Header), image.size() - offset));
    const Header& h = found.header;
    if (h.magic == kHeaderMagic && h.magic + h.flags + h.checksum == 0) return found;
  }
  return {};
}

Error damaged(const MultibootFiles& files, const char* what) {
  return Error{fmt::format("{}: {}: build or copy it again", files.kernel_path, what)};
}

/// "The address fields": the image's own layout instead of a file format.
Layout layout_by_header(const FoundHeader& found, u64 file_size) {
  const Header& h = found.header;
  const u64 file_offset = u64{found.offset} - (h.header_addr - h.load_addr);
  const u64 loaded = h.load_end_addr != 0 ? u64{h.load_end_addr} - h.load_addr : file_size - file_offset;
  const u64 occupied =
      h.bss_end_addr != 0 ? std::max<u64>(loaded, u64{h.bss_end_addr} - h.load_addr) : loaded;
  return {{{file_offset, loaded, h.load_addr, occupied}}, h.entry_addr};
}

Result<Layout> layout_by_elf(const MultibootFiles& files) {
  const std::vector<u8>& image = files.kernel;
  ElfHeader elf{};
  if (image.size() < sizeof(elf))
    return damaged(files, "no ELF file, and its multiboot header has no addresses");
  std::memcpy(&elf, image.data(), sizeof(elf));
  if (!std::equal(kElf32LittleEndian.begin(), kElf32LittleEndian.end(), elf.ident.begin()) ||
      elf.machine != kMachine386) {
    return damaged(files, "no 32-bit x86 ELF file, and its multiboot header has no addresses");
  }
  Layout layout{{}, elf.entry};
  bool entry_found = false;
  for (u64 index = 0; index < elf.phnum; ++index) {
    const u64 offset = elf.phoff + index * elf.phentsize;
    ElfSegment segment{};
    if (offset + sizeof(segment) > image.size())
      return damaged(files, "its program headers lie behind its end");
    std::memcpy(&segment, image.data() + offset, sizeof(segment));
    if (segment.type != kSegmentLoad || segment.memsz == 0) continue;
    layout.segments.push_back(
        {segment.offset, std::min(segment.filesz, segment.memsz), segment.paddr, segment.memsz});
    // Kernels linked to high addresses give a virtual entry point.
    if (!entry_found && elf.entry - segment.vaddr < segment.memsz) {
      layout.entry = elf.entry - segment.vaddr + segment.paddr;
      entry_found = true;
    }
  }
  return layout;
}

Result<KernelPart> load(const MultibootFiles& files, const Layout& layout, u64 memory_bytes) {
  if (layout.segments.empty()) return damaged(files, "nothing to load in it");
  u64 first = ~u64{0};
  u64 end = 0;
  for (const Segment& segment : layout.segments) {
    if (segment.file_offset > files.kernel.size() ||
        segment.file_size > files.kernel.size() - segment.file_offset) {
      return damaged(files, "truncated");
    }
    if (segment.memory_size > memory_bytes) return damaged(files, "addresses that make no sense");
    first = std::min(first, segment.address);
    end = std::max(end, segment.address + segment.memory_size);
  }
  if (first < kLowestAddress) return damaged(files, "it loads below 1 MiB, where the firmware is");
  if (end + kFirmwareReserve > memory_bytes) {
    return Error{fmt::format("--memory: too small for {}: give it {}M or more", files.kernel_path,
                             ((end + kFirmwareReserve) >> 20) + 1)};
  }
  KernelPart kernel{static_cast<u32>(first), std::vector<u8>(end - first)};
  for (const Segment& segment : layout.segments) {
    std::copy_n(files.kernel.begin() + static_cast<std::ptrdiff_t>(segment.file_offset), segment.file_size,
                kernel.data.begin() + static_cast<std::ptrdiff_t>(segment.address - first));
  }
  return kernel;
}

/// Builds the block: the structure, the modules' entries, the strings.
class InformationBlock {
 public:
  explicit InformationBlock(std::size_t modules) : entries_(modules) {
    bytes_.resize(sizeof(Information) + modules * sizeof(ModuleEntry));
  }

  u32 add_string(const std::string& text) {
    const u32 address = kInformationBlock + static_cast<u32>(bytes_.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    bytes_.push_back(0);
    return address;
  }
  ModuleEntry& module(std::size_t index) { return entries_[index]; }

  std::vector<u8> finish(const MultibootFiles& files) {
    Information information{};
    information.flags = kHasCommandLine | kHasLoaderName;
    information.cmdline = add_string(files.command_line);
    information.boot_loader_name = add_string("Ringdown");
    if (!entries_.empty()) {
      information.flags |= kHasModules;
      information.mods_count = static_cast<u32>(entries_.size());
      information.mods_addr = kInformationBlock + sizeof(Information);
    }
    std::memcpy(bytes_.data(), &information, sizeof(information));
    if (!entries_.empty()) {
      std::memcpy(bytes_.data() + sizeof(information), entries_.data(),
                  entries_.size() * sizeof(ModuleEntry));
    }
    while (bytes_.size() % 16 != 0) bytes_.push_back(0);
    return std::move(bytes_);
  }

 private:
  std::vector<ModuleEntry> entries_;
  std::vector<u8> bytes_;
};

}  // namespace

bool is_multiboot_image(std::span<const u8> image) { return find_header(image).has_value(); }

Result<KernelParts> place_multiboot(const MultibootFiles& files, u64 memory_bytes) {
  const std::optional<FoundHeader> found = find_header(files.kernel);
  if (!found) return damaged(files, "no multiboot header");
  constexpr u32 kKnown = kPageAligned | kMemoryInformation | kVideoMode;
  if (const u32 unknown = found->header.flags & kRequiredFeatures & ~kKnown; unknown != 0) {
    return Error{fmt::format("{}: requires multiboot features {:#x}, which do not exist here",
                             files.kernel_path, unknown)};
  }
  const bool by_header = (found->header.flags & kAddressFields) != 0;
  const Result<Layout> layout =
      by_header ? Result<Layout>(layout_by_header(*found, files.kernel.size())) : layout_by_elf(files);
  if (!layout) return layout.error();
  Result<KernelPart> kernel = load(files, *layout, memory_bytes);
  if (!kernel) return kernel.error();

  KernelParts parts;
  parts.entry = layout->entry;
  InformationBlock block(files.modules.size());
  parts.initrd.address = static_cast<u32>(page_up(kernel->address + kernel->data.size()));
  for (std::size_t index = 0; index < files.modules.size(); ++index) {
    const MultibootFiles::Module& module = files.modules[index];
    const u64 start = parts.initrd.address + page_up(parts.initrd.data.size());
    const u64 end = start + module.content.size();
    if (end + kFirmwareReserve > memory_bytes) {
      return Error{fmt::format("--memory: too small for {} with its modules: give it {}M or more",
                               files.kernel_path, ((end + kFirmwareReserve) >> 20) + 1)};
    }
    block.module(index) = {static_cast<u32>(start), static_cast<u32>(end),
                           block.add_string(module.command_line), 0};
    parts.initrd.data.resize(start - parts.initrd.address);
    parts.initrd.data.insert(parts.initrd.data.end(), module.content.begin(), module.content.end());
  }
  parts.kernel = std::move(*kernel);
  parts.setup = {kInformationBlock, block.finish(files)};
  if (parts.setup.data.size() > kLargestInformationBlock) {
    return Error{"--append: longer than a multiboot kernel takes with its modules' arguments: shorten it"};
  }
  return parts;
}

}  // namespace ringdown

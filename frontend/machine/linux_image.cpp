// The boot loader's side of the Linux/x86 boot protocol (Documentation/x86/boot.rst).
#include "frontend/machine/linux_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace ringdown {

namespace {

/// A field of the setup header, by its offset from the start of the image.
template <class T>
struct HeaderField {
  u32 offset;

  T get(std::span<const u8> image) const {
    T value{};
    std::memcpy(&value, image.data() + offset, sizeof(T));
    return value;
  }
  void set(std::span<u8> image, T value) const { std::memcpy(image.data() + offset, &value, sizeof(T)); }
};

// "The real-mode kernel header"; names as there.
namespace header {
constexpr HeaderField<u8> setup_sects{0x1f1};
constexpr HeaderField<u32> syssize{0x1f4};
constexpr HeaderField<u16> vid_mode{0x1fa};
constexpr HeaderField<u16> boot_flag{0x1fe};
constexpr HeaderField<u32> signature{0x202};
constexpr HeaderField<u16> version{0x206};
constexpr HeaderField<u8> type_of_loader{0x210};
constexpr HeaderField<u8> loadflags{0x211};
constexpr HeaderField<u32> ramdisk_image{0x218};
constexpr HeaderField<u32> ramdisk_size{0x21c};
constexpr HeaderField<u16> heap_end_ptr{0x224};
constexpr HeaderField<u32> cmd_line_ptr{0x228};
constexpr HeaderField<u32> initrd_addr_max{0x22c};
constexpr HeaderField<u32> cmdline_size{0x238};
constexpr HeaderField<u64> pref_address{0x258};
constexpr HeaderField<u32> init_size{0x260};
constexpr u32 kEnd = 0x264;
}  // namespace header

constexpr u16 kBootFlag = 0xaa55;
constexpr u32 kSignature = 0x53726448;  // "HdrS"
constexpr u16 kOldestVersion = 0x0202;  // the first with a command line pointer
constexpr u16 kVersionInitrdMaximum = 0x0203;
constexpr u16 kVersionCommandLineSize = 0x0206;
constexpr u16 kVersionInitSize = 0x020a;
constexpr u8 kLoadedHigh = 1u << 0;
constexpr u8 kCanUseHeap = 1u << 7;
constexpr u8 kUnregisteredLoader = 0xff;

constexpr u32 kSector = 512;
constexpr u32 kSetupEntry = 0x200;  // "Running the kernel": behind the boot sector
constexpr u32 kDefaultSetupSectors = 4;
constexpr u32 kParagraph = 16;
constexpr u32 kDefaultInitrdMaximum = 0x37ffffff;
constexpr u32 kDefaultCommandLineSize = 255;

// Where a loader of zImages and of bzImages puts the parts. The heap begins behind the real-mode code and
// ends where the stack of roms/linux_boot.asm has 8 KiB left.
constexpr u32 kHighKernel = 0x100000;
constexpr u32 kHighSetup = 0x10000;
constexpr u32 kHighCommandLine = 0x20000;
constexpr u32 kLowKernel = 0x10000;
constexpr u32 kLowKernelEnd = 0x90000;
constexpr u32 kLowSetup = 0x90000;
constexpr u32 kLowCommandLine = 0x99000;
constexpr u16 kHighHeapEnd = 0xe000;
constexpr u16 kLowHeapEnd = 0x9000;
constexpr u16 kHeapEndBias = 0x200;  // "minus 0x0200"

constexpr u64 mebibytes(u64 bytes) { return (bytes + (u64{1} << 20) - 1) >> 20; }

Error image_error(const LinuxFiles& files, const char* what) {
  return Error{fmt::format("{}: {}", files.kernel_path, what)};
}

/// The value of a vga= parameter, which is the boot loader's to interpret ("Special command line options").
std::optional<u16> video_mode(std::string_view command_line) {
  constexpr std::string_view kName = "vga=";
  std::size_t at = command_line.find(kName);
  while (at != std::string_view::npos && at > 0 && command_line[at - 1] != ' ') {
    at = command_line.find(kName, at + 1);
  }
  if (at == std::string_view::npos) return {};
  std::string_view value = command_line.substr(at + kName.size());
  value = value.substr(0, value.find(' '));
  if (value == "normal") return 0xffff;
  if (value == "ext") return 0xfffe;
  if (value == "ask") return 0xfffd;
  const bool hexadecimal = value.starts_with("0x");
  if (hexadecimal) value.remove_prefix(2);
  u16 mode = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), mode, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != value.data() + value.size()) return {};
  return mode;
}

Result<void> check_header(const LinuxFiles& files) {
  const std::span<const u8> image = files.kernel;
  if (header::version.get(image) < kOldestVersion) {
    return image_error(files,
                       "a kernel with a boot protocol before 2.02: use a kernel of Linux 2.4 or later");
  }
  const u16 version = header::version.get(image);
  const u32 longest =
      version >= kVersionCommandLineSize ? header::cmdline_size.get(image) : kDefaultCommandLineSize;
  if (files.command_line.size() > longest) {
    return Error{fmt::format("--append: {} characters, but {} takes at most {}: shorten it",
                             files.command_line.size(), files.kernel_path, longest)};
  }
  return {};
}

/// Splits the image into real-mode code and kernel.
Result<KernelParts> split(const LinuxFiles& files) {
  const std::span<const u8> image = files.kernel;
  u32 sectors = header::setup_sects.get(image);
  if (sectors == 0) sectors = kDefaultSetupSectors;
  const u32 setup_size = (sectors + 1) * kSector;
  // The last unit of syssize may be incomplete.
  const u64 paragraphs = header::syssize.get(image);
  if (setup_size >= image.size() || (image.size() - setup_size + kParagraph - 1) / kParagraph < paragraphs) {
    return image_error(files, "a truncated Linux kernel: copy it again");
  }
  const bool high = (header::loadflags.get(image) & kLoadedHigh) != 0;
  KernelParts parts;
  parts.setup = {high ? kHighSetup : kLowSetup, {image.begin(), image.begin() + setup_size}};
  parts.kernel = {high ? kHighKernel : kLowKernel, {image.begin() + setup_size, image.end()}};
  parts.entry = parts.setup.address + kSetupEntry;
  parts.command_line.address = high ? kHighCommandLine : kLowCommandLine;
  parts.command_line.data.assign(files.command_line.begin(), files.command_line.end());
  parts.command_line.data.push_back(0);
  if (!high && parts.kernel.address + parts.kernel.data.size() > kLowKernelEnd) {
    return image_error(files, "a zImage of more than 512 KiB: its header is damaged");
  }
  if (parts.setup.data.size() > (high ? kHighHeapEnd : kLowHeapEnd)) {
    return image_error(files, "real-mode code of more than 32 KiB: its header is damaged");
  }
  return parts;
}

/// The first byte behind all memory that the kernel needs before it looks at the memory map.
u64 end_of_kernel(const LinuxFiles& files, const KernelParts& parts) {
  const u64 end = parts.kernel.address + parts.kernel.data.size();
  if (header::version.get(files.kernel) < kVersionInitSize) return end;
  return std::max(end, header::pref_address.get(files.kernel) + header::init_size.get(files.kernel));
}

/// As high as the kernel reads it.
Result<u32> place_initrd(const LinuxFiles& files, const KernelParts& parts, u64 memory_bytes) {
  u64 limit = kDefaultInitrdMaximum;
  if (header::version.get(files.kernel) >= kVersionInitrdMaximum)
    limit = header::initrd_addr_max.get(files.kernel);
  const u64 end = std::min(limit + 1, memory_bytes - kFirmwareReserve);
  const u64 first = end_of_kernel(files, parts);
  if (end < first + files.initrd.size() + kPageSize) {
    return Error{fmt::format("--memory: too small for {} with {}: give it {}M or more", files.kernel_path,
                             files.initrd_path,
                             mebibytes(first + files.initrd.size() + kPageSize + kFirmwareReserve))};
  }
  return static_cast<u32>((end - files.initrd.size()) & ~u64{kPageOffsetMask});
}

void fill_header(const LinuxFiles& files, KernelParts& parts) {
  const std::span<u8> setup = parts.setup.data;
  const u8 flags = header::loadflags.get(setup);
  const bool high = (flags & kLoadedHigh) != 0;
  header::type_of_loader.set(setup, kUnregisteredLoader);
  header::loadflags.set(setup, static_cast<u8>(flags | kCanUseHeap));
  header::heap_end_ptr.set(setup, static_cast<u16>((high ? kHighHeapEnd : kLowHeapEnd) - kHeapEndBias));
  header::cmd_line_ptr.set(setup, parts.command_line.address);
  header::ramdisk_image.set(setup, parts.initrd.address);
  header::ramdisk_size.set(setup, static_cast<u32>(parts.initrd.data.size()));
  if (const std::optional<u16> mode = video_mode(files.command_line)) header::vid_mode.set(setup, *mode);
}

}  // namespace

bool is_linux_image(std::span<const u8> image) {
  return image.size() > header::kEnd && header::boot_flag.get(image) == kBootFlag &&
         header::signature.get(image) == kSignature;
}

Result<KernelParts> place_linux(LinuxFiles files, u64 memory_bytes) {
  if (Result<void> checked = check_header(files); !checked) return checked.error();
  Result<KernelParts> parts = split(files);
  if (!parts) return parts;
  if (const u64 end = end_of_kernel(files, *parts) + kFirmwareReserve; end > memory_bytes) {
    return Error{
        fmt::format("--memory: too small for {}: give it {}M or more", files.kernel_path, mebibytes(end))};
  }
  if (!files.initrd.empty()) {
    const Result<u32> address = place_initrd(files, *parts, memory_bytes);
    if (!address) return address.error();
    parts->initrd = {*address, std::move(files.initrd)};
  }
  fill_header(files, *parts);
  return parts;
}

}  // namespace ringdown

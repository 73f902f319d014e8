// Selector, data port and DMA interface of fw_cfg.
#include "devices/firmware/firmware_config.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/field.h"

namespace ringdown {
namespace {

constexpr std::string_view kSignature = "QEMU";
constexpr std::string_view kDmaSignature = "QEMU CFG";
constexpr u64 kFeatures = 0b11;  // port and DMA interface
constexpr std::size_t kNameSize = 56;

constexpr u32 kSelectorOffset = 0;
constexpr u32 kDataOffset = 1;
constexpr u32 kDmaHighOffset = 0;
constexpr u32 kDmaLowOffset = 4;

// Control word of a DMA descriptor.
using DmaError = Field<u32, 0>;
using DmaRead = Field<u32, 1>;
using DmaSkip = Field<u32, 2>;
using DmaSelect = Field<u32, 3>;
using DmaWrite = Field<u32, 4>;
using DmaKey = Field<u32, 16, 16>;
constexpr unsigned kDescriptorSize = 16;

/// More than any item: a longer transfer is a mistake, and would only keep the host busy.
constexpr u32 kLongestTransfer = 64u << 20;
constexpr u64 kAddressLimit = u64{1} << 36;

template <class T>
T from_big_endian(std::span<const u8> bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | bytes[i]);
  return value;
}
void append_big_endian(std::vector<u8>& bytes, u64 value, unsigned size) {
  for (unsigned i = size; i-- > 0;) bytes.push_back(static_cast<u8>(value >> (8 * i)));
}
u32 swap_bytes(u32 value) {
  return value << 24 | (value & 0xff00) << 8 | (value >> 8 & 0xff00) | value >> 24;
}

std::span<const u8> bytes_of_text(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

}  // namespace

FirmwareConfig::FirmwareConfig(GuestMemory& memory, Log& log) : memory_(memory), log_(log) {
  set_item(Key::Signature, bytes_of_text(kSignature));
  set_number(Key::Id, kFeatures, 4);
  rebuild_directory();
}

void FirmwareConfig::reset() {
  select(0);
  dma_high_ = 0;
}

void FirmwareConfig::set_item(Key key, std::span<const u8> bytes) {
  items_[static_cast<u16>(key)].assign(bytes.begin(), bytes.end());
}

void FirmwareConfig::set_number(Key key, u64 value, unsigned size) {
  std::vector<u8> bytes;
  for (unsigned i = 0; i < size; ++i) bytes.push_back(static_cast<u8>(value >> (8 * i)));
  set_item(key, bytes);
}

void FirmwareConfig::add_file(std::string_view name, std::span<const u8> bytes) {
  assert(name.size() < kNameSize);
  auto file = std::ranges::find(files_, name, &File::name);
  if (file == files_.end()) {
    const u16 key = static_cast<u16>(static_cast<unsigned>(Key::FirstFile) + files_.size());
    file = files_.insert(files_.end(), {std::string(name), key});
  }
  items_[file->key].assign(bytes.begin(), bytes.end());
  rebuild_directory();
}

void FirmwareConfig::rebuild_directory() {
  std::vector<u8> directory;
  append_big_endian(directory, files_.size(), 4);
  for (const File& file : files_) {
    append_big_endian(directory, items_[file.key].size(), 4);
    append_big_endian(directory, file.key, 2);
    append_big_endian(directory, 0, 2);
    directory.insert(directory.end(), file.name.begin(), file.name.end());
    directory.resize(directory.size() + kNameSize - file.name.size());
  }
  set_item(Key::FileDirectory, directory);
}

void FirmwareConfig::select(u16 key) {
  selected_ = key;
  offset_ = 0;
}

std::span<const u8> FirmwareConfig::item() const {
  const auto found = items_.find(selected_);
  return found == items_.end() ? std::span<const u8>() : found->second;
}

void FirmwareConfig::read_item(std::span<u8> out) {
  // What lies beyond an item's end, or in an item that does not exist, reads as zero.
  const std::span<const u8> rest = item().subspan(std::min<std::size_t>(offset_, item().size()));
  const std::size_t present = std::min(rest.size(), out.size());
  std::ranges::copy(rest.first(present), out.begin());
  std::ranges::fill(out.subspan(present), u8{0});
  offset_ = static_cast<u32>(std::min<u64>(u64{offset_} + out.size(), ~u32{0}));
}

u64 FirmwareConfig::read_port(u32 offset, Width width) {
  if (offset != kDataOffset) return open_bus(width);
  u8 byte = 0;
  read_item({&byte, 1});
  return byte;
}

void FirmwareConfig::write_port(u32 offset, Width width, u64 value) {
  if (offset == kSelectorOffset && width == Width::Word) {
    select(static_cast<u16>(value));
  } else {
    log_.unimplemented(LogCategory::Firmware, "fw_cfg data written by port");
  }
}

u64 FirmwareConfig::read_dma(u32 offset, Width width) {
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width); ++i)
    value |= u64{static_cast<u8>(kDmaSignature[(offset + i) % kDmaSignature.size()])} << (8 * i);
  return value;
}

void FirmwareConfig::write_dma(u32 offset, Width width, u64 value) {
  if (width != Width::Dword) return;
  const u32 part = swap_bytes(static_cast<u32>(value));
  if (offset == kDmaHighOffset) {
    dma_high_ = part;
  } else if (offset == kDmaLowOffset) {
    const u64 descriptor = u64{dma_high_} << 32 | part;
    dma_high_ = 0;
    run_dma(descriptor);
  }
}

void FirmwareConfig::run_dma(u64 descriptor) {
  std::array<u8, kDescriptorSize> bytes{};
  if (descriptor > kAddressLimit - kDescriptorSize) return;
  memory_.read(GuestPhysical(descriptor), std::as_writable_bytes(std::span(bytes)));
  const std::span<const u8> view(bytes);
  const u32 control = from_big_endian<u32>(view);
  const u32 length = from_big_endian<u32>(view.subspan(4));
  const u64 address = from_big_endian<u64>(view.subspan(8));
  const bool done = transfer(control, length, address);
  // The control word turns zero when all is done, or keeps only the error bit.
  memory_.write_value(GuestPhysical(descriptor), swap_bytes(DmaError::with(0, !done)));
}

bool FirmwareConfig::transfer(u32 control, u32 length, u64 address) {
  if (DmaSelect::get(control)) select(DmaKey::get(control));
  if (DmaRead::get(control)) {
    if (length > kLongestTransfer || address > kAddressLimit - length) {
      log_.unimplemented(LogCategory::Firmware, "fw_cfg transfer beyond 64 MiB or beyond the address space");
      return false;
    }
    std::array<u8, kPageSize> part;
    for (u32 done = 0; done < length;) {
      const u32 size = std::min<u32>(length - done, kPageSize);
      read_item({part.data(), size});
      memory_.write(GuestPhysical(address + done), std::as_bytes(std::span(part.data(), size)));
      done += size;
    }
    return true;
  }
  // No item can be written.
  if (DmaWrite::get(control)) return false;
  if (DmaSkip::get(control)) offset_ = static_cast<u32>(std::min<u64>(u64{offset_} + length, ~u32{0}));
  return true;
}

void FirmwareConfig::serialize(Archive& archive) { archive(selected_, offset_, dma_high_); }

}  // namespace ringdown

// The guest-physical map, the write seam with its tracking, and RAM in the state file.
#include "core/memory.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace ringdown {

namespace {

constexpr u64 kAddressLimit = u64{1} << 32;
constexpr u64 kA20Bit = u64{1} << 20;
constexpr u64 kFullMask = ~u64{0};

/// Pages that are compressed together in a state file: large enough for zlib's window, small enough to
/// buffer.
constexpr u32 kGroupPages = 256;
constexpr std::size_t kGroupBytes = std::size_t{kGroupPages} * kPageSize;
/// Fast to write; guest RAM gains little from higher levels.
constexpr int kCompressionLevel = 1;

constexpr std::array<std::byte, kPageSize> kZeroPage{};

/// Tells zero pages, asked in rising order, without making the host allocate those that were never touched.
class ZeroPages {
 public:
  explicit ZeroPages(const MemoryStore& store) : store_(store) {}
  bool contains(HostFrame frame) {
    if (frame >= touched_) touched_ = store_.next_touched(frame);
    return frame < touched_ || std::memcmp(store_.page(frame), kZeroPage.data(), kPageSize) == 0;
  }

 private:
  const MemoryStore& store_;
  HostFrame touched_;
};

/// Bytes from `address` to the end of its page, at most `limit`.
std::size_t within_page(GuestPhysical address, std::size_t limit) {
  return std::min<std::size_t>(limit, kPageSize - (address.value & kPageOffsetMask));
}

/// Calls `access(done, width)` for each piece of `size` bytes at `address` as a burst brings them to the
/// device bus: whole quadwords where they are aligned, which devices get in what width they have.
template <class Access>
void for_each_bus_access(GuestPhysical address, std::size_t size, Access access) {
  constexpr std::size_t kQuadword = bytes_of(Width::Qword);
  for (std::size_t done = 0; done < size;) {
    const bool whole = size - done >= kQuadword && (address.value + done) % kQuadword == 0;
    const Width width = whole ? Width::Qword : Width::Byte;
    access(done, width);
    done += bytes_of(width);
  }
}

/// Which pages of a group a state file holds: those that are not all zero.
using GroupBitmap = std::array<u64, kGroupPages / 64>;
bool holds(const GroupBitmap& bitmap, u32 page) { return (bitmap[page / 64] >> (page % 64) & 1) != 0; }
void add(GroupBitmap& bitmap, u32 page) { bitmap[page / 64] |= u64{1} << (page % 64); }

/// Reads and decompresses the pages of one group into `plain`; returns them, nothing if the archive failed.
std::span<const std::byte> unpack_group(Archive& archive, std::vector<u8>& packed, std::vector<u8>& plain) {
  u32 size = 0;
  archive(size);
  if (size > packed.size()) archive.fail("a group of RAM pages has an impossible length");
  if (archive.failed()) return {};
  archive.bytes(std::as_writable_bytes(std::span(packed).first(size)));
  if (archive.failed()) return {};
  uLongf length = plain.size();
  if (uncompress(plain.data(), &length, packed.data(), size) != Z_OK) {
    archive.fail("a group of RAM pages does not decompress");
    return {};
  }
  return std::as_bytes(std::span(plain).first(length));
}

}  // namespace

GuestMemory::GuestMemory(MemoryStore& store, Bus& devices)
    : store_(store), devices_(devices), pages_(kAddressLimit >> kPageShift), tracking_(store.frame_count()) {}

void GuestMemory::map(GuestPhysical start, u64 length, Page first) {
  const u64 begin = std::min(start.value, kAddressLimit) >> kPageShift;
  const u64 count = std::min(length, kAddressLimit - (begin << kPageShift)) >> kPageShift;
  bool changed = false;
  for (u64 i = 0; i < count; ++i) {
    const auto step = [i](u32 frame) {
      return frame >= Page::kDiscard ? frame : frame + static_cast<u32>(i);
    };
    const Page page{step(first.read_frame), step(first.write_frame)};
    changed |= pages_[begin + i] != page;
    pages_[begin + i] = page;
  }
  if (changed) tell_map_changed();
}

void GuestMemory::set_a20(bool enabled) {
  const u64 mask = enabled ? kFullMask : ~kA20Bit;
  if (mask == a20_mask_) return;
  a20_mask_ = mask;
  tell_map_changed();
}

void GuestMemory::tell_map_changed() {
  for (const Registration& of : observers_) of.observer->map_changed();
}

void GuestMemory::read(GuestPhysical address, std::span<std::byte> data) const {
  while (!data.empty()) {
    const std::size_t size = within_page(address, data.size());
    const u32 frame = page(address).read_frame;
    if (frame == Page::kDevice) {
      for_each_bus_access(address, size, [&](std::size_t done, Width width) {
        const u64 value = devices_.read(apply_a20(address + done).value, width);
        std::memcpy(&data[done], &value, bytes_of(width));
      });
    } else {
      std::memcpy(data.data(), store_.page(HostFrame(frame)) + (address.value & kPageOffsetMask), size);
    }
    data = data.subspan(size);
    address = address + size;
  }
}

void GuestMemory::write(GuestPhysical address, std::span<const std::byte> data) {
  while (!data.empty()) {
    const std::size_t size = within_page(address, data.size());
    const u32 frame = page(address).write_frame;
    if (frame == Page::kDevice) {
      for_each_bus_access(address, size, [&](std::size_t done, Width width) {
        u64 value = 0;
        std::memcpy(&value, &data[done], bytes_of(width));
        devices_.write(apply_a20(address + done).value, width, value);
      });
    } else if (frame != Page::kDiscard) {
      write_frame(HostFrame(frame), static_cast<u32>(address.value & kPageOffsetMask), data.first(size));
    }
    data = data.subspan(size);
    address = address + size;
  }
}

void GuestMemory::write_frame(HostFrame frame, u32 offset, std::span<const std::byte> data) {
  std::memcpy(store_.page(frame) + offset, data.data(), data.size());
  if (const u8 kinds = tracking(frame); kinds != 0)
    notify_written(frame, offset, static_cast<u32>(data.size()), kinds);
}

void GuestMemory::notify_written(HostFrame frame, u32 offset, u32 length, u8 kinds) {
  for (const Registration& of : observers_) {
    if ((of.kinds & kinds) != 0) of.observer->frame_written(frame, offset, length);
  }
}

bool GuestMemory::concerns_observers(HostFrame frame, u32 offset, u32 length) const {
  const u8 kinds = tracking(frame);
  return std::ranges::any_of(observers_, [&](const Registration& of) {
    return (of.kinds & kinds) != 0 && of.observer->concerns(frame, offset, length);
  });
}

void GuestMemory::add_observer(MemoryObserver& observer, std::initializer_list<Tracking> kinds) {
  u8 set = 0;
  for (const Tracking kind : kinds) set |= static_cast<u8>(kind);
  observers_.push_back({&observer, set});
}

void GuestMemory::remove_observer(MemoryObserver& observer) {
  std::erase_if(observers_, [&observer](const Registration& of) { return of.observer == &observer; });
}

void GuestMemory::track(HostFrame frame, Tracking kind) {
  if (tracked(frame, kind)) return;
  tracking_[frame.value] |= static_cast<u8>(kind);
  for (const Registration& of : observers_) of.observer->tracking_added(frame);
}

void GuestMemory::untrack(HostFrame frame, Tracking kind) {
  tracking_[frame.value] &= static_cast<u8>(~static_cast<u8>(kind));
}

void GuestMemory::serialize(Archive& archive) {
  bool enabled = a20();
  u64 ram_size = store_.ram_size();
  archive(enabled, ram_size);
  if (ram_size != store_.ram_size()) {
    archive.fail(
        fmt::format("it was saved with {} MiB of RAM and this machine has {} MiB: start with that --memory",
                    ram_size >> 20, store_.ram_size() >> 20));
  }
  if (archive.failed()) return;
  if (archive.loading()) {
    set_a20(enabled);
    load_ram(archive);
  } else {
    save_ram(archive);
  }
}

void GuestMemory::save_ram(Archive& archive) {
  const u32 frames = store_.first_rom_frame().value;
  std::vector<u8> plain;
  plain.reserve(kGroupBytes);
  std::vector<u8> packed(compressBound(kGroupBytes));
  ZeroPages zeros(store_);
  for (u32 first = 0; first < frames; first += kGroupPages) {
    GroupBitmap bitmap{};
    plain.clear();
    for (u32 i = 0; i < std::min(kGroupPages, frames - first); ++i) {
      const u8* page = store_.page(HostFrame(first + i));
      if (zeros.contains(HostFrame(first + i))) continue;
      add(bitmap, i);
      plain.insert(plain.end(), page, page + kPageSize);
    }
    archive(bitmap);
    if (plain.empty()) continue;
    uLongf length = packed.size();
    if (compress2(packed.data(), &length, plain.data(), plain.size(), kCompressionLevel) != Z_OK) {
      archive.fail("RAM could not be compressed");
      return;
    }
    u32 size = static_cast<u32>(length);
    archive(size);
    archive.bytes(std::as_writable_bytes(std::span(packed).first(size)));
  }
}

void GuestMemory::load_ram(Archive& archive) {
  const u32 frames = store_.first_rom_frame().value;
  std::vector<u8> plain(kGroupBytes);
  std::vector<u8> packed(compressBound(kGroupBytes));
  ZeroPages zeros(store_);
  for (u32 first = 0; first < frames && !archive.failed(); first += kGroupPages) {
    GroupBitmap bitmap{};
    archive(bitmap);
    auto rest = bitmap == GroupBitmap{} ? std::span<const std::byte>() : unpack_group(archive, packed, plain);
    for (u32 i = 0; i < std::min(kGroupPages, frames - first) && !archive.failed(); ++i) {
      const HostFrame frame(first + i);
      // Pages that already hold the content keep what was derived from them.
      if (!holds(bitmap, i)) {
        if (!zeros.contains(frame)) write_frame(frame, 0, kZeroPage);
      } else if (rest.size() < kPageSize) {
        archive.fail("a group of RAM pages is short");
      } else {
        const auto content = rest.first(kPageSize);
        rest = rest.subspan(kPageSize);
        if (std::memcmp(store_.page(frame), content.data(), kPageSize) != 0) write_frame(frame, 0, content);
      }
    }
  }
}

}  // namespace ringdown

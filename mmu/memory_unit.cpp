// The slow path behind the TLB: misses, page crossings, devices, tracked frames, watched pages.
#include "mmu/memory_unit.h"

#include <algorithm>

#include "mmu/page_entry.h"

namespace ringdown {

namespace {

u32 bytes_left_in_page(GuestLinear linear) { return kPageSize - (linear.value & kPageOffsetMask); }

/// Naturally aligned accesses of a bus width go to a device in one piece; all others as bytes.
bool is_bus_access(GuestPhysical address, std::size_t size) {
  return (size == 1 || size == 2 || size == 4 || size == 8) && address.value % size == 0;
}

}  // namespace

MemoryUnit::MemoryUnit(GuestMemory& memory)
    : writable_frames_((memory.store().frame_count() + 63) / 64), memory_(memory) {
  memory_.add_observer(*this);
}

MemoryUnit::~MemoryUnit() { memory_.remove_observer(*this); }

void MemoryUnit::set_address_space(AddressSpace& space) {
  space_ = &space;
  invalidate_all();
}

void MemoryUnit::set_caching(bool on) {
  if (on == caching_) return;
  caching_ = on;
  for (Tlb& tlb : tlbs_) tlb.clear();
}

void MemoryUnit::fill(GuestLinear page, Privilege privilege, const Resolution& resolution) {
  const GuestMemory::Page frames = resolution.page;
  if (!caching_ || !resolution.keep_read || !is_frame(frames.read_frame) || watched(page)) return;
  const HostFrame frame(frames.read_frame);
  const bool granted = resolution.keep_write && frames.write_frame == frames.read_frame;
  const bool write = granted && memory_.tracking(frame) == 0;
  if (granted) writable_frames_[frame.value / 64] |= u64{1} << (frame.value % 64);
  tlbs_[static_cast<unsigned>(privilege)].fill(page.value, granted, write, memory_.store().page(frame));
}

u8* MemoryUnit::known(GuestLinear linear, bool write, Privilege privilege) {
  Tlb& tlb = tlbs_[static_cast<unsigned>(privilege)];
  u8* const host = tlb.known(linear.value, write);
  if (host != nullptr && write && memory_.tracking(frame_of(host)) == 0)
    tlb.allow_writes(page_of(linear).value);
  return host;
}

AccessStatus MemoryUnit::resolve_piece(GuestLinear linear, AccessType type, Privilege privilege,
                                       Piece& piece) {
  const bool write = type == AccessType::Write;
  piece.host = known(linear, write, privilege);
  if (piece.host != nullptr) return AccessStatus::Done;
  const Resolution resolution = space_->resolve(linear, type, privilege);
  const u32 offset = linear.value & kPageOffsetMask;
  switch (resolution.kind) {
    case Resolution::Kind::Fault:
      ++counters_.misses;
      fault_address = linear;
      fault_code = resolution.error_code;
      return AccessStatus::PageFault;
    case Resolution::Kind::Device:
      piece.physical = memory_.apply_a20(resolution.physical + offset);
      piece.discarded = write && resolution.page.write_frame == GuestMemory::Page::kDiscard;
      piece.uncached = true;
      return AccessStatus::Done;
    case Resolution::Kind::Memory:
      break;
  }
  const u32 frame = write ? resolution.page.write_frame : resolution.page.read_frame;
  piece.host = memory_.store().page(HostFrame(frame)) + offset;
  fill(page_of(linear), privilege, resolution);
  piece.uncached = known(linear, write, privilege) == nullptr;
  if (!piece.uncached) ++counters_.misses;
  return AccessStatus::Done;
}

AccessStatus MemoryUnit::resolve_pieces(GuestLinear linear, u32 size, AccessType type, Privilege privilege,
                                        Pieces& pieces) {
  while (size != 0) {
    Piece& piece = pieces.piece[pieces.count];
    piece.size = std::min(size, bytes_left_in_page(linear));
    if (const AccessStatus status = resolve_piece(linear, type, privilege, piece);
        status != AccessStatus::Done) {
      return status;
    }
    ++pieces.count;
    size -= piece.size;
    linear = linear + piece.size;
  }
  return !effects_allowed && has_effects(pieces, type) ? AccessStatus::Split : AccessStatus::Done;
}

bool MemoryUnit::has_effects(const Pieces& pieces, AccessType type) const {
  return std::ranges::any_of(pieces.all(), [&](const Piece& piece) {
    if (piece.host == nullptr) return !piece.discarded;
    return type == AccessType::Write && tracking_of(piece) != 0;
  });
}

HostFrame MemoryUnit::frame_of(const u8* host) const {
  return HostFrame(static_cast<u32>((host - memory_.store().page(HostFrame(0))) >> kPageShift));
}

u8 MemoryUnit::tracking_of(const Piece& piece) const { return memory_.tracking(frame_of(piece.host)); }

AccessStatus MemoryUnit::read(GuestLinear linear, Privilege privilege, std::span<std::byte> data) {
  const u32 size = static_cast<u32>(data.size());
  Pieces pieces;
  if (const AccessStatus status = resolve_pieces(linear, size, AccessType::Read, privilege, pieces);
      status != AccessStatus::Done) {
    return status;
  }
  for (const Piece& piece : pieces.all()) {
    if (piece.uncached) ++counters_.misses;
    if (piece.host != nullptr) {
      std::memcpy(data.data(), piece.host, piece.size);
    } else {
      read_device(piece.physical, data.first(piece.size));
    }
    data = data.subspan(piece.size);
  }
  report_watched(linear, size, AccessType::Read);
  return AccessStatus::Done;
}

AccessStatus MemoryUnit::write(GuestLinear linear, Privilege privilege, std::span<const std::byte> data) {
  const u32 size = static_cast<u32>(data.size());
  Pieces pieces;
  if (const AccessStatus status = resolve_pieces(linear, size, AccessType::Write, privilege, pieces);
      status != AccessStatus::Done) {
    return status;
  }
  for (const Piece& piece : pieces.all()) {
    if (piece.uncached) ++counters_.misses;
    if (piece.host != nullptr) {
      std::memcpy(piece.host, data.data(), piece.size);
    } else if (!piece.discarded) {
      write_device(piece.physical, data.first(piece.size));
    }
    data = data.subspan(piece.size);
  }
  // Observers look at memory: everything is stored before the first of them is told.
  for (const Piece& piece : pieces.all()) {
    if (piece.host == nullptr || tracking_of(piece) == 0) continue;
    const u32 offset = static_cast<u32>(reinterpret_cast<u64>(piece.host) & kPageOffsetMask);
    memory_.notify_written(frame_of(piece.host), offset, piece.size);
  }
  report_watched(linear, size, AccessType::Write);
  return AccessStatus::Done;
}

AccessStatus MemoryUnit::prepare_write(GuestLinear linear, Privilege privilege, u32 size) {
  if (fast_write(linear.value, size, privilege) != nullptr) return AccessStatus::Done;
  Pieces pieces;
  return resolve_pieces(linear, size, AccessType::Write, privilege, pieces);
}

Resolution MemoryUnit::fetch(GuestLinear linear, Privilege privilege) {
  const GuestLinear page = page_of(linear);
  FetchEntry& entry = fetches_[static_cast<unsigned>(privilege)][fetch_index(page)];
  fetch_stamps_[stamp_index(page)] = fetch_generation_;
  fetched_ = true;
  if (entry.tag == page.value) return entry.resolution;
  ++counters_.fetch_misses;
  const Resolution resolution = space_->resolve(linear, AccessType::Execute, privilege);
  if (resolution.kind == Resolution::Kind::Fault) {
    fault_address = linear;
    fault_code = resolution.error_code;
  } else if (resolution.kind == Resolution::Kind::Memory && resolution.keep_read) {
    entry = {page.value, resolution};
  } else {
    // Not kept, so nobody will say when it changes: no link may rest on it.
    ++fetch_generation_;
  }
  return resolution;
}

void MemoryUnit::read_device(GuestPhysical address, std::span<std::byte> data) {
  Bus& bus = memory_.devices();
  if (is_bus_access(address, data.size())) {
    const u64 value = bus.read(address.value, static_cast<Width>(data.size()));
    std::memcpy(data.data(), &value, data.size());
    return;
  }
  for (std::byte& byte : data) {
    byte = static_cast<std::byte>(bus.read(address.value, Width::Byte));
    address = address + 1;
  }
}

void MemoryUnit::write_device(GuestPhysical address, std::span<const std::byte> data) {
  Bus& bus = memory_.devices();
  if (is_bus_access(address, data.size())) {
    u64 value = 0;
    std::memcpy(&value, data.data(), data.size());
    bus.write(address.value, static_cast<Width>(data.size()), value);
    return;
  }
  for (const std::byte byte : data) {
    bus.write(address.value, Width::Byte, std::to_integer<u64>(byte));
    address = address + 1;
  }
}

bool MemoryUnit::peek(GuestLinear linear, std::span<std::byte> data) {
  while (!data.empty()) {
    const std::size_t size = std::min<std::size_t>(data.size(), bytes_left_in_page(linear));
    const Resolution resolution = space_->peek(linear);
    if (resolution.kind != Resolution::Kind::Memory) return false;
    const u8* page = memory_.store().page(HostFrame(resolution.page.read_frame));
    std::memcpy(data.data(), page + (linear.value & kPageOffsetMask), size);
    data = data.subspan(size);
    linear = linear + static_cast<u32>(size);
  }
  return true;
}

bool MemoryUnit::poke(GuestLinear linear, std::span<const std::byte> data) {
  while (!data.empty()) {
    const std::size_t size = std::min<std::size_t>(data.size(), bytes_left_in_page(linear));
    const Resolution resolution = space_->peek(linear);
    if (resolution.kind == Resolution::Kind::Fault || !is_frame(resolution.page.write_frame)) return false;
    memory_.write_frame(HostFrame(resolution.page.write_frame), linear.value & kPageOffsetMask,
                        data.first(size));
    data = data.subspan(size);
    linear = linear + static_cast<u32>(size);
  }
  return true;
}

void MemoryUnit::watch(WatchObserver* observer, std::span<const GuestLinear> pages) {
  watch_observer_ = observer;
  watched_pages_.clear();
  for (const GuestLinear linear : pages) {
    watched_pages_.push_back(page_of(linear));
    for (Tlb& tlb : tlbs_) tlb.drop_page(page_of(linear).value);
  }
}

bool MemoryUnit::watched(GuestLinear page) const {
  return !watched_pages_.empty() && std::ranges::find(watched_pages_, page) != watched_pages_.end();
}

void MemoryUnit::report_watched(GuestLinear linear, u32 size, AccessType type) {
  if (watch_observer_ == nullptr) return;
  if (watched(page_of(linear)) || watched(page_of(linear + (size - 1)))) {
    watch_observer_->watched_access(linear, size, type);
  }
}

void MemoryUnit::invalidate_page(GuestLinear linear) {
  const GuestLinear page = page_of(linear);
  ++counters_.page_invalidations;
  for (Tlb& tlb : tlbs_) tlb.drop_page(page.value);
  for (auto& entries : fetches_) {
    FetchEntry& entry = entries[fetch_index(page)];
    if (entry.tag == page.value) entry.tag = TlbEntry::kNoTag;
  }
  if (fetch_stamps_[stamp_index(page)] == fetch_generation_) ++fetch_generation_;
}

void MemoryUnit::invalidate_all() {
  ++counters_.flushes;
  for (Tlb& tlb : tlbs_) tlb.clear();
  if (!fetched_) return;
  for (auto& entries : fetches_) {
    for (FetchEntry& entry : entries) entry.tag = TlbEntry::kNoTag;
  }
  fetched_ = false;
  ++fetch_generation_;
}

void MemoryUnit::revoke_write(HostFrame frame) { drop_writes(frame, true); }

void MemoryUnit::drop_writes(HostFrame frame, bool revoked) {
  u64& word = writable_frames_[frame.value / 64];
  const u64 bit = u64{1} << (frame.value % 64);
  if ((word & bit) == 0) return;
  if (revoked) word &= ~bit;
  const u8* host = memory_.store().page(frame);
  for (Tlb& tlb : tlbs_) tlb.drop_writes(host, revoked);
}

}  // namespace ringdown

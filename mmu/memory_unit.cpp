// The slow path behind the TLB: misses, page crossings, devices, tracked frames, watched pages.
#include "mmu/memory_unit.h"

#include <algorithm>

#include "mmu/page_entry.h"

namespace ringdown {

namespace {

u32 bytes_left_in_page(GuestLinear linear) { return kPageSize - (linear.value & kPageOffsetMask); }

/// Pages of guest memory begin at pages of host memory.
u32 offset_in_page(const u8* host) { return static_cast<u32>(reinterpret_cast<u64>(host) & kPageOffsetMask); }

/// Naturally aligned accesses of a bus width go to a device in one piece; all others as bytes.
bool is_bus_access(GuestPhysical address, std::size_t size) {
  return (size == 1 || size == 2 || size == 4 || size == 8) && address.value % size == 0;
}

}  // namespace

MemoryUnit::MemoryUnit(GuestMemory& memory) : writers_(memory.store().frame_count()), memory_(memory) {
  begin_generation(supervisor_fetches_);
  select_context(0);
  memory_.add_observer(*this, {});
}

MemoryUnit::~MemoryUnit() { memory_.remove_observer(*this); }

void MemoryUnit::set_address_space(AddressSpace& space) {
  space_ = &space;
  invalidate_all();
  select_context(space.context());
}

void MemoryUnit::select_context(u32 context) {
  std::unique_ptr<UserContext>& user = users_[context];
  if (!user) {
    user = std::make_unique<UserContext>();
    begin_generation(user->fetches);
  }
  context_ = context;
  active_ = {Active{&supervisor_tlb_, &supervisor_fetches_}, Active{&user->tlb, &user->fetches}};
}

template <class Visit>
void MemoryUnit::for_each_tlb(Visit visit) {
  visit(supervisor_tlb_, u16{0});
  for (u32 context = 0; context < kContexts; ++context) {
    if (users_[context]) visit(users_[context]->tlb, static_cast<u16>(context + 1));
  }
}

void MemoryUnit::set_caching(bool on) {
  if (on == caching_) return;
  caching_ = on;
  for_each_tlb([](Tlb& tlb, u16) { tlb.clear(); });
}

void MemoryUnit::fill(GuestLinear page, Privilege privilege, const Resolution& resolution) {
  const GuestMemory::Page frames = resolution.page;
  if (!caching_ || !resolution.keep_read || !is_frame(frames.read_frame) || watched(page)) return;
  const HostFrame frame(frames.read_frame);
  const bool granted = resolution.keep_write && frames.write_frame == frames.read_frame;
  const bool write = granted && memory_.tracking(frame) == 0;
  if (granted) note_writer(frame, place_of(page, privilege));
  active_[static_cast<unsigned>(privilege)].tlb->fill(page.value, granted, write,
                                                      memory_.store().page(frame));
}

TlbPlace MemoryUnit::place_of(GuestLinear page, Privilege privilege) const {
  const u32 tlb = privilege == Privilege::User ? context_ + 1 : 0;
  return {static_cast<u16>(tlb), static_cast<u16>(Tlb::index(page.value))};
}

void MemoryUnit::note_writer(HostFrame frame, TlbPlace place) {
  const u8* host = memory_.store().page(frame);
  writers_.add(frame.value, place,
               [&](TlbPlace other) { return tlb_at(other.tlb).grants_write(other.slot, host); });
}

u8* MemoryUnit::known(GuestLinear linear, bool write, Privilege privilege) {
  Tlb& tlb = *active_[static_cast<unsigned>(privilege)].tlb;
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
  piece.walk_references = resolution.walk_references;
  switch (resolution.kind) {
    case Resolution::Kind::Fault:
      count_miss(resolution.walk_references);
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
  if (!piece.uncached) count_miss(piece.walk_references);
  return AccessStatus::Done;
}

void MemoryUnit::count_miss(u8 walk_references) {
  ++counters_.misses;
  counters_.walk_references += walk_references;
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
    return type == AccessType::Write && tracking_of(piece) != 0 &&
           memory_.concerns_observers(frame_of(piece.host), offset_in_page(piece.host), piece.size);
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
    if (piece.uncached) count_miss(piece.walk_references);
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
    if (piece.uncached) count_miss(piece.walk_references);
    if (piece.host != nullptr) {
      std::memcpy(piece.host, data.data(), piece.size);
    } else if (!piece.discarded) {
      write_device(piece.physical, data.first(piece.size));
    }
    data = data.subspan(piece.size);
  }
  // Observers look at memory: everything is stored before the first of them is told. When told of one part
  // they may lose interest in the frame, which the other part may be in.
  std::array<u8, 2> kinds{};
  for (u32 i = 0; i < pieces.count; ++i) {
    if (pieces.piece[i].host != nullptr) kinds[i] = tracking_of(pieces.piece[i]);
  }
  for (u32 i = 0; i < pieces.count; ++i) {
    const Piece& piece = pieces.piece[i];
    if (kinds[i] != 0)
      memory_.notify_written(frame_of(piece.host), offset_in_page(piece.host), piece.size, kinds[i]);
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
  const u32 tag = fetch_tag(page, privilege, context_);
  Fetches& fetches = *active_[static_cast<unsigned>(privilege)].fetches;
  FetchEntry& entry = fetch_entries_[static_cast<unsigned>(privilege)][fetch_index(page)];
  if (entry.tag == tag) {
    fetches.pages.set(Fetches::index(page));
    return entry.resolution;
  }
  ++counters_.fetch_misses;
  const Resolution resolution = space_->resolve(linear, AccessType::Execute, privilege);
  counters_.fetch_walk_references += resolution.walk_references;
  if (resolution.kind == Resolution::Kind::Fault) {
    fault_address = linear;
    fault_code = resolution.error_code;
  } else if (resolution.kind == Resolution::Kind::Memory && resolution.keep_read) {
    entry = {tag, resolution};
    // Only now: resolving may have begun another generation.
    fetches.pages.set(Fetches::index(page));
    fetches.spans.add(SpanSet::span_of(page.value));
  } else {
    // Not kept, so nobody will say when it changes: no link may rest on it.
    begin_generation(fetches);
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
    const u8* host = supervisor_tlb_.known(linear.value, false);
    if (host == nullptr) {
      const Resolution resolution = space_->peek(linear);
      if (resolution.kind != Resolution::Kind::Memory) return false;
      host = memory_.store().page(HostFrame(resolution.page.read_frame)) + (linear.value & kPageOffsetMask);
    }
    std::memcpy(data.data(), host, size);
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
    for_each_tlb([&](Tlb& tlb, u16) { tlb.drop_page(page_of(linear).value); });
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

void MemoryUnit::begin_generation(Fetches& fetches) {
  fetches.generation = ++generations_;
  fetches.pages.reset();
  ++fetch_changes_;
}

void MemoryUnit::forget_fetches(Fetches& fetches) {
  fetches.spans = {};
  begin_generation(fetches);
}

void MemoryUnit::drop_pages(Tlb& tlb, Fetches& fetches, Privilege privilege, GuestLinear first, u32 pages) {
  const u32 span = SpanSet::span_of(first.value);
  if (tlb.spans().contains(span)) {
    for (u32 i = 0; i < pages; ++i) tlb.drop_page(first.value + (i << kPageShift));
  }
  if (!fetches.spans.contains(span)) return;
  bool fetched = false;
  for (u32 i = 0; i < pages; ++i) {
    const GuestLinear page = first + (i << kPageShift);
    fetched |= fetches.pages.test(Fetches::index(page));
    FetchEntry& entry = fetch_entries_[static_cast<unsigned>(privilege)][fetch_index(page)];
    // Of whatever context it is: rather too much than a look at each.
    if ((entry.tag & ~kPageOffsetMask) == page.value) entry.tag = TlbEntry::kNoTag;
  }
  if (fetched) begin_generation(fetches);
}

void MemoryUnit::invalidate(GuestLinear linear, u32 pages, Reach reach) {
  ++counters_.page_invalidations;
  const GuestLinear first = page_of(linear);
  if (reach.supervisors)
    drop_pages(supervisor_tlb_, supervisor_fetches_, Privilege::Supervisor, first, pages);
  for_each_bit(reach.users, [&](u32 context) {
    if (users_[context])
      drop_pages(users_[context]->tlb, users_[context]->fetches, Privilege::User, first, pages);
  });
}

void MemoryUnit::invalidate_all() {
  ++counters_.flushes;
  for_each_tlb([](Tlb& tlb, u16) { tlb.clear(); });
  for (auto& entries : fetch_entries_) {
    for (FetchEntry& entry : entries) entry.tag = TlbEntry::kNoTag;
  }
  forget_fetches(supervisor_fetches_);
  for (const auto& user : users_) {
    if (user) forget_fetches(user->fetches);
  }
}

bool MemoryUnit::holds_page(GuestLinear page, Privilege privilege, u32 context) const {
  const bool user = privilege == Privilege::User;
  if (user && !users_[context]) return false;
  const Tlb& tlb = user ? users_[context]->tlb : supervisor_tlb_;
  const FetchEntry& fetched = fetch_entries_[static_cast<unsigned>(privilege)][fetch_index(page)];
  return tlb.known(page.value, false) != nullptr || fetched.tag == fetch_tag(page, privilege, context);
}

bool MemoryUnit::holds(GuestLinear linear, u32 pages, Reach reach) const {
  bool held = false;
  for (u32 i = 0; i < pages && !held; ++i) {
    const GuestLinear page = page_of(linear) + (i << kPageShift);
    held = reach.supervisors && holds_page(page, Privilege::Supervisor, 0);
    for_each_bit(reach.users, [&](u32 context) { held |= holds_page(page, Privilege::User, context); });
  }
  return held;
}

void MemoryUnit::for_each_kept(const std::function<void(const KeptTranslation&)>& visit) const {
  const auto visit_tlb = [&](const Tlb& tlb, Privilege privilege, u32 context) {
    for (const TlbEntry& entry : tlb.entries) {
      if (entry.read_tag == TlbEntry::kNoTag) continue;
      KeptTranslation kept{GuestLinear(entry.read_tag), privilege, context};
      kept.frame = frame_of(reinterpret_cast<const u8*>(entry.addend + entry.read_tag));
      visit(kept);
      if (entry.write_tag != entry.read_tag) continue;
      kept.type = AccessType::Write;
      visit(kept);
    }
  };
  visit_tlb(supervisor_tlb_, Privilege::Supervisor, 0);
  for (u32 context = 0; context < kContexts; ++context) {
    if (users_[context]) visit_tlb(users_[context]->tlb, Privilege::User, context);
  }
  for (const Privilege privilege : {Privilege::Supervisor, Privilege::User}) {
    for (const FetchEntry& entry : fetch_entries_[static_cast<unsigned>(privilege)]) {
      if (entry.tag == TlbEntry::kNoTag) continue;
      visit({page_of(GuestLinear(entry.tag)), privilege, (entry.tag & kPageOffsetMask) >> 1,
             AccessType::Execute, HostFrame(entry.resolution.page.read_frame)});
    }
  }
}

SpanSet MemoryUnit::supervisor_spans() const {
  SpanSet spans = supervisor_tlb_.spans();
  spans |= supervisor_fetches_.spans;
  return spans;
}

void MemoryUnit::switch_context(u32 context, bool known, const SpanSet& kept) {
  supervisor_tlb_.keep(kept);
  if (!supervisor_fetches_.spans.within(kept)) {
    for (FetchEntry& entry : fetch_entries_[static_cast<unsigned>(Privilege::Supervisor)]) {
      entry.tag = TlbEntry::kNoTag;
    }
    forget_fetches(supervisor_fetches_);
  }
  select_context(context);
  ++fetch_changes_;
  if (known) return;
  UserContext& user = *users_[context];
  user.tlb.clear();
  for (FetchEntry& entry : fetch_entries_[static_cast<unsigned>(Privilege::User)]) {
    if (entry.tag == fetch_tag(page_of(GuestLinear(entry.tag)), Privilege::User, context)) {
      entry.tag = TlbEntry::kNoTag;
    }
  }
  forget_fetches(user.fetches);
}

void MemoryUnit::revoke_write(HostFrame frame) { drop_writes(frame, true); }

void MemoryUnit::drop_writes(HostFrame frame, bool revoked) {
  const u8* host = memory_.store().page(frame);
  writers_.visit(
      frame.value,
      [&](TlbPlace place) {
        Tlb& tlb = tlb_at(place.tlb);
        if (tlb.grants_write(place.slot, host)) tlb.drop_write(place.slot, revoked);
      },
      [&] { drop_writes_everywhere(frame, revoked); });
  if (revoked) writers_.clear(frame.value);
}

void MemoryUnit::drop_writes_everywhere(HostFrame frame, bool revoked) {
  const u8* host = memory_.store().page(frame);
  writers_.clear(frame.value);
  for_each_tlb([&](Tlb& tlb, u16 number) {
    for (u32 slot = 0; slot < Tlb::kEntries; ++slot) {
      if (!tlb.grants_write(slot, host)) continue;
      tlb.drop_write(slot, revoked);
      if (!revoked) note_writer(frame, {number, static_cast<u16>(slot)});
    }
  });
}

}  // namespace ringdown

// The hardware page walk, its faults, and what an address space answers after one.
#include "mmu/guest_paging.h"
#include "mmu/page_entry.h"

namespace ringdown {

namespace {

/// The page directory that translates `linear`; false if its PAE pointer entry is not present.
bool find_directory(const PagingControls& controls, GuestLinear linear, GuestPhysical& directory) {
  if (mode_of(controls) == PagingMode::Bits32) {
    directory = frame_address(controls.cr3, PagingMode::Bits32);
    return true;
  }
  const u64 pointer = controls.pdpte[linear.value >> 30];
  directory = frame_address(pointer, PagingMode::Pae);
  return page_entry::Present::get(pointer);
}

GuestPhysical page_within(GuestPhysical base, GuestLinear linear, u32 shift) {
  const u32 offset_mask = (1u << shift) - 1;
  return base + (linear.value & offset_mask & ~kPageOffsetMask);
}

template <class Read>
WalkResult walk(const Read& read, const PagingControls& controls, GuestLinear linear) {
  using namespace page_entry;
  WalkResult result;
  const PagingMode mode = mode_of(controls);
  if (mode == PagingMode::None) {
    result.present = true;
    result.dirty = true;
    result.page = GuestPhysical(page_of(linear).value);
    return result;
  }
  const TableGeometry geometry = geometry_of(mode);
  const EntryFeatures features = {controls.page_size_extension, controls.wide_large_pages,
                                  controls.no_execute};
  GuestPhysical table;
  if (!find_directory(controls, linear, table)) return result;
  for (u8 level = 2; level >= 1; --level) {
    const u32 slot = level == 2 ? geometry.directory_slot(linear) : geometry.table_slot(linear);
    const GuestPhysical address = table + slot * geometry.entry_bytes;
    const u64 entry = read(address, geometry.entry_bytes);
    result.steps[result.depth++] = {address, entry, level};
    if (!Present::get(entry)) return result;
    const bool large = level == 2 && maps_large_page(entry, mode, controls.page_size_extension);
    if ((entry & reserved_bits(mode, features, level, large)) != 0) {
      result.reserved_bit = true;
      return result;
    }
    result.writable &= Writable::get(entry);
    result.user &= User::get(entry);
    // Reserved, hence zero here, unless EFER.NXE.
    result.no_execute |= NoExecute::get(entry);
    result.dirty = Dirty::get(entry);
    if (large) {
      result.large = true;
      result.page = page_within(large_page_address(entry, mode), linear, geometry.directory_shift);
      break;
    }
    table = frame_address(entry, mode);
    result.page = table;
  }
  result.present = true;
  return result;
}

}  // namespace

u64 read_entry(const GuestMemory& memory, GuestPhysical address, u32 bytes) {
  const GuestMemory::Page page = memory.page(address);
  u64 entry = 0;
  if (is_frame(page.read_frame)) {
    const u8* frame = memory.store().page(HostFrame(page.read_frame));
    std::memcpy(&entry, frame + (address.value & kPageOffsetMask), bytes);
  } else {
    memory.read(address, std::as_writable_bytes(std::span(&entry, 1)).first(bytes));
  }
  return entry;
}

WalkResult walk_page(const GuestMemory& memory, const PagingControls& controls, GuestLinear linear) {
  return walk([&](GuestPhysical address, u32 bytes) { return read_entry(memory, address, bytes); }, controls,
              linear);
}

WalkResult walk_page(const EntryReader& read, const PagingControls& controls, GuestLinear linear) {
  return walk(read, controls, linear);
}

std::optional<WalkStep> read_directory_entry(const GuestMemory& memory, const PagingControls& controls,
                                             GuestLinear linear) {
  GuestPhysical directory;
  if (!find_directory(controls, linear, directory)) return std::nullopt;
  const TableGeometry geometry = geometry_of(mode_of(controls));
  const GuestPhysical address = directory + geometry.directory_slot(linear) * geometry.entry_bytes;
  return WalkStep{address, read_entry(memory, address, geometry.entry_bytes), 2};
}

u32 page_fault_code(const WalkResult& walk, const PagingControls& controls, AccessType type,
                    Privilege privilege) {
  const bool user = privilege == Privilege::User;
  if (walk.present && !walk.reserved_bit) {
    // SDM vol. 3A, 4.6: supervisor writes ignore R/W unless CR0.WP.
    const bool needs_writable = type == AccessType::Write && (user || controls.write_protect);
    const bool denied = (user && !walk.user) || (needs_writable && !walk.writable) ||
                        (type == AccessType::Execute && walk.no_execute);
    if (!denied) return kNoFault;
  }
  // SDM vol. 3A, 4.7: RSVD only together with P; I/D only with CR4.PAE = 1 and EFER.NXE = 1.
  u32 code = 0;
  if (walk.present || walk.reserved_bit) code |= page_fault::kPresent;
  if (walk.reserved_bit) code |= page_fault::kReserved;
  if (type == AccessType::Write) code |= page_fault::kWrite;
  if (user) code |= page_fault::kUser;
  if (type == AccessType::Execute && controls.physical_address_extension && controls.no_execute) {
    code |= page_fault::kFetch;
  }
  return code;
}

void set_accessed_dirty(GuestMemory& memory, const WalkResult& walk, AccessType type) {
  using namespace page_entry;
  for (u8 i = 0; i < walk.depth; ++i) {
    const WalkStep& step = walk.steps[i];
    u64 wanted = Accessed::with(step.entry, true);
    if (i + 1 == walk.depth && type == AccessType::Write) wanted = Dirty::with(wanted, true);
    if (wanted == step.entry) continue;
    // Both bits are in the lowest byte. Device space has no memory that could keep them.
    if (memory.page(step.entry_address).write_frame == GuestMemory::Page::kDevice) continue;
    memory.write_value(step.entry_address, static_cast<u8>(wanted));
  }
}

bool walked_plain_ram(const GuestMemory& memory, const WalkResult& walk) {
  for (u8 i = 0; i < walk.depth; ++i) {
    if (!is_plain_ram(memory.page(walk.steps[i].entry_address))) return false;
  }
  return true;
}

Resolution resolve_walked(const GuestMemory& memory, const PagingControls& controls, const WalkResult& walk,
                          AccessType type, Privilege privilege) {
  Resolution resolution;
  resolution.walk_references = walk.depth;
  resolution.error_code = page_fault_code(walk, controls, type, privilege);
  if (resolution.error_code != kNoFault) return resolution;
  const bool write = type == AccessType::Write;
  const GuestMemory::Page page = memory.page(walk.page);
  resolution.kind = is_frame(write ? page.write_frame : page.read_frame) ? Resolution::Kind::Memory
                                                                         : Resolution::Kind::Device;
  resolution.page = page;
  resolution.physical = walk.page;
  resolution.error_code = 0;
  resolution.keep_read = walked_plain_ram(memory, walk);
  resolution.keep_write = resolution.keep_read && (walk.dirty || write) &&
                          page_fault_code(walk, controls, AccessType::Write, privilege) == kNoFault;
  return resolution;
}

Resolution peek_page(const GuestMemory& memory, const PagingControls& controls, GuestLinear linear) {
  return resolve_walked(memory, controls, walk_page(memory, controls, linear), AccessType::Read,
                        Privilege::Supervisor);
}

}  // namespace ringdown

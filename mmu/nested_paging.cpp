// The second dimension's violations, and what fills it.
#include "mmu/nested_paging.h"

#include <fmt/format.h>

#include "mmu/page_entry.h"

namespace ringdown {

NestedPaging::NestedPaging(GuestMemory& memory, TranslationCache& cache) : GuestWalkPaging(memory, cache) {
  memory_.add_observer(*this, {Tracking::DescriptorTable});
}

NestedPaging::~NestedPaging() { memory_.remove_observer(*this); }

void NestedPaging::map_changed() {
  tables_.clear();
  GuestWalkPaging::map_changed();
}

void NestedPaging::tracking_added(HostFrame frame) {
  if (watched(frame)) tables_.write_protect(frame);
  GuestWalkPaging::tracking_added(frame);
}

u64 NestedPaging::wanted_leaf(GuestPhysical page) const {
  using namespace nested_entry;
  const GuestMemory::Page frames = memory_.page(page);
  if (!is_frame(frames.read_frame)) return kNotPresent;
  const HostFrame frame(frames.read_frame);
  const bool writable = is_plain_ram(frames) && !watched(frame);
  const u64 rights = Readable::kMask | Executable::kMask | (writable ? Writable::kMask : 0);
  return Frame::with(MemoryType::with(rights, kWriteBack), frame.value);
}

NestedPaging::Reached NestedPaging::reach(GuestPhysical address, AccessType type) {
  Reached reached{tables_.look_up(address)};
  if (nested_entry::allows(reached.found.leaf, type)) return reached;
  reached.violation = true;
  const GuestPhysical page(address.value & ~u64{kPageOffsetMask});
  const u64 wanted = wanted_leaf(page);
  if (wanted == reached.found.leaf) return reached;
  tables_.enter(page, wanted);
  ++counters_.fills;
  reached.found = tables_.look_up(address);
  return reached;
}

unsigned NestedPaging::reach_entries(const WalkResult& walk) {
  unsigned references = 0;
  for (u8 i = 0; i < walk.depth; ++i) {
    const Reached entry = reach(walk.steps[i].entry_address, AccessType::Read);
    references += entry.found.references + 1;
    // What lies in device space stays missing, however often the walk is made anew.
    if (entry.violation && entry.found.leaf != nested_entry::kNotPresent) ++counters_.hidden_faults;
  }
  return references;
}

bool NestedPaging::reach_page(GuestPhysical page, AccessType type, Resolution& resolution) {
  const Reached reached = reach(page, type);
  const u64 leaf = reached.found.leaf;
  resolution.walk_references = static_cast<u8>(resolution.walk_references + reached.found.references);
  if (nested_entry::allows(leaf, AccessType::Read))
    resolution.page.read_frame = static_cast<u32>(nested_entry::Frame::get(leaf));
  resolution.keep_read = resolution.keep_read && nested_entry::allows(leaf, AccessType::Read);
  resolution.keep_write = resolution.keep_write && nested_entry::allows(leaf, AccessType::Write);
  return reached.violation;
}

// --- From outside
// --------------------------------------------------------------------------------------------

std::vector<std::string> NestedPaging::audit() {
  ++counters_.audits;
  std::vector<std::string> differences = tables_.damaged();
  if (!differences.empty()) return differences;
  tables_.for_each_leaf([&](GuestPhysical page, u64 leaf) {
    // Write permission may be missing: it comes back with the next store.
    const u64 wanted = wanted_leaf(page);
    if (leaf == wanted || leaf == nested_entry::Writable::with(wanted, false)) return;
    differences.push_back(
        fmt::format("guest-physical {:09x}: nested entry {:x} instead of {:x}", page.value, leaf, wanted));
  });
  return differences;
}

std::string NestedPaging::describe(GuestLinear linear) const {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  if (!walk.present || walk.reserved_bit) return "no guest-physical address";
  const NestedTables::Lookup found = tables_.look_up(walk.page);
  if (found.leaf == nested_entry::kNotPresent)
    return fmt::format("no entry for guest page {:x}", walk.page.value >> kPageShift);
  return fmt::format("frame {:x} for guest page {:x}, read{}{}", nested_entry::Frame::get(found.leaf),
                     walk.page.value >> kPageShift,
                     nested_entry::allows(found.leaf, AccessType::Write) ? ", write" : "",
                     nested_entry::allows(found.leaf, AccessType::Execute) ? ", execute" : "");
}

}  // namespace ringdown

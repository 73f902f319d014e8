// Compares two machines, fast where it is asked often.
#include "frontend/lab/lockstep/guest_comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "core/capturing_archive.h"
#include "cpu/paging_controls.h"
#include "frontend/machine/guest_linear.h"

namespace ringdown {

namespace {

/// Differences that are listed of RAM and of each part; the rest is counted.
constexpr std::size_t kListedStretches = 8;
constexpr std::size_t kListedBytes = 8;

std::vector<std::byte> content_of(Serializable& part) {
  CapturingArchive archive(part.chunk_version());
  part.serialize(archive);
  return std::move(archive.payload);
}

/// Bytes of the stack that an instruction may have pushed.
constexpr u32 kNearStack = 64;

GuestLinear top_of_stack(Machine& machine) {
  const SystemView& guest = machine.processor().guest_view();
  const SegmentRegister& stack = guest.state.segment(Segment::Ss);
  const u32 pointer = guest.registers.get(Gpr::Esp) & (stack.attributes.big() ? 0xffff'ffff : 0xffff);
  return GuestLinear(stack.base + pointer);
}

/// The bytes of a part's state from the first that differs on.
GuestDifference part_difference(const std::string& name, const std::vector<std::byte>& a,
                                const std::vector<std::byte>& b) {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < common && a[at] == b[at]) ++at;
  const auto text = [&](const std::vector<std::byte>& bytes) {
    std::string hex;
    for (std::size_t i = at; i < std::min(bytes.size(), at + kListedBytes); ++i)
      hex += fmt::format("{}{:02x}", hex.empty() ? "" : " ", std::to_integer<unsigned>(bytes[i]));
    return hex.empty() ? "(shorter)" : hex;
  };
  return {fmt::format("device {}", name), text(a), text(b), fmt::format("from byte {} of its state on", at)};
}

}  // namespace

GuestComparison::GuestComparison(Machine& reference, Machine& other)
    : reference_(reference),
      other_(other),
      reference_items_(guest_items(reference)),
      other_items_(guest_items(other)),
      reference_parts_(guest_parts(reference)),
      other_parts_(guest_parts(other)),
      touched_(reference.memory().store().first_rom_frame().value) {
  find_runs();
}

void GuestComparison::find_runs() {
  for (std::size_t i = 0; i < reference_items_.size(); ++i) {
    const std::span<std::byte> a = reference_items_[i].stored;
    const std::span<std::byte> b = other_items_[i].stored;
    if (a.empty()) {
      derived_.push_back(i);
    } else if (!runs_.empty() && runs_.back().reference + runs_.back().length == a.data() &&
               runs_.back().other + runs_.back().length == b.data()) {
      runs_.back().length += a.size();
    } else {
      runs_.push_back({a.data(), b.data(), a.size()});
    }
  }
}

bool GuestComparison::processors_agree() const {
  for (const Run& run : runs_) {
    if (std::memcmp(run.reference, run.other, run.length) != 0) return false;
  }
  return std::all_of(derived_.begin(), derived_.end(), [&](std::size_t i) {
    return reference_items_[i].derived(reference_) == reference_items_[i].derived(other_);
  });
}

// --- Parts of the board
// --------------------------------------------------------------------------------------

bool GuestComparison::part_agrees(std::size_t index) {
  return content_of(*reference_parts_[index].part) == content_of(*other_parts_[index].part);
}

bool GuestComparison::parts_agree() {
  for (std::size_t i = 0; i < reference_parts_.size(); ++i) {
    if (!part_agrees(i)) return false;
  }
  return true;
}

bool GuestComparison::parts_agree(const std::vector<std::size_t>& parts) {
  return std::all_of(parts.begin(), parts.end(), [&](std::size_t i) { return part_agrees(i); });
}

std::vector<std::size_t> GuestComparison::differing_parts() {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < reference_parts_.size(); ++i) {
    if (!part_agrees(i)) parts.push_back(i);
  }
  return parts;
}

// --- RAM
// -----------------------------------------------------------------------------------------------------

bool GuestComparison::memory_agrees() {
  const MemoryStore& a = reference_.memory().store();
  const MemoryStore& b = other_.memory().store();
  HostFrame untouched(0);  // none from `frame` to here has been used by either
  for (HostFrame frame(0); frame.value < touched_.size(); frame = frame + 1) {
    if (!touched_[frame.value]) {
      if (frame >= untouched) untouched = std::min(a.next_touched(frame), b.next_touched(frame));
      if (frame < untouched) continue;
      touched_[frame.value] = true;
    }
    if (std::memcmp(a.page(frame), b.page(frame), kPageSize) != 0) return false;
  }
  return true;
}

std::vector<u64> GuestComparison::differing_bytes() {
  std::vector<u64> offsets;
  if (memory_agrees()) return offsets;
  const MemoryStore& a = reference_.memory().store();
  const MemoryStore& b = other_.memory().store();
  for (HostFrame frame = std::min(a.next_touched(HostFrame(0)), b.next_touched(HostFrame(0)));
       frame.value < touched_.size();
       frame = std::min(a.next_touched(frame + 1), b.next_touched(frame + 1))) {
    const u8* const x = a.page(frame);
    const u8* const y = b.page(frame);
    if (std::memcmp(x, y, kPageSize) == 0) continue;
    for (u32 i = 0; i < kPageSize && offsets.size() < kMostBytes; ++i) {
      if (x[i] != y[i]) offsets.push_back((u64{frame.value} << kPageShift) + i);
    }
  }
  return offsets;
}

bool GuestComparison::bytes_agree(const std::vector<u64>& offsets) const {
  const u8* const a = reference_.memory().store().page(HostFrame(0));
  const u8* const b = other_.memory().store().page(HostFrame(0));
  return std::all_of(offsets.begin(), offsets.end(), [&](u64 offset) { return a[offset] == b[offset]; });
}

/// A word of the stack as a number, other memory as bytes.
std::string GuestComparison::Stretch::text(const MemoryStore& store) const {
  const u8* const bytes = store.page(HostFrame(0)) + begin;
  if (!place.empty()) {
    u32 word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    return fmt::format("{:08x}", word);
  }
  std::string hex;
  for (u64 i = 0; i < length; ++i) hex += fmt::format("{}{:02x}", i == 0 ? "" : " ", bytes[i]);
  return hex;
}

bool GuestComparison::stacks_agree() const {
  const GuestLinear top = top_of_stack(reference_);
  std::array<u8, kNearStack> a{};
  std::array<u8, kNearStack> b{};
  return read_linear(reference_, top, a) == read_linear(other_, top, b) && a == b;
}

/// Where the reference's stack pointer finds it, if it is near.
std::string GuestComparison::place_of(u64 physical) const {
  const PagingControls controls = paging_controls(reference_.processor().guest_view());
  const GuestLinear top = top_of_stack(reference_);
  for (u32 above = 0; above < kNearStack; ++above) {
    const GuestLinear linear = top + above;
    const WalkResult walk = walk_page(reference_.memory(), controls, linear);
    if (!walk.present || walk.page.value + (linear.value & kPageOffsetMask) != physical) continue;
    return above == 0 ? "at SS:ESP" : fmt::format("at SS:ESP+{}", above);
  }
  return {};
}

// --- For a reader
// --------------------------------------------------------------------------------------------

std::vector<GuestComparison::Stretch> GuestComparison::stretches(const std::vector<u64>& offsets) const {
  constexpr u64 kJoined = 2;  // equal bytes within a stretch
  constexpr u64 kLongest = 16;
  std::vector<Stretch> stretches;
  for (const u64 offset : offsets) {
    const u64 word = offset & ~u64{sizeof(u32) - 1};
    if (const std::string place = place_of(word); !place.empty()) {
      if (stretches.empty() || stretches.back().begin != word)
        stretches.push_back({word, sizeof(u32), place});
    } else if (Stretch* const last = stretches.empty() ? nullptr : &stretches.back();
               last != nullptr && last->place.empty() && offset - last->begin < kLongest &&
               offset - (last->begin + last->length) <= kJoined) {
      last->length = offset + 1 - last->begin;
    } else {
      stretches.push_back({offset, 1, {}});
    }
  }
  return stretches;
}

void GuestComparison::add_memory(std::vector<GuestDifference>& list) {
  const std::vector<u64> offsets = differing_bytes();
  const std::vector<Stretch> found = stretches(offsets);
  const std::size_t listed = std::min(found.size(), kListedStretches);
  for (const Stretch& stretch : std::span(found).first(listed)) {
    list.push_back({fmt::format("memory {:08x}", stretch.begin), stretch.text(reference_.memory().store()),
                    stretch.text(other_.memory().store()), stretch.place});
  }
  if (found.size() > listed) {
    const bool all = offsets.size() < kMostBytes;
    list.push_back({"more memory", "", "",
                    fmt::format("{}{} places more", all ? "" : "at least ", found.size() - listed)});
  }
}

void GuestComparison::add_parts(std::vector<GuestDifference>& list) {
  for (const std::size_t i : differing_parts()) {
    list.push_back(part_difference(reference_parts_[i].name, content_of(*reference_parts_[i].part),
                                   content_of(*other_parts_[i].part)));
  }
}

std::vector<GuestDifference> GuestComparison::differences() {
  std::vector<GuestDifference> list;
  for (std::size_t i = 0; i < reference_items_.size(); ++i) {
    const u128 a = value_of(reference_items_[i], reference_);
    const u128 b = value_of(other_items_[i], other_);
    if (a == b) continue;
    list.push_back(
        {reference_items_[i].name, text_of(reference_items_[i], a), text_of(other_items_[i], b), {}});
  }
  add_memory(list);
  add_parts(list);
  return list;
}

GuestComparison::Values GuestComparison::values(std::string_view item) const {
  for (std::size_t i = 0; i < reference_items_.size(); ++i) {
    if (reference_items_[i].name != item) continue;
    return {digits_of(reference_items_[i], value_of(reference_items_[i], reference_)),
            digits_of(other_items_[i], value_of(other_items_[i], other_))};
  }
  return {};
}

}  // namespace ringdown

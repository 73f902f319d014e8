// Validation of page tables and counting of what they use.
#include "mmu/frame_types.h"

#include "mmu/page_entry.h"

namespace ringdown {

using paravirtual::Answer;

u8 FrameTypes::level_of(GuestPhysical page) const {
  const GuestMemory::Page frames = memory_->page(page);
  return is_plain_ram(frames) ? uses_[frames.read_frame].level : u8{0};
}

FrameTypes::Use* FrameTypes::written_by(u32 entry) {
  if (!page_entry::Present::get(entry) || !page_entry::Writable::get(entry)) return nullptr;
  const u32 frame = memory_->page(frame_address(entry, PagingMode::Bits32)).write_frame;
  return is_frame(frame) ? &uses_[frame] : nullptr;
}

Answer FrameTypes::get_entry(u32 entry, u8 level) {
  ++validated_;
  if (level == 1) {
    Use* const target = written_by(entry);
    if (target == nullptr) return Answer::Done;
    if (target->tables != 0) return Answer::Conflict;
    ++target->writable;
    return Answer::Done;
  }
  if (!page_entry::Present::get(entry)) return Answer::Done;
  // Also without CR4.PSE, which may be set later.
  if (page_entry::PageSize::get(entry)) return Answer::LargePage;
  return get_table(frame_address(entry, PagingMode::Bits32), 1);
}

void FrameTypes::put_entry(u32 entry, u8 level) {
  if (level == 1) {
    if (Use* const target = written_by(entry)) --target->writable;
  } else if (page_entry::Present::get(entry)) {
    put_table(frame_address(entry, PagingMode::Bits32));
  }
}

Answer FrameTypes::get_table(GuestPhysical table, u8 level) {
  const GuestMemory::Page page = memory_->page(table);
  if (!is_plain_ram(page) || (table.value & kPageOffsetMask) != 0) return Answer::NoMemory;
  Use& use = uses_[page.read_frame];
  if (use.tables != 0) {
    if (use.level != level) return Answer::Conflict;
    ++use.tables;
    return Answer::Done;
  }
  if (use.writable != 0) return Answer::Conflict;
  if (tables_ == paravirtual::kMostTables) return Answer::TooMany;
  // A table from here on, so that its own entries cannot make it writable or link it into itself.
  use.tables = 1;
  use.level = level;
  ++tables_;
  const Answer answer = validate(table, level);
  if (answer == Answer::Done) {
    changes_.push_back(HostFrame(page.read_frame));
    return answer;
  }
  use.tables = 0;
  use.level = 0;
  --tables_;
  return answer;
}

Answer FrameTypes::validate(GuestPhysical table, u8 level) {
  for (u32 slot = 0; slot < kEntries; ++slot) {
    const Answer answer = get_entry(read(table + slot * sizeof(u32)), level);
    if (answer == Answer::Done) continue;
    while (slot-- != 0) put_entry(read(table + slot * sizeof(u32)), level);
    return answer;
  }
  return Answer::Done;
}

void FrameTypes::put_table(GuestPhysical table) {
  const u32 frame = memory_->page(table).read_frame;
  Use& use = uses_[frame];
  if (--use.tables != 0) return;
  const u8 level = std::exchange(use.level, u8{0});
  --tables_;
  changes_.push_back(HostFrame(frame));
  for (u32 slot = 0; slot < kEntries; ++slot) put_entry(read(table + slot * sizeof(u32)), level);
}

Answer FrameTypes::replace(GuestPhysical entry, u32 old_value, u32 new_value) {
  const u8 level = level_of(entry);
  if (level == 0) return Answer::NotATable;
  const Answer answer = get_entry(new_value, level);
  if (answer == Answer::Done) put_entry(old_value, level);
  return answer;
}

}  // namespace ringdown

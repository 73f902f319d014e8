// Routes port and device-memory accesses to the ranges that devices attached.
#include "core/bus.h"

#include <algorithm>
#include <bit>

namespace ringdown {

namespace {

constexpr u64 value_mask(unsigned size) { return size >= 8 ? ~u64{0} : (u64{1} << (8 * size)) - 1; }

}  // namespace

Result<void> Bus::attach(u64 base, u64 length, BusRange& range, std::string device, Width widest) {
  if (length == 0 || base + length < base) {
    return Error{
        fmt::format("{} range {:#x} of {} has an impossible length {:#x}", name_, base, device, length)};
  }
  const auto after = std::upper_bound(attachments_.begin(), attachments_.end(), base,
                                      [](u64 address, const Attachment& a) { return address < a.base; });
  const bool hits_next = after != attachments_.end() && after->base < base + length;
  const bool hits_previous = after != attachments_.begin() && std::prev(after)->end() > base;
  if (hits_next || hits_previous) {
    const Attachment& other = hits_next ? *after : *std::prev(after);
    return Error{fmt::format("{} range {:#x}-{:#x} of {} overlaps {:#x}-{:#x}", name_, base,
                             base + length - 1, device, other.base, other.end() - 1)};
  }
  u64* accesses = &counts_[std::move(device)];
  attachments_.insert(after, {base, length, &range, widest, accesses});
  return {};
}

void Bus::detach(u64 base) {
  std::erase_if(attachments_, [base](const Attachment& a) { return a.base == base; });
}

const Bus::Attachment* Bus::find(u64 address) const {
  const auto after = std::upper_bound(attachments_.begin(), attachments_.end(), address,
                                      [](u64 wanted, const Attachment& a) { return wanted < a.base; });
  if (after == attachments_.begin()) return nullptr;
  const Attachment& candidate = *std::prev(after);
  return address - candidate.base < candidate.length ? &candidate : nullptr;
}

u64 Bus::gap(u64 address, u64 limit) const {
  const auto after = std::upper_bound(attachments_.begin(), attachments_.end(), address,
                                      [](u64 wanted, const Attachment& a) { return wanted < a.base; });
  return after == attachments_.end() ? limit : std::min(limit, after->base - address);
}

unsigned Bus::piece(const Attachment& range, u64 address, unsigned size) {
  const u64 fits = std::min<u64>({size, bytes_of(range.widest), range.end() - address});
  return static_cast<unsigned>(std::bit_floor(fits));
}

u64 Bus::read(u64 address, Width width) {
  u64 result = 0;
  const unsigned size = bytes_of(width);
  for (unsigned done = 0; done < size;) {
    const unsigned rest = size - done;
    unsigned bytes = 0;
    u64 value = ~u64{0};
    if (const Attachment* found = find(address + done)) {
      // A copy: the access may move the device's own ranges.
      const Attachment range = *found;
      bytes = piece(range, address + done, rest);
      ++*range.accesses;
      value = range.range->read(static_cast<u32>(address + done - range.base), static_cast<Width>(bytes));
    } else {
      bytes = static_cast<unsigned>(gap(address + done, rest));
      log_.write(LogCategory::Bus, "{} read of {} bytes at {:#x}: no device answers", name_, bytes,
                 address + done);
    }
    result |= (value & value_mask(bytes)) << (8 * done);
    done += bytes;
  }
  return result;
}

void Bus::write(u64 address, Width width, u64 value) {
  const unsigned size = bytes_of(width);
  for (unsigned done = 0; done < size;) {
    const unsigned rest = size - done;
    const u64 remaining = value >> (8 * done);
    unsigned bytes = 0;
    if (const Attachment* found = find(address + done)) {
      const Attachment range = *found;
      bytes = piece(range, address + done, rest);
      ++*range.accesses;
      range.range->write(static_cast<u32>(address + done - range.base), static_cast<Width>(bytes),
                         remaining & value_mask(bytes));
    } else {
      bytes = static_cast<unsigned>(gap(address + done, rest));
      log_.write(LogCategory::Bus, "{} write of {:#x} ({} bytes) at {:#x}: no device answers", name_,
                 remaining & value_mask(bytes), bytes, address + done);
    }
    done += bytes;
  }
}

void Bus::serialize_counts(Archive& archive) {
  u64 size = counts_.size();
  archive(size);
  auto own = counts_.begin();
  for (u64 i = 0; i < size && !archive.failed(); ++i) {
    std::string device = archive.loading() ? std::string() : own->first;
    u64 count = archive.loading() ? 0 : (own++)->second;
    archive(device, count);
    const auto known = counts_.find(device);
    if (known != counts_.end()) known->second = count;
  }
}

}  // namespace ringdown

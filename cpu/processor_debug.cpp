// What a debugger, the guest's own or one outside, sets on the processor: breakpoints and watched bytes.
#include <algorithm>

#include "cpu/processor.h"
#include "cpu/system/debug.h"

namespace ringdown {

void Processor::update_watch() {
  const PrivilegedState& guest = *guest_state_;
  const bool watched = (guest.dr7 & 0xff) != 0;
  if (guest.dr7 == watched_control_ && (!watched || guest.dr == watched_addresses_)) return;
  watched_control_ = guest.dr7;
  watched_addresses_ = guest.dr;
  watch_pages();
}

void Processor::watch_pages() {
  std::vector<GuestLinear> pages;
  if ((watched_control_ & 0xff) != 0) {
    for (const u32 address : watched_addresses_) pages.push_back(GuestLinear(address & ~kPageOffsetMask));
  }
  for (const Watchpoint& w : watchpoints_) {
    const u32 count = ((w.linear & kPageOffsetMask) + w.length - 1) / kPageSize + 1;
    for (u32 i = 0; i < count; ++i)
      pages.push_back(GuestLinear((w.linear & ~kPageOffsetMask) + i * kPageSize));
  }
  memory.watch(this, pages);
}

void Processor::watched_access(GuestLinear linear, u32 size, AccessType type) {
  PrivilegedState& guest = *guest_state_;
  guest.pending_debug |= data_breakpoint_hits(guest, linear.value, size, type);
  const Watchpoint::Kind other = type == AccessType::Write ? Watchpoint::Kind::Read : Watchpoint::Kind::Write;
  for (const Watchpoint& w : watchpoints_) {
    const bool overlaps = linear.value - w.linear < w.length || w.linear - linear.value < size;
    if (!overlaps || w.kind == other) continue;
    watch_hit_ = w;
    // Before what a device asked for: the machine remembers that by itself.
    stop_ = ExitReason::Watchpoint;
    request_attention();
  }
}

void Processor::update_debugger() { debugger_waits_ = !breakpoints_.empty() || !watchpoints_.empty(); }

void Processor::set_breakpoint(u32 linear) {
  if (!has_breakpoint(linear)) breakpoints_.push_back(linear);
  update_debugger();
}

void Processor::clear_breakpoint(u32 linear) {
  std::erase(breakpoints_, linear);
  update_debugger();
}

bool Processor::has_breakpoint(u32 linear) const {
  return std::find(breakpoints_.begin(), breakpoints_.end(), linear) != breakpoints_.end();
}

void Processor::set_watchpoint(const Watchpoint& watchpoint) {
  watchpoints_.push_back(watchpoint);
  update_debugger();
  watch_pages();
}

void Processor::clear_watchpoint(const Watchpoint& watchpoint) {
  std::erase(watchpoints_, watchpoint);
  update_debugger();
  watch_pages();
}

}  // namespace ringdown

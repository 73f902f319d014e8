// What a guest may ask about page tables that it has registered with the monitor.
#pragma once

#include "core/paravirtual_abi.h"

namespace ringdown {

class PageTableRegistry {
 public:
  virtual ~PageTableRegistry() = default;
  /// Registers a page directory and the page tables that it leads to.
  virtual paravirtual::Answer pin(GuestPhysical directory) = 0;
  virtual paravirtual::Answer unpin(GuestPhysical directory) = 0;
  /// Changes one entry of a registered table.
  virtual paravirtual::Answer update(const paravirtual::EntryUpdate& update) = 0;
  /// Whether CR3 may lead to it.
  virtual bool is_pinned(GuestPhysical directory) = 0;
};

}  // namespace ringdown

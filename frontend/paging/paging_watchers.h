// Several watchers of one machine's paging.
#pragma once

#include <vector>

#include "mmu/paging_event.h"

namespace ringdown {

/// Passes each event on to all of them, in the order in which they were added.
class PagingWatchers final : public PagingEventSink {
 public:
  void add(PagingEventSink& watcher) { watchers_.push_back(&watcher); }
  void paging_event(const PagingEvent& event) override {
    for (PagingEventSink* const watcher : watchers_) watcher->paging_event(event);
  }

 private:
  std::vector<PagingEventSink*> watchers_;
};

}  // namespace ringdown

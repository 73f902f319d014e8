// Look-up of a root's context, and the choice of one to give away.
#include "mmu/paging_contexts.h"

#include <algorithm>

namespace ringdown {

PagingContexts::Selection PagingContexts::select(const PagingRoot& root) {
  auto owner = std::ranges::find_if(
      owners_, [&](const Owner& other) { return other.root == root && other.selected != 0; });
  const bool known = owner != owners_.end();
  if (!known) owner = std::ranges::min_element(owners_, {}, &Owner::selected);
  *owner = {root, ++selections_};
  return {static_cast<u32>(owner - owners_.begin()), known};
}

}  // namespace ringdown

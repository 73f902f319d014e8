// Which paging root has which context.
#pragma once

#include <array>

#include "mmu/context.h"

namespace ringdown {

/// What CR3 leads to: with PAE, the pointer entries that it loaded.
struct PagingRoot {
  u32 cr3 = 0;
  std::array<u64, 4> pdpte{};
  friend bool operator==(const PagingRoot&, const PagingRoot&) = default;
};

/// Gives contexts to roots: a root finds the one that it had, until so many others were active since that it
/// was given to another.
class PagingContexts {
 public:
  struct Selection {
    u32 context = 0;
    bool known = false;  // else the context was another root's, or nobody's
  };
  Selection select(const PagingRoot& root);
  /// Whose context it is; nullptr: nobody's.
  const PagingRoot* root_of(u32 context) const {
    return owners_[context].selected != 0 ? &owners_[context].root : nullptr;
  }
  /// No root has a context.
  void forget() { owners_ = {}; }

 private:
  struct Owner {
    PagingRoot root;
    u64 selected = 0;  // when last, counting selections; 0: nobody's
  };
  std::array<Owner, kContexts> owners_;
  u64 selections_ = 0;
};

}  // namespace ringdown

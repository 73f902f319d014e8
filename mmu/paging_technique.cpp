// The choice between the techniques.
#include "mmu/paging_technique.h"

#include "mmu/direct_paging.h"
#include "mmu/nested_paging.h"
#include "mmu/shadow_paging.h"

namespace ringdown {

std::unique_ptr<PagingTechnique> make_paging(const PagingOptions& options, Deprivilege deprivilege,
                                             GuestMemory& memory, TranslationCache& cache) {
  switch (options.technique) {
    case Technique::Shadow:
      break;
    case Technique::Nested:
      return std::make_unique<NestedPaging>(memory, cache);
    case Technique::Direct:
      return std::make_unique<DirectPaging>(memory, cache);
  }
  return std::make_unique<ShadowPaging>(memory, cache, deprivilege, options);
}

}  // namespace ringdown

// The choice between the techniques, and what they count alike.
#include "mmu/paging_technique.h"

#include "mmu/direct_paging.h"
#include "mmu/nested_paging.h"
#include "mmu/page_entry.h"
#include "mmu/shadow_paging.h"

namespace ringdown {

std::optional<HiddenCause> PagingTechnique::count_answered(GuestLinear linear, const Resolution& resolution,
                                                           bool protected_store) {
  if (resolution.kind == Resolution::Kind::Device) {
    if (!assist()) return {};
    ++counters_.device_accesses;
    return HiddenCause::Device;
  }
  if (protected_store) {
    if (one_shot_page_ == page_of(linear)) return {};
    one_shot_page_ = page_of(linear);
    ++counters_.write_protect_traps;
    assist();
    return HiddenCause::Protected;
  }
  ++counters_.hidden_faults;
  return HiddenCause::Missing;
}

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

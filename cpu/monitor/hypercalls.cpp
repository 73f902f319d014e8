// Calls of a paravirtual guest to the monitor.
#include "cpu/monitor/hypercalls.h"

#include <algorithm>
#include <array>

namespace ringdown {

using namespace paravirtual;

namespace {

Answer update_entries(SystemView& view, PageTableRegistry& registry) {
  const u32 count = view.registers.get(Gpr::Ecx);
  view.registers.set(Gpr::Ecx, 0);
  if (count > kMostUpdates) return Answer::TooMany;
  // All of them at first: an update may take the array's own page away.
  std::array<EntryUpdate, kMostUpdates> updates;
  const auto asked = std::span(updates).first(count);
  if (!view.memory.peek(GuestLinear(view.registers.get(Gpr::Ebx)), std::as_writable_bytes(asked)))
    return Answer::BadPointer;
  for (u32 done = 0; done < count; ++done) {
    if (const Answer answer = registry.update(asked[done]); answer != Answer::Done) return answer;
    view.registers.set(Gpr::Ecx, done + 1);
  }
  const u32 page = view.registers.get(Gpr::Edx);
  if ((page & kInvalidate) != 0) view.backend.invalidate_page(GuestLinear(page));
  return Answer::Done;
}

Answer load_root(SystemView& view, PageTableRegistry& registry) {
  const u32 root = view.registers.get(Gpr::Ebx);
  if (!registry.is_pinned(GuestPhysical(root & ~kPageOffsetMask))) return Answer::NotPinned;
  view.state.cr3 = root;
  view.backend.paging_changed();
  return Answer::Done;
}

Answer invalidate(SystemView& view) {
  const u32 count = view.registers.get(Gpr::Ecx);
  if (count > kMostInvalidations) return Answer::TooMany;
  const GuestLinear first(view.registers.get(Gpr::Ebx));
  for (u32 page = 0; page < count; ++page) view.backend.invalidate_page(first + (page << kPageShift));
  return Answer::Done;
}

Answer perform(SystemView& view, PageTableRegistry& registry) {
  const GuestPhysical directory(view.registers.get(Gpr::Ebx));
  switch (static_cast<Call>(view.registers.get(Gpr::Eax))) {
    case Call::PinDirectory:
      return registry.pin(directory);
    case Call::Unpin:
      return registry.unpin(directory);
    case Call::Update:
      return update_entries(view, registry);
    case Call::LoadRoot:
      return load_root(view, registry);
    case Call::Invalidate:
      return invalidate(view);
  }
  return Answer::UnknownCall;
}

}  // namespace

bool at_hypercall(const SystemView& view) {
  if (!view.state.protected_mode() || view.state.paragraph_segments() || view.cpl() != 0) return false;
  constexpr std::array<std::byte, kHypercallLength> kVmcall{std::byte{0x0f}, std::byte{0x01},
                                                            std::byte{0xc1}};
  std::array<std::byte, kHypercallLength> bytes{};
  const GuestLinear at(view.state.segment(Segment::Cs).base + view.registers.eip);
  return view.memory.peek(at, bytes) && bytes == kVmcall;
}

void perform_hypercall(SystemView& view, PageTableRegistry& registry) {
  const Answer answer = perform(view, registry);
  view.registers.set(Gpr::Eax, static_cast<u32>(answer));
}

}  // namespace ringdown

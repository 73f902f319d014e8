// Names and short texts for paging.
#include "frontend/paging/paging_text.h"

#include "mmu/page_entry.h"
#include "mmu/shadow_table.h"

namespace ringdown {

namespace {

void append(std::string& text, std::string_view separator, bool wanted, std::string_view word) {
  if (!wanted) return;
  if (!text.empty()) text += separator;
  text += word;
}

}  // namespace

std::string_view name_of(Deprivilege deprivilege) {
  return deprivilege == Deprivilege::Ring1 ? "ring1" : "ring3";
}

std::string_view name_of(ShadowSync sync) {
  switch (sync) {
    case ShadowSync::Strict:
      return "strict";
    case ShadowSync::Lazy:
      return "lazy";
    case ShadowSync::Auto:
      return "auto";
  }
  return "";
}

std::string_view paging_mode_name(const PagingControls& controls) {
  switch (mode_of(controls)) {
    case PagingMode::None:
      return "none";
    case PagingMode::Bits32:
      return "32-bit";
    case PagingMode::Pae:
      return "pae";
  }
  return "";
}

std::string rights_text(u8 rights) {
  using namespace shadow_rights;
  std::string text;
  append(text, " ", (rights & kUser) != 0, "u");
  append(text, " ", (rights & kWrite) == kWrite, "w");
  append(text, " ", (rights & kWrite) == kSupervisorWrite, "sw");
  append(text, " ", (rights & kWrite) == kUserWrite, "uw");
  append(text, " ", (rights & kExecute) != 0, "x");
  return text;
}

std::string rights_words(u8 rights) {
  using namespace shadow_rights;
  const u8 write = rights & kWrite;
  return fmt::format("{}, {}, {}", (rights & kUser) != 0 ? "user" : "supervisor",
                     write == kWrite             ? "write"
                     : write == kSupervisorWrite ? "supervisors write"
                     : write == kUserWrite       ? "users write"
                                                 : "read-only",
                     (rights & kExecute) != 0 ? "execute" : "no execute");
}

std::string withheld_text(u64 entry) {
  const u8 granted = shadow_entry::Rights::get(entry);
  return rights_text(static_cast<u8>(shadow_entry::guest_rights(entry) & ~granted));
}

std::string error_code_text(u32 error_code) {
  using namespace page_fault;
  std::string text;
  append(text, ", ", true,
         (error_code & kFetch) != 0   ? "fetch"
         : (error_code & kWrite) != 0 ? "write"
                                      : "read");
  append(text, ", ", true, (error_code & kUser) != 0 ? "user" : "supervisor");
  append(text, ", ", true, (error_code & kPresent) != 0 ? "present" : "not present");
  append(text, ", ", (error_code & kReserved) != 0, "reserved bit");
  return text;
}

}  // namespace ringdown

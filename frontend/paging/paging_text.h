// Names and short texts for paging events and shadow entries, as traces, console and report use them.
#pragma once

#include <fmt/core.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "mmu/guest_paging.h"
#include "mmu/paging_event.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// fmt::format at the end of a text.
template <class... Args>
void append_text(std::string& text, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
}

std::string_view name_of(Deprivilege deprivilege);
/// As --shadow-sync has it.
std::string_view name_of(ShadowSync sync);
/// "none", "32-bit" or "pae".
std::string_view paging_mode_name(const PagingControls& controls);

/// What a shadow entry grants, as words apart: `u` users may access, `w` writes (`sw` supervisors' alone,
/// `uw` users' alone), `x` instruction fetches; empty if none of these.
std::string rights_text(u8 rights);
/// The same for a person: "user, write, execute"; "supervisor, read-only, no execute".
std::string rights_words(u8 rights);
/// Of a shadow page entry: the write rights that the guest gives and that protection takes away.
std::string withheld_text(u64 entry);
/// A page fault's error code in words: "write, user, present".
std::string error_code_text(u32 error_code);

}  // namespace ringdown

// Robin and Irvine's list (USENIX Security 2000), and why measurements find more.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace ringdown {

/// A mnemonic of their list, as frontend/lab/table/probed_instructions.h has it, and the names of the rows of
/// the instruction table that it means.
struct RobinIrvineEntry {
  std::string_view mnemonic;
  std::vector<std::string_view> rows;
};

/// 18 mnemonics; most texts count 17.
std::span<const RobinIrvineEntry> robin_irvine_list();
bool on_robin_irvine_list(std::string_view row);

/// Why an instruction that is not on their list is sensitive and not privileged; empty for one that is not
/// expected to be.
std::string_view reason_beyond_robin_irvine(std::string_view row);

}  // namespace ringdown

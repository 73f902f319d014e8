// Robin and Irvine's list (USENIX Security 2000), and why measurements find more.
#pragma once

#include <span>
#include <string_view>

namespace ringdown {

/// A mnemonic of their list and the names of the table's rows it means.
struct RobinIrvineEntry {
  std::string_view mnemonic;
  std::span<const std::string_view> rows;
};

/// 18 mnemonics; most texts count 17.
std::span<const RobinIrvineEntry> robin_irvine_list();
bool on_robin_irvine_list(std::string_view row);

/// Why an instruction that is not on their list is sensitive and not privileged; empty for one that is not
/// expected to be.
std::string_view reason_beyond_robin_irvine(std::string_view row);

}  // namespace ringdown

// The header that all ACPI tables share.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown::acpi {

inline constexpr std::string_view kOemId = "RINGDN";
inline constexpr std::size_t kHeaderSize = 36;
inline constexpr std::size_t kChecksumOffset = 9;

inline void append(std::vector<u8>& table, u64 value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) table.push_back(static_cast<u8>(value >> (8 * i)));
}
inline void append(std::vector<u8>& table, std::string_view text) {
  table.insert(table.end(), text.begin(), text.end());
}

/// A table of `signature` (four characters) with `body` after the header; its checksum stays zero.
inline std::vector<u8> table(std::string_view signature, u8 revision, const std::vector<u8>& body) {
  std::vector<u8> result;
  append(result, signature);
  append(result, kHeaderSize + body.size(), 4);
  append(result, revision, 1);
  append(result, 0, 1);  // checksum
  append(result, kOemId);
  append(result, "RINGDOWN");  // OEM table ID
  append(result, 1, 4);        // OEM revision
  append(result, "RGDN");      // creator ID
  append(result, 1, 4);        // creator revision
  result.insert(result.end(), body.begin(), body.end());
  return result;
}

}  // namespace ringdown::acpi

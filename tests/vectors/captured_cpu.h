// The processors that tests were captured from, and what holds for all tests of one.
#pragma once

#include <optional>
#include <string_view>

#include "core/types.h"

namespace ringdown::test {

/// Families, oldest first; the order is used.
enum class CapturedCpu : u8 { I8086, V20, I186, I286, I386 };

struct CapturedCpuTraits {
  std::string_view header;  // the name in a file's header
  CapturedCpu family;
  std::string_view name;
  /// FLAGS bits that are set up and compared.
  u32 flags;
  std::string_view flags_reason;  // why the others are not
  /// Whether tests end with an HLT of their own; if not, one is put where the test ends.
  bool ends_with_halt;
  /// Whether files say which exception a test raised.
  bool tells_exceptions;
  /// Whether addresses wrap at 1 MiB.
  bool wraps_at_megabyte;
};

/// Of a header's processor name; none if it is not known.
std::optional<CapturedCpuTraits> find_captured_cpu(std::string_view header);

}  // namespace ringdown::test

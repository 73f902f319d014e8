// Scan codes: the 8042's translation and the keyboard's conversion from its native set 2 to sets 1 and 3.
#pragma once

#include <span>
#include <vector>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

inline constexpr u8 kScanBreak = 0xf0;
inline constexpr u8 kScanExtended = 0xe0;
inline constexpr u8 kScanPause = 0xe1;

/// What an 8042 makes of a byte from a set 2 keyboard: the set 1 make code (IBM PS/2 technical reference,
/// "Keyboard Controller", translation table).
u8 translate_set_2(u8 code);

/// The 8042's translator: swallows the break prefix and sets the high bit of the code that follows.
class ScanCodeTranslator {
 public:
  /// Returns false if the byte produces no output.
  bool translate(u8 input, u8& output);
  void reset() { break_pending_ = false; }
  void serialize(Archive& archive) { archive(break_pending_); }

 private:
  bool break_pending_ = false;
};

/// Converts whole set 2 sequences (makes and breaks, possibly several) into set 1.
std::vector<u8> set_1_of(std::span<const u8> set_2);
/// The same into set 3. Codes that set 3 does not know, such as the shifts that set 2 wraps around the cursor
/// keys, vanish.
std::vector<u8> set_3_of(std::span<const u8> set_2);

}  // namespace ringdown

// The script by which SeaBIOS places tables in guest memory and links them.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown {

/// Collects the commands of the file "etc/table-loader". Source: SeaBIOS, src/fw/romfile_loader.h (format
/// only).
class TableLoader {
 public:
  enum class Zone : u8 { High = 1, FSegment = 2 };

  /// Loads a file to memory of its own. Comes before every other command that names the file.
  void allocate(std::string_view file, u32 alignment, Zone zone);
  /// Adds the address of `source` to the `size` bytes at `offset` of `destination`.
  void add_pointer(std::string_view destination, std::string_view source, u32 offset, u8 size);
  /// Makes the bytes [start, start + length) of `file` sum to zero, by the byte at `offset`.
  void add_checksum(std::string_view file, u32 offset, u32 start, u32 length);

  const std::vector<u8>& script() const { return script_; }

 private:
  enum class Command : u32 { Allocate = 1, AddPointer = 2, AddChecksum = 3 };

  void begin(Command command);
  void file_name(std::string_view name);
  void number(u64 value, unsigned bytes);
  void end();

  std::vector<u8> script_;
};

}  // namespace ringdown

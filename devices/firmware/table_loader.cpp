// Encoding of the table loader's commands.
#include "devices/firmware/table_loader.h"

#include <cassert>

namespace ringdown {
namespace {

constexpr std::size_t kEntrySize = 128;
constexpr std::size_t kNameSize = 56;

}  // namespace

void TableLoader::begin(Command command) { number(static_cast<u32>(command), 4); }

void TableLoader::file_name(std::string_view name) {
  assert(name.size() < kNameSize);
  script_.insert(script_.end(), name.begin(), name.end());
  script_.resize(script_.size() + kNameSize - name.size());
}

void TableLoader::number(u64 value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) script_.push_back(static_cast<u8>(value >> (8 * i)));
}

void TableLoader::end() { script_.resize((script_.size() + kEntrySize - 1) / kEntrySize * kEntrySize); }

void TableLoader::allocate(std::string_view file, u32 alignment, Zone zone) {
  begin(Command::Allocate);
  file_name(file);
  number(alignment, 4);
  number(static_cast<u8>(zone), 1);
  end();
}

void TableLoader::add_pointer(std::string_view destination, std::string_view source, u32 offset, u8 size) {
  begin(Command::AddPointer);
  file_name(destination);
  file_name(source);
  number(offset, 4);
  number(size, 1);
  end();
}

void TableLoader::add_checksum(std::string_view file, u32 offset, u32 start, u32 length) {
  begin(Command::AddChecksum);
  file_name(file);
  number(offset, 4);
  number(start, 4);
  number(length, 4);
  end();
}

}  // namespace ringdown

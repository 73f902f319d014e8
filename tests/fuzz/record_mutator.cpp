// Mutates inputs of whole records: most of libFuzzer's own mutations would shift what lies behind them.
#include <algorithm>
#include <cstring>
#include <random>
#include <span>

#include "tests/fuzz/device_operations.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

constexpr size_t kRecord = ringdown::test::DeviceOperation::kSize;

void move_records(uint8_t* data, size_t from, size_t to, size_t count) {
  std::memmove(data + to * kRecord, data + from * kRecord, count * kRecord);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  std::minstd_rand random(seed);
  const auto below = [&](size_t bound) { return random() % bound; };
  const size_t count = size / kRecord, most = max_size / kRecord;
  if (most == 0) return LLVMFuzzerMutate(data, size, max_size);
  if (count == 0) {
    std::generate_n(data, kRecord, [&] { return static_cast<uint8_t>(random() >> 8); });
    return kRecord;
  }
  const size_t at = below(count);
  switch (below(8)) {
    case 0:  // a new one, or a copy of another one, in between
      if (count < most) {
        move_records(data, at, at + 1, count - at);
        if (below(2) == 0)
          std::generate_n(data + at * kRecord, kRecord, [&] { return static_cast<uint8_t>(random() >> 8); });
        return (count + 1) * kRecord;
      }
      [[fallthrough]];
    case 1: {  // some go
      if (count == 1) break;
      const size_t gone = std::min(count - at, 1 + below(4));
      move_records(data, at + gone, at, count - at - gone);
      return std::max<size_t>(count - gone, 1) * kRecord;
    }
    case 2:  // two change places
      std::swap_ranges(data + at * kRecord, data + (at + 1) * kRecord, data + below(count) * kRecord);
      return count * kRecord;
    default:
      break;
  }
  LLVMFuzzerMutate(data + at * kRecord, kRecord, kRecord);
  return count * kRecord;
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size, const uint8_t* second,
                                            size_t second_size, uint8_t* out, size_t max_size,
                                            unsigned int seed) {
  std::minstd_rand random(seed);
  const auto part = [&](size_t size) {
    return size < kRecord ? 0 : random() % (size / kRecord + 1) * kRecord;
  };
  const size_t head = std::min(part(first_size), max_size / kRecord * kRecord);
  const size_t skipped = part(second_size);
  const size_t tail = std::min(second_size - skipped, max_size - head) / kRecord * kRecord;
  std::memcpy(out, first, head);
  std::memcpy(out + head, second + skipped, tail);
  return head + tail;
}

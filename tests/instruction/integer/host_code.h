// Runs instruction bytes on the host's own processor, where that is an x86-64: a second opinion on what they
// do.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "core/types.h"

namespace ringdown::test {

struct HostState {
  std::array<u64, 8> gpr{};  // in encoding order; ESP is not passed
  u64 flags = 0;
};

/// One page of data at a fixed low address, and a place for code.
class HostCode {
 public:
  /// nullptr if this host cannot run x86 code or the address is taken.
  static std::unique_ptr<HostCode> create(u32 data_address, u32 data_size);
  ~HostCode();
  HostCode(const HostCode&) = delete;
  HostCode& operator=(const HostCode&) = delete;

  std::span<u8> data() const { return {data_, data_size_}; }
  /// Runs code that means the same in 32-bit and 64-bit mode, raises no exception and touches no memory but
  /// data().
  void run(std::span<const u8> code, HostState& state);

 private:
  HostCode(u8* data, u32 data_size, u8* code) : data_(data), data_size_(data_size), code_(code) {}
  u8* data_;
  u32 data_size_;
  u8* code_;
};

}  // namespace ringdown::test

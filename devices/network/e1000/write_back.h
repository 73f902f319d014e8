// Descriptors that are done and not yet written back.
#pragma once

#include <vector>

#include "devices/network/e1000/bus_master.h"

namespace ringdown::e1000 {

/// Collects them until RXDCTL.WTHRESH or TXDCTL.WTHRESH of them are there, or somebody cannot wait.
class WriteBack {
 public:
  /// The length of what is written: a receive descriptor's second half, or a transmit descriptor's status.
  WriteBack(const RegisterFile& registers, Offset control, std::size_t length)
      : registers_(registers), control_(control), length_(length) {}

  /// Adds one; true if the threshold has been reached.
  bool add(u64 address, u64 content);
  void flush(const BusMaster& bus);
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }

  void serialize(Archive& archive);

 private:
  struct Entry {
    u64 address = 0;
    u64 content = 0;
    void serialize(Archive& archive) { archive(address, content); }
  };

  const RegisterFile& registers_;
  Offset control_;
  std::size_t length_;
  std::vector<Entry> entries_;
};

}  // namespace ringdown::e1000

// Collects what a component saves, without the state file around it.
#pragma once

#include <utility>
#include <vector>

#include "core/archive.h"

namespace ringdown {

class CapturingArchive final : public Archive {
 public:
  explicit CapturingArchive(u16 version) : version_(version) {}
  bool loading() const override { return false; }
  u16 version() const override { return version_; }
  void fail(std::string_view) override { failed_ = true; }
  bool failed() const override { return failed_; }
  void bytes(std::span<std::byte> data) override { payload.insert(payload.end(), data.begin(), data.end()); }

  std::vector<std::byte> payload;

 private:
  u16 version_;
  bool failed_ = false;
};

}  // namespace ringdown

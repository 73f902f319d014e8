// The payload of one component's chunk of a state file: taken out of it, and put back forged.
#pragma once

#include <utility>
#include <vector>

#include "core/archive.h"

namespace ringdown::test {

/// Collects one component's payload without the file around it.
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

/// A chunk with any payload in the place of a component's own.
class ForgedChunk final : public Serializable {
 public:
  ForgedChunk(const Serializable& original, std::vector<std::byte> payload)
      : tag_(original.chunk_tag()), version_(original.chunk_version()), payload_(std::move(payload)) {}
  ChunkTag chunk_tag() const override { return tag_; }
  u16 chunk_version() const override { return version_; }
  void serialize(Archive& archive) override { archive.bytes(payload_); }

 private:
  ChunkTag tag_;
  u16 version_;
  std::vector<std::byte> payload_;
};

}  // namespace ringdown::test

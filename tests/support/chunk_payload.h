// The payload of one component's chunk of a state file, put back forged.
#pragma once

#include <utility>
#include <vector>

#include "core/capturing_archive.h"

namespace ringdown::test {

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

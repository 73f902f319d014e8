// What a state file says of the machine that wrote it, so that it is restored into the same one only.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/archive.h"
#include "frontend/machine/board.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// The options that a saved state depends on. Restoring fails if they differ, and says how.
class MachineIdentity final : public Serializable {
 public:
  MachineIdentity(const MachineConfig& config, const BoardMedia& media, std::span<const u8> firmware);

  ChunkTag chunk_tag() const override { return ChunkTag("MACH"); }
  void serialize(Archive& archive) override;

 private:
  /// As a user would say it: the option and what it was given.
  struct Property {
    std::string option;
    std::string value;
    void serialize(Archive& archive) { archive(option, value); }
  };
  /// States of before there was an option do not name it: they are of what was there before.
  void complete(std::vector<Property>& saved) const;

  std::vector<Property> properties_;
};

}  // namespace ringdown

// System control port A (92h): the fast ways to open A20 and to reset.
#pragma once

#include "core/archive.h"
#include "core/bus.h"
#include "core/machine_control.h"
#include "devices/input/a20_gate.h"

namespace ringdown {

/// Source: PIIX3 data sheet, "Port 92 Register".
class Port92 final : public BusRange, public Serializable {
 public:
  Port92(A20Gate& gate, MachineControl& control);

  void reset();
  u64 read(u32 offset, Width width) override;
  void write(u32 offset, Width width, u64 value) override;

  ChunkTag chunk_tag() const override { return ChunkTag("P92 "); }
  void serialize(Archive& archive) override;

 private:
  A20Gate& gate_;
  MachineControl& control_;
  u8 value_ = 0;
};

}  // namespace ringdown

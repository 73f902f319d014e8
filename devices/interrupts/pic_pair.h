// The two cascaded 8259As of a PC with their edge/level registers: sixteen inputs, one INT output.
#pragma once

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "devices/interrupts/pic.h"

namespace ringdown {

/// Master and slave 8259A as in PIIX3; the slave's output is the master's input 2. Inputs 0 to 15 are the ISA
/// interrupts.
class PicPair final : public InterruptSink, public InterruptAcknowledge, public Serializable {
 public:
  /// Connects INT. It goes low for a moment at each acknowledge, so an edge-triggered receiver sees every
  /// request.
  void connect_output(InterruptLine output) { output_ = output; }

  /// Two ports each, A0 = 0 and A0 = 1.
  BusRange& master_ports() { return master_ports_; }
  BusRange& slave_ports() { return slave_ports_; }
  /// ELCR1 and ELCR2.
  BusRange& edge_level_ports() { return edge_level_ports_; }

  void reset();
  void set_input(unsigned pin, Level level) override;
  u8 acknowledge() override;

  ChunkTag chunk_tag() const override { return ChunkTag("PIC "); }
  void serialize(Archive& archive) override;

 private:
  static constexpr unsigned kCascade = 2;

  u64 read_master(u32 offset, Width) { return read(master_, offset); }
  void write_master(u32 offset, Width, u64 value) { write(master_, offset, static_cast<u8>(value)); }
  u64 read_slave(u32 offset, Width) { return read(slave_, offset); }
  void write_slave(u32 offset, Width, u64 value) { write(slave_, offset, static_cast<u8>(value)); }
  u64 read_edge_level(u32 offset, Width);
  void write_edge_level(u32 offset, Width, u64 value);
  u64 read(Pic& pic, u32 offset);
  void write(Pic& pic, u32 offset, u8 value);
  void update();

  Pic master_{1u << kCascade};
  Pic slave_{0};
  InterruptLine output_;
  Window<PicPair, &PicPair::read_master, &PicPair::write_master> master_ports_{*this};
  Window<PicPair, &PicPair::read_slave, &PicPair::write_slave> slave_ports_{*this};
  Window<PicPair, &PicPair::read_edge_level, &PicPair::write_edge_level> edge_level_ports_{*this};
};

}  // namespace ringdown

// What asks for a non-maskable interrupt on a PC: port 61h's checks, and the mask in front of the processor.
#pragma once

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"

namespace ringdown {

/// Source: Intel 290550 (PIIX3), "NMI Status and Control Register" and "NMI Enable". Its input 0 is the
/// enable that bit 7 of port 70h gives. PCI's SERR# is never asserted here: its bit of the status reads zero.
class NmiSources final : public InterruptSink, public Serializable {
 public:
  /// `speaker_port` has the other bits of port 61h; `nmi` leads to the processor.
  NmiSources(BusRange& speaker_port, InterruptLine nmi) : speaker_port_(speaker_port), nmi_(nmi) {}

  /// Port 61h.
  BusRange& control_port() { return control_port_; }
  /// IOCHK# goes low for a moment, as a debugging card or the NMI button of a server has it.
  void report_io_check();

  void reset();
  void set_input(unsigned, Level level) override;

  ChunkTag chunk_tag() const override { return ChunkTag("NMI "); }
  void serialize(Archive& archive) override;

 private:
  u64 read(u32 offset, Width width);
  void write(u32 offset, Width width, u64 value);
  void update();

  BusRange& speaker_port_;
  InterruptLine nmi_;
  u8 disabled_ = 0;        // the bits of port 61h that switch its checks off
  bool io_check_ = false;  // its status
  bool enabled_ = false;   // a wire: driven again after a restore
  Window<NmiSources, &NmiSources::read, &NmiSources::write> control_port_{*this};
};

}  // namespace ringdown

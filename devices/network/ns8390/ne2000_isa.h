// The NE2000: a DP8390 on an ISA card in a 16-bit slot.
#pragma once

#include "core/archive.h"
#include "devices/network/ns8390/ne2000_ports.h"

namespace ringdown {

class Ne2000Isa final : public EthernetPort, public Serializable {
 public:
  /// `number` (0 to 9) tells the adapters of one machine apart.
  Ne2000Isa(unsigned number, Scheduler& scheduler, const MacAddress& address, EthernetWire& wire,
            InterruptLine interrupt);

  /// Ne2000Ports::kLength ports, to be attached with Width::Word.
  BusRange& ports() { return ports_; }
  /// RESET DRV of the bus.
  void reset() { controller_.reset(); }

  bool accepts_frame() const override { return controller_.accepts_frame(); }
  void receive(std::span<const std::byte> frame) override { controller_.receive(frame); }
  void set_link(bool up) override { controller_.set_link(up); }

  ChunkTag chunk_tag() const override;
  void serialize(Archive& archive) override { controller_.serialize(archive); }

 private:
  unsigned number_;
  Ns8390 controller_;
  Ne2000Ports ports_{controller_};
};

}  // namespace ringdown

// The network adapters of a board and what their cables lead to.
#pragma once

#include <memory>
#include <vector>

#include "core/bus.h"
#include "core/ethernet.h"
#include "core/input_seam.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/scheduler.h"
#include "devices/pci/pci_bus.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// What has passed through an adapter's plug since the machine was made.
struct NicTraffic {
  u64 frames_sent = 0;
  u64 bytes_sent = 0;
  u64 frames_received = 0;
  u64 bytes_received = 0;
};

class NetworkCards {
 public:
  struct Surroundings {
    GuestMemory& memory;
    Scheduler& scheduler;
    Log& log;
    Bus& ports;
    PciBus& pci;
    InterruptSink& pci_router;  // inputs as `pci_router_input` numbers them
    InterruptSink& isa;         // IRQ 0 to 15
    InputSeam& inputs;
  };

  /// Builds every card and attaches it to its bus; `roms` are the contents of their expansion ROMs.
  NetworkCards(const Surroundings& surroundings, const std::vector<NicConfig>& configs,
               std::vector<std::vector<u8>> roms);

  ~NetworkCards();

  /// RESET# to those that are not on PCI, which resets its own.
  void reset();
  const NicTraffic& traffic(unsigned number) const;
  void add_components(std::vector<Serializable*>& all);

 private:
  class Cable;
  struct Card;

  static Card make_card(const Surroundings& surroundings, const NicConfig& config, unsigned number,
                        std::vector<u8> rom);
  void connect_inputs(const Surroundings& surroundings);

  std::vector<Card> cards_;
};

}  // namespace ringdown

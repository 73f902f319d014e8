// The virtio disks of a board.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/disk_image.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/scheduler.h"
#include "devices/pci/pci_bus.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

class VirtioDisks {
 public:
  struct Surroundings {
    GuestMemory& memory;
    Scheduler& scheduler;
    Log& log;
    PciBus& pci;
    InterruptSink& pci_router;  // inputs as `pci_router_input` numbers them
  };

  explicit VirtioDisks(const Surroundings& surroundings);
  ~VirtioDisks();

  /// Builds a disk and puts it in its place on PCI. `unit` is below kVirtioDisks, each once.
  void add(unsigned unit, std::unique_ptr<DiskImage> image, Picoseconds latency);

  /// A request is due and its image is late.
  bool wait_for_images();
  void set_wake(const std::function<void()>& wake);
  /// Waits until everything written is on the host's disks.
  Result<void> flush_images();
  void add_components(std::vector<Serializable*>& all);

 private:
  struct Disk;

  Surroundings surroundings_;
  std::vector<Disk> disks_;
};

}  // namespace ringdown

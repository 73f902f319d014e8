// A whole board without a guest of its own, for operations on its devices to be played on: see
// docs/fuzzing.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/machine/machine.h"
#include "tests/fuzz/host_rig_medium.h"
#include "tests/fuzz/rig_places.h"

namespace ringdown::test {

/// The adapters' addresses differ.
MacAddress rig_mac(RigCard card);

/// Its processor only acknowledges interrupts and halts (roms/fuzz/device_rig.asm), until an operation
/// overwrites its vectors or turns its ROM off. Everything is deterministic.
class DeviceRig {
 public:
  static constexpr u64 kMemoryBytes = u64{2} << 20;

  /// `name` tells the media of the rigs of one process apart.
  DeviceRig(const std::string& name, RigBoard board);

  Machine& machine() { return *machine_; }
  const RigPlaces& places() const { return places_of(board_); }
  std::string cd_path() const { return cd_.path(); }
  std::string floppy_path() const { return floppy_.path(); }
  /// Machine and media as they were behind construction.
  void renew();
  /// What firmware does behind a reset: puts PCI functions to their places, lets the interrupt controllers
  /// work.
  void set_up();
  /// Runs for `ticks`, or until the processor halts. A guest that ends its machine resets it.
  void run(Ticks ticks);
  /// What an access asked the machine for (a reset, power off) happens.
  void settle() { end_as(machine_->run(machine_->ticks()).reason); }
  /// Up to `events` times: lets a halted processor's time pass to the next event, and runs what it wakes.
  void pass(unsigned events);
  /// An input from outside, delivered at once.
  void post(InputChannel channel, std::vector<u8> payload);
  /// Takes over machine and media of `other` as a saved state has them; the text of an error, or empty.
  std::string restore_from(DeviceRig& other);
  /// What a network adapter sent last; empty before that.
  const std::vector<u8>& last_frame() const { return wire_.last; }
  /// Everything that has state but the counters, in a state file's order.
  std::vector<Serializable*> parts();
  /// Which parts and media differ; empty if none.
  std::string difference(DeviceRig& other);
  /// After a reset, the first disk must identify itself and give a sector as its image has it. What went
  /// wrong, or empty.
  std::string probe();

  // Accesses as a processor makes them.
  u64 in(u64 port, Width width) { return machine_->ports().read(port, width); }
  void out(u64 port, Width width, u64 value) { machine_->ports().write(port, width, value); }
  void configure(PciAddress at, u8 offset, Width width, u32 value);
  u32 configuration(PciAddress at, u8 offset, Width width);

 private:
  /// Where all adapters' cables lead.
  struct Wire final : EthernetWire {
    void transmit(std::span<const std::byte> frame) override;
    std::vector<u8> last;
    u64 checksum = 0;  // over all frames
  };

  void add_network(MachineConfig& config);
  void set_up_network();
  void end_as(StopReason reason);
  bool wait_while_busy();
  std::string probe_identify();
  std::string probe_read(u64 sector);

  const RigBoard board_;
  Log log_;
  Wire wire_;
  RigMedium disk_, read_only_disk_, cd_, floppy_, virtio_disk_;
  NullSerialBackend serial_;
  std::unique_ptr<Machine> machine_;
  std::vector<std::byte> fresh_;
};

}  // namespace ringdown::test

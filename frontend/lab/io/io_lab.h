// What devices cost under a monitor: how often the same work traps with each of them.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Names on the command line and in JSON, and what each is; those of the oldest kind first.
#define RINGDOWN_IO_DEVICES(X)                                                              \
  X(Ne2000, "ne2000", "an NE2000 on ISA, word by word from and to its data port")           \
  X(Rtl8029, "rtl8029", "the same on PCI")                                                  \
  X(Pcnet, "pcnet", "AMD's PCnet-PCI II: rings of descriptors, registers behind two ports") \
  X(E1000, "e1000", "Intel's 82540EM: rings of descriptors, registers in memory")           \
  X(VirtioNet, "virtio-net", "a virtio network device: packets in virtqueues")              \
  X(IdePio, "ide-pio", "the PC's IDE controller, word by word from and to its data port")   \
  X(IdeDma, "ide-dma", "the same as bus master")                                            \
  X(VirtioBlk, "virtio-blk", "a virtio block device: requests in a virtqueue")

enum class IoDevice : u8 {
#define RINGDOWN_IO_DEVICE(id, name, text) id,
  RINGDOWN_IO_DEVICES(RINGDOWN_IO_DEVICE)
#undef RINGDOWN_IO_DEVICE
};
#define RINGDOWN_IO_DEVICE(id, name, text) IoDevice::id,
inline constexpr std::array kIoDevices{RINGDOWN_IO_DEVICES(RINGDOWN_IO_DEVICE)};
#undef RINGDOWN_IO_DEVICE
std::string_view name_of(IoDevice device);
std::string_view describe(IoDevice device);

enum class IoWork : u8 { Send, Receive, Read, Write };
/// Whether data go from the guest to the device.
constexpr bool is_outward(IoWork work) { return work == IoWork::Send || work == IoWork::Write; }
std::string_view unit_of(IoWork work);

/// One device at one kind of work.
struct IoCase {
  IoDevice device{};
  IoWork work{};
  u32 units = 0;
  u32 batch = 1;  // units that its driver is handed, or that come over the wire, at a time
};
/// "send 1,000 packets of 1,500 bytes, one at a time".
std::string describe(const IoCase& one);

/// Entries to the monitor, by what they are owed to.
struct IoTraps {
  u64 ports = 0;       // the device's, and those of PCI
  u64 memory = 0;      // the device's registers in memory
  u64 interrupts = 0;  // entries and IRETs, the interrupt controllers' ports, CLI, STI and HLT
  u64 others = 0;
  u64 under_vtx = 0;  // those of all four that a monitor would need with VT-x and extended page tables too

  u64 total() const { return ports + memory + interrupts + others; }
  friend bool operator==(const IoTraps&, const IoTraps&) = default;
};

struct IoResult {
  IoCase what;
  IoTraps traps;
  double seconds = 0;  // of the host's processor, the least of several runs
};

inline constexpr u32 kIoMostBatch = 32;

struct IoRequest {
  std::vector<IoDevice> devices;
  u32 packets = 1000;
  u32 blocks = 1000;
  std::vector<u32> batches{1, kIoMostBatch};
};

/// What is measured, the devices that do the same work one after the other.
std::vector<IoCase> io_cases(const IoRequest& request);

/// Has guests do it. The error is that of a machine that could not be built, or of a guest that did not do
/// its work; it names the case.
Result<IoResult> measure_io(const IoCase& one);
Result<std::vector<IoResult>> measure_io(std::span<const IoCase> cases);

/// A table of devices that did the same work.
std::string io_table(std::span<const IoResult> results);
/// An array with one object for each.
std::string io_json(std::span<const IoResult> results);

/// What `ringdown lab io` was asked for.
struct IoLab {
  IoRequest request;
  bool json = false;
};

/// The whole experiment; returns the exit status of the process.
int run_io_lab(const IoLab& lab);

}  // namespace ringdown

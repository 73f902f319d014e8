// Turns records into single accesses, and into what happens around a device: time, inputs, resets.
#include "tests/fuzz/device_operations.h"

#include <algorithm>
#include <cstring>

#include "core/clock_rate.h"
#include "frontend/machine/board_layout.h"
#include "frontend/machine/drive_media.h"

namespace ringdown::test {

namespace {

using namespace board;

constexpr std::size_t kLongestInput = 160;  // records

Width width_of(u8 choice) {
  constexpr Width kWidths[] = {Width::Byte, Width::Byte, Width::Word, Width::Dword};
  return of(kWidths, choice);
}

u32 address_in(const Place& place, u32 choice) { return place.base + choice % place.length; }

u64 port_of(const DeviceOperation& o, const DeviceRig& rig) {
  const Place& place = of(rig.places().ports, o.a);
  return address_in(place, place.length > 256 ? o.b * 251u : o.b);
}

// --- One access -------------------------------------------------------------------------------------------

void port_read(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  read.add(rig.in(port_of(o, rig), width_of(o.c)));
}

void port_write(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  rig.out(port_of(o, rig), width_of(o.c), o.value & open_bus(width_of(o.c)));
}

void port_stream(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  const u64 port = port_of(o, rig);
  const Width width = width_of(o.c);
  for (unsigned i = 0; i < (o.c >> 2); ++i) {
    if ((o.value & 1) != 0) {
      rig.out(port, width, (o.value >> (i % 32)) & open_bus(width));
    } else {
      read.add(rig.in(port, width));
    }
  }
}

void config_read(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  read.add(rig.configuration(of(rig.places().functions, o.a), o.b, width_of(o.c)));
}

void config_write(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  rig.configure(of(rig.places().functions, o.a), o.b, width_of(o.c),
                static_cast<u32>(o.value & open_bus(width_of(o.c))));
}

void memory_read(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  const u32 address = address_in(of(rig.places().memory, o.a), o.value);
  if ((o.b & 1) != 0) read.add(rig.machine().device_memory().read(address, width_of(o.c)));
  std::array<std::byte, 8> bytes{};
  rig.machine().memory().read(GuestPhysical(address), bytes);
  for (const std::byte byte : bytes) read.add(static_cast<u8>(byte));
}

void memory_write(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const u32 address = address_in(of(rig.places().memory, o.a), o.value & 0xffff'fffc);
  const Width width = width_of(o.c);
  const u64 value = (u64{o.b} << 24 | o.value >> 16 | o.b * 0x0101u) & open_bus(width);
  if (rig.machine().memory().page(GuestPhysical(address)).write_frame == GuestMemory::Page::kDevice) {
    rig.machine().device_memory().write(address, width, value);
  } else {
    rig.machine().memory().write_value(GuestPhysical(address), value);
  }
}

void poke(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  // Tables of descriptors, the vectors, or anywhere.
  const u32 offset = o.b * 4u;
  const u32 address = (o.a & 1) != 0   ? kDescriptorTable + offset
                      : (o.a & 2) != 0 ? offset
                                       : o.c * 0x2000u + offset;
  rig.machine().memory().write_value(GuestPhysical(address), o.value);
}

// --- Time, and from outside
// -----------------------------------------------------------------------------------------

void run(const DeviceOperation& o, DeviceRig& rig, Digest&) { rig.run(o.value % 10'000); }

void pass(const DeviceOperation& o, DeviceRig& rig, Digest&) { rig.pass(o.a % 32 + 1); }

void post_input(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr InputChannel kChannels[] = {
      InputChannel::Keyboard,  InputChannel::Mouse,       InputChannel::Serial0,    InputChannel::Serial1,
      InputChannel::ClockRate, InputChannel::PowerButton, InputChannel::SerialBreak};
  const InputChannel channel = of(kChannels, o.a);
  std::vector<u8> payload(o.c % 32);
  for (std::size_t i = 0; i < payload.size(); ++i)
    payload[i] = static_cast<u8>((o.value >> (8 * (i % 4))) + o.b * (i / 4));
  if (channel == InputChannel::Mouse) payload.resize(6);
  if (channel == InputChannel::Medium) {
    const u8 drive = static_cast<u8>((o.b >> 1) % std::size(kDriveNames));
    const std::string path = drive < 4 ? rig.cd_path() : rig.floppy_path();
    payload = MediumChange{drive, drive < 4, (o.b & 1) != 0 ? path : std::string()}.encode();
  }
  if (channel == InputChannel::ClockRate) {
    const u64 rate = kSlowestClock + (u64{o.value} << (o.b % 8));  // the host sets it, not a guest
    payload.resize(sizeof(rate));
    std::memcpy(payload.data(), &rate, sizeof(rate));
  }
  rig.post(channel, std::move(payload));
}

void reset(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  rig.machine().reset();
  if ((o.a & 3) != 3) rig.set_up();
}

/// The caller's.
void save(const DeviceOperation&, DeviceRig&, Digest&) {}

constexpr DeviceAction kAccesses[] = {
    {"port read", port_read},       {"port write", port_write},
    {"port stream", port_stream},   {"config read", config_read},
    {"config write", config_write}, {"memory read", memory_read},
    {"memory write", memory_write}, {"poke", poke},
};
constexpr DeviceAction kSurroundings[] = {
    {"run", run}, {"pass", pass}, {"input", post_input}, {"reset", reset}, {"save", save},
};

std::vector<DeviceAction> with_common(std::span<const DeviceAction> own) {
  std::vector<DeviceAction> all(std::begin(kAccesses), std::end(kAccesses));
  all.insert(all.end(), own.begin(), own.end());
  all.insert(all.end(), std::begin(kSurroundings), std::end(kSurroundings));
  return all;
}

}  // namespace

bool DeviceAction::saves() const { return function == save; }

std::span<const DeviceAction> actions_of(RigBoard board) {
  static const std::vector<DeviceAction> drives = with_common(drive_actions());
  static const std::vector<DeviceAction> network = with_common(network_actions());
  switch (board) {
    case RigBoard::Drives:
      return drives;
    case RigBoard::Network:
      return network;
  }
  return {};
}

DeviceOperation DeviceOperation::decode(std::span<const u8, kSize> bytes, RigBoard board) {
  const std::span<const DeviceAction> actions = actions_of(board);
  DeviceOperation o;
  o.action = &actions[bytes[0] % actions.size()];
  o.a = bytes[1];
  o.b = bytes[2];
  o.c = bytes[3];
  std::memcpy(&o.value, &bytes[4], sizeof(o.value));
  return o;
}

std::vector<DeviceOperation> decode_operations(std::span<const u8> bytes, RigBoard board) {
  std::vector<DeviceOperation> all;
  for (; bytes.size() >= DeviceOperation::kSize && all.size() < kLongestInput;
       bytes = bytes.subspan(DeviceOperation::kSize)) {
    all.push_back(DeviceOperation::decode(bytes.first<DeviceOperation::kSize>(), board));
  }
  return all;
}

u64 apply(const DeviceOperation& operation, DeviceRig& rig) {
  Digest read;
  operation.action->function(operation, rig, read);
  rig.settle();
  return read.sum();
}

}  // namespace ringdown::test

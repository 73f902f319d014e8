// A virtio network device whose wire is a list, and what its driver does most.
#pragma once

#include "devices/virtio/virtio_net.h"
#include "tests/unit/virtio/virtio_rig.h"

namespace ringdown::test {

using Frame = std::vector<std::byte>;

class FrameList final : public EthernetWire {
 public:
  void transmit(std::span<const std::byte> frame) override {
    frames.emplace_back(frame.begin(), frame.end());
  }
  std::vector<Frame> frames;
};

inline constexpr MacAddress kOwnMac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/// A frame to `destination` whose bytes behind the header count up from `seed`.
inline Frame frame_to(const MacAddress& destination, std::size_t size, u8 seed = 0) {
  Frame frame(size);
  std::memcpy(frame.data(), destination.data(), destination.size());
  for (std::size_t i = 12; i < size; ++i) frame[i] = static_cast<std::byte>(seed + i);
  frame[12] = std::byte{0x88};
  frame[13] = std::byte{0xb5};  // for experiments (IEEE 802)
  return frame;
}

struct NetRig : VirtioSurroundings {
  FrameList wire;
  VirtioNet net{memory, clock.scheduler(), wire, kOwnMac, 0};
  VirtioPci function{
      net,
      {"virtio-net0", ChunkTag("VNT0"), VirtioNet::kPciDevice, VirtioNet::kSubsystem, VirtioNet::kPciClass},
      interrupts.line()};
  FunctionDriver driver{function, memory};

  std::vector<Serializable*> components() { return {&clock, &clock.scheduler(), &memory, &function}; }
};

/// With a modern driver that has its three queues.
struct RunningNet : NetRig {
  static constexpr u16 kSize = 16;

  explicit RunningNet(u64 features = 0) {
    REQUIRE(driver.negotiate(features | virtio_features::kVersion1) == 0xb);
    for (u16 queue = 0; queue < 3; ++queue) queues.push_back(driver.set_up(queue, kSize));
    driver.start();
  }
  std::vector<DriverQueue> queues;
  DriverQueue& rx() { return queues[VirtioNet::kReceive]; }
  DriverQueue& tx() { return queues[VirtioNet::kTransmit]; }
  DriverQueue& control() { return queues[VirtioNet::kControl]; }

  /// Offers a receive buffer of `length` bytes, the nth of 4 KiB each.
  void offer_buffer(u32 number, u32 length = 2048) { rx().add({{kBuffers + 4096 * number, length, true}}); }
  /// Whether a frame from the wire is put into a buffer.
  bool passes(const Frame& frame) {
    const u16 before = rx().used();
    net.receive(frame);
    return rx().used() != before;
  }
  /// Queues a packet behind its header, in two pieces.
  void queue_packet(const VirtioNetHeader& header, std::span<const std::byte> packet, u64 at = kBuffers) {
    put(at, std::as_bytes(std::span(&header, 1)));
    put(at + 0x100, packet);
    tx().add({{at, sizeof header}, {at + 0x100, static_cast<u32>(packet.size())}});
  }
  /// Runs a command and returns its answer.
  u8 command(u8 kind, u8 number, std::initializer_list<int> data) {
    constexpr u64 kAt = kBuffers + 0x8'0000;
    std::vector<std::byte> bytes{std::byte{kind}, std::byte{number}};
    for (const int value : data) bytes.push_back(static_cast<std::byte>(value));
    put(kAt, bytes);
    memory.write_value<u8>(GuestPhysical(kAt + 0x1000), 0x55);
    control().add({{kAt, static_cast<u32>(bytes.size())}, {kAt + 0x1000, 1, true}});
    driver.kick(VirtioNet::kControl);
    return memory.read_value<u8>(GuestPhysical(kAt + 0x1000));
  }
};

}  // namespace ringdown::test

// The AMD PCnet-PCI II (Am79C970A): an Ethernet controller that masters the PCI bus.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "core/dma_memory.h"
#include "core/ethernet.h"
#include "core/interrupt_line.h"
#include "core/pci_function.h"
#include "core/rom_range.h"
#include "core/scheduler.h"
#include "devices/network/arriving_frames.h"
#include "devices/network/eeprom_93c46.h"
#include "devices/network/pcnet/pcnet_descriptor.h"
#include "devices/network/pcnet/pcnet_fields.h"

namespace ringdown {

/// 1022:2000 (AMD publication 19436, Am79C970A) on a cable of 10 Mbit/s whose two directions do not disturb
/// each other: nothing collides. Frames take their time on the cable both ways.
class Pcnet final : public PciFunction, public EthernetPort {
 public:
  static constexpr u16 kVendorId = 0x1022;
  static constexpr u16 kDeviceId = 0x2000;

  struct Surroundings {
    GuestMemory& memory;
    Scheduler& scheduler;
    EthernetWire& wire;
    InterruptLine interrupt;
  };

  /// `number` (0 to 9) tells the adapters of one machine apart; `rom` may be empty.
  Pcnet(unsigned number, const Surroundings& surroundings, const MacAddress& address, std::vector<u8> rom);

  void reset() override;

  bool accepts_frame() const override { return arriving_.has_room(); }
  void receive(std::span<const std::byte> frame) override { arriving_.add(frame); }
  void set_link(bool up) override { link_ = up; }

  ChunkTag chunk_tag() const override;
  void serialize(Archive& archive) override;

 private:
  static constexpr u32 kPortsLength = 32;
  static constexpr unsigned kControlRegisters = 128;
  static constexpr unsigned kBusRegisters = 32;

  /// One of the two rings by the numbers of its registers.
  struct Ring {
    unsigned base;
    unsigned length;   // a two's complement
    unsigned counter;  // from the value of `length` up to the last one below zero
    unsigned current;
    unsigned next;
    unsigned buffer;
    unsigned count;
    unsigned status;
  };
  static constexpr Ring kReceiveRing{pcnet::csr::kReceiveRing,         pcnet::csr::kReceiveLength,
                                     pcnet::csr::kReceiveCounter,      pcnet::csr::kCurrentReceive,
                                     pcnet::csr::kNextReceive,         pcnet::csr::kCurrentReceiveBuffer,
                                     pcnet::csr::kCurrentReceiveCount, pcnet::csr::kCurrentReceiveStatus};
  static constexpr Ring kTransmitRing{pcnet::csr::kTransmitRing,         pcnet::csr::kTransmitLength,
                                      pcnet::csr::kTransmitCounter,      pcnet::csr::kCurrentTransmit,
                                      pcnet::csr::kNextTransmit,         pcnet::csr::kCurrentTransmitBuffer,
                                      pcnet::csr::kCurrentTransmitCount, pcnet::csr::kCurrentTransmitStatus};

  // Ports: pcnet.cpp.
  u64 read_ports(u32 offset, Width width);
  void write_ports(u32 offset, Width width, u64 value);
  u64 read_prom(u32 offset, Width width) const;
  void write_prom(u32 offset, Width width, u64 value);
  bool double_words() const { return bus(pcnet::bcr::kBurst).get<pcnet::DoubleWordIo>(); }

  // Control and status registers: pcnet_registers.cpp.
  u16 read_control(unsigned number);
  void write_control(unsigned number, u16 value);
  void write_features(u16 value);
  void write_extended(u16 value);
  bool writable_now() const;
  u32 pair(unsigned number) const { return csr_[number] | u32{csr_[number + 1]} << 16; }
  void set_pair(unsigned number, u32 value);
  Register<u16> control(unsigned number) const { return Register<u16>(csr_[number]); }
  template <class F>
  void set_control(unsigned number, bool value) {
    csr_[number] = F::with(csr_[number], value);
  }
  void update_interrupt();

  // Bus configuration registers and EEPROM: pcnet_configuration.cpp.
  u16 read_bus(unsigned number) const;
  void write_bus(unsigned number, u16 value);
  void write_eeprom(u16 value);
  void write_style(u16 value);
  void load_from_eeprom();
  void reset_bus_registers();
  void show_latency();
  Register<u16> bus(unsigned number) const { return Register<u16>(bcr_[number]); }
  template <class F>
  void set_bus(unsigned number, bool value) {
    bcr_[number] = F::with(bcr_[number], value);
  }

  // Initialization, start and stop: pcnet_control.cpp.
  void software_reset();
  void write_status(u16 value);
  void stop();
  void initialize();
  void read_narrow_block(u32 address);
  void read_wide_block(u32 address);
  void place_ring(const Ring& ring, u32 base, unsigned length_code);
  void start();
  bool suspended() const { return control(pcnet::csr::kExtended).get<pcnet::Suspend>(); }
  bool masters_bus() const;
  bool may_access_memory();
  pcnet::SoftwareStyle style() const;
  u8 high_byte() const { return static_cast<u8>(csr_[pcnet::csr::kInitBlock + 1] >> 8); }

  // Rings: pcnet_control.cpp.
  u32 descriptor_address(const Ring& ring, u16 counter) const;
  u16 counter_after(const Ring& ring, u16 counter) const;
  pcnet::Descriptor current(const Ring& ring);
  void advance(const Ring& ring);

  // Transmitter: pcnet_transmit.cpp.
  void transmit_event();
  /// Polls now; the next time is a polling interval behind `due`, or several.
  void poll_transmit(Picoseconds due);
  void poll_transmit() { poll_transmit(scheduler_.now()); }
  void schedule_poll(Picoseconds due);
  void take_buffer(const pcnet::Descriptor& descriptor);
  void buffer_sent();
  void underflow(const pcnet::Descriptor& descriptor);
  void drop_outgoing();
  void finish_frame();
  /// What TMD2 says of it.
  u16 send_frame(bool with_sequence);
  void put_on_wire(bool with_sequence);
  void loop_back(bool with_sequence);
  bool appends_sequence(const pcnet::Descriptor& last) const;
  void give_back(pcnet::Descriptor descriptor, u16 errors);
  void report_transmission(const pcnet::Descriptor& last, u16 errors);

  // Receiver: pcnet_receive.cpp.
  enum class CheckSequence : u8 { Good, Bad };
  enum class From : u8 { Cable, Loopback };
  bool listening() const;
  void reception_done(std::vector<std::byte> frame);
  /// `frame` ends with its check sequence.
  void take_frame(std::span<const std::byte> frame, CheckSequence sequence, From from);
  /// Nothing: the frame is for others. Else the bits of RMD1 that say why it is taken.
  std::optional<u16> match(std::span<const std::byte> frame) const;
  bool in_logical_filter(std::span<const std::byte, 6> address) const;
  bool is_magic(std::span<const std::byte> frame) const;
  std::size_t stripped_length(std::span<const std::byte> frame) const;
  void skip_to_start_of_packet();
  void store(std::span<const std::byte> frame, u16 matched, CheckSequence sequence);
  void miss();

  unsigned number_;
  DmaMemory memory_;
  Scheduler& scheduler_;
  EthernetWire& wire_;
  InterruptLine interrupt_;
  RomRange rom_;
  Window<Pcnet, &Pcnet::read_ports, &Pcnet::write_ports> ports_{*this};
  EventId transmit_event_;
  EventId poll_event_;
  bool link_ = false;

  std::array<u16, kControlRegisters> csr_{};
  std::array<u16, kBusRegisters> bcr_{};
  u8 register_address_ = 0;  // RAP
  std::array<u8, 16> prom_{};
  Eeprom93c46 eeprom_;

  bool sending_ = false;  // a buffer is on its way
  pcnet::Descriptor sending_descriptor_;
  u16 first_status_ = 0;             // of the descriptor with which the frame began
  std::vector<std::byte> outgoing_;  // what of the frame has been fetched
  u32 outgoing_length_ = 0;          // more than that if no cable would carry it
  ArrivingFrames arriving_;
};

}  // namespace ringdown

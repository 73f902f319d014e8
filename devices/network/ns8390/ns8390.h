// The DP8390 network interface controller, with the memory that a card gives it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/bus.h"
#include "core/ethernet.h"
#include "core/interrupt_line.h"
#include "core/scheduler.h"
#include "devices/network/arriving_frames.h"
#include "devices/network/ns8390/ne2000_memory.h"
#include "devices/network/ns8390/ns8390_registers.h"

namespace ringdown {

/// A National Semiconductor DP8390D (TL/F/8582, July 1995) on a cable of 10 Mbit/s whose two directions do
/// not disturb each other: nothing collides. Frames take their time on the cable both ways.
class Ns8390 final : public EthernetPort {
 public:
  /// `name` is that of its events, unique in the machine.
  Ns8390(Scheduler& scheduler, const std::string& name, const MacAddress& address, EthernetWire& wire,
         InterruptLine interrupt);
  Ns8390(const Ns8390&) = delete;
  Ns8390& operator=(const Ns8390&) = delete;

  /// The page of registers that the command register shows. Page 3 is the card maker's: here it reads zero.
  unsigned page() const { return command_.get<ns8390::Page>(); }
  u8 read_register(unsigned offset);
  void write_register(unsigned offset, u8 value);

  /// The card's data port: one transfer of the remote DMA in the width of the data configuration register,
  /// whatever the width of the access; two words for a double word.
  u64 read_data(Width width);
  void write_data(Width width, u64 value);

  /// Changes the address that the card's PROM holds.
  void set_prom_address(const MacAddress& address) { memory_.set_address(address); }

  /// The pin RESET.
  void reset();

  bool accepts_frame() const override { return arriving_.has_room(); }
  void receive(std::span<const std::byte> frame) override { arriving_.add(frame); }
  void set_link(bool up) override { link_ = up; }
  /// Whether the ring has room for one more full frame behind those on the cable, or is empty; for flow
  /// control.
  bool ring_has_room() const;

  void serialize(Archive& archive);

 private:
  struct RingPlace {
    u8 next_packet;  // the page behind the packet
    bool fits;
  };

  u8 read_page0(unsigned offset);
  u8 read_page1(unsigned offset) const;
  u8 read_page2(unsigned offset) const;
  void write_page0(unsigned offset, u8 value);
  void write_page1(unsigned offset, u8 value);
  void write_page2(unsigned offset, u8 value);
  void write_command(u8 value);
  void write_boundary(u8 page);
  u8 read_tally(unsigned counter);
  u8 read_fifo();
  void count(unsigned counter);
  void enter_reset_state_if_idle();
  void update_interrupt();

  bool transmitting() const { return command_.get<ns8390::Transmit>(); }
  bool words() const { return data_configuration_.get<ns8390::WordTransfer>(); }
  /// The bus lanes are exchanged for processors that keep the high byte first.
  bool swapped() const { return words() && data_configuration_.get<ns8390::ByteOrder>(); }
  u8 loopback() const { return transmit_configuration_.get<ns8390::Loopback>(); }

  u8 local_read(u16 address) const { return memory_.read(static_cast<u16>(address ^ (swapped() ? 1 : 0))); }
  void local_write(u16 address, u8 value) {
    memory_.write(static_cast<u16>(address ^ (swapped() ? 1 : 0)), value);
  }
  u8 page_after(u8 page) const;

  // Remote DMA.
  void start_remote(ns8390::RemoteCommand command);
  bool remote_reads() const;
  u16 transfer_in();
  void transfer_out(u16 value);
  void advance_remote();

  // Transmitter.
  void begin_transmission();
  void transmission_done();
  std::vector<std::byte> frame_to_send() const;
  void send(std::vector<std::byte> frame);
  void loop_back(std::span<const std::byte> packet);
  void fill_fifo(std::span<const std::byte> packet);

  // Receiver.
  void reception_done(std::span<const std::byte> frame);
  bool passes_filter(std::span<const std::byte> frame) const;
  RingPlace place(std::size_t length) const;
  void store(std::span<const std::byte> frame, u8 next_packet);

  Scheduler& scheduler_;
  EthernetWire& wire_;
  InterruptLine interrupt_;
  Ne2000Memory memory_;
  EventId sent_;
  bool link_ = false;

  Register<u8> command_;  // its Transmit bit while a packet is being sent
  bool online_ = false;   // started, and not stopped since
  Register<u8> interrupt_status_;
  u8 interrupt_mask_ = 0;
  Register<u8> data_configuration_;
  Register<u8> transmit_configuration_;
  Register<u8> receive_configuration_;
  Register<u8> transmit_status_;
  Register<u8> receive_status_;
  std::array<u8, 3> tallies_{};
  MacAddress address_{};
  std::array<u8, 8> multicast_{};

  u8 page_start_ = 0;
  u8 page_stop_ = 0;
  u8 boundary_ = 0;
  u8 current_page_ = 0;
  u16 local_address_ = 0;
  u8 local_next_packet_ = 0;
  bool overflowed_ = false;  // RST shows an overflow until a packet is removed from the ring

  u16 remote_address_ = 0;
  u16 remote_count_ = 0;
  u8 remote_next_packet_ = 0;

  u8 transmit_page_ = 0;
  u16 transmit_count_ = 0;
  std::array<u8, 8> fifo_{};  // the half that receives in loopback
  u8 fifo_read_ = 0;

  ArrivingFrames arriving_;
};

}  // namespace ringdown

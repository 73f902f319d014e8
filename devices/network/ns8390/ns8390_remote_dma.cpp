// Remote DMA: moves data between the packet memory and the card's data port (data sheet, chapter 9).
#include "devices/network/ns8390/ns8390.h"

namespace ringdown {

using namespace ns8390;

void Ns8390::start_remote(RemoteCommand command) {
  switch (command) {
    case RemoteCommand::SendPacket: {
      // The packet at the boundary, without software's help: its header has where the next one begins, and
      // how long this one is. Only with automatic initialization (DCR, ARM).
      if (!data_configuration_.get<AutoInitialize>()) return;
      const u16 header = static_cast<u16>(boundary_ << 8);
      remote_address_ = header;
      remote_next_packet_ = memory_.read(static_cast<u16>(header + 1));
      remote_count_ = static_cast<u16>(local_read(static_cast<u16>(header + 2)) |
                                       local_read(static_cast<u16>(header + 3)) << 8);
      [[fallthrough]];
    }
    case RemoteCommand::Read:
    case RemoteCommand::Write:
      if (remote_count_ == 0) interrupt_status_.set<RemoteComplete>(true);
      return;
    case RemoteCommand::None:
    case RemoteCommand::Abort:
      return;
  }
}

bool Ns8390::remote_reads() const {
  const auto command = static_cast<RemoteCommand>(command_.get<Remote>());
  return command == RemoteCommand::Read ||
         (command == RemoteCommand::SendPacket && data_configuration_.get<AutoInitialize>());
}

u64 Ns8390::read_data(Width width) {
  const unsigned step = words() ? 2 : 1;
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width); i += step) value |= u64{transfer_in()} << (8 * i);
  return value & open_bus(width);
}

void Ns8390::write_data(Width width, u64 value) {
  const unsigned step = words() ? 2 : 1;
  for (unsigned i = 0; i < bytes_of(width); i += step) transfer_out(static_cast<u16>(value >> (8 * i)));
}

/// One byte or one word. The lanes are the packet memory's, whatever the byte order.
u16 Ns8390::transfer_in() {
  if (!remote_reads() || remote_count_ == 0) return words() ? 0xffff : 0xff;
  u16 value = memory_.read(remote_address_);
  if (words()) {
    const u16 even = static_cast<u16>(remote_address_ & ~1);
    value = static_cast<u16>(memory_.read(even) | memory_.read(static_cast<u16>(even + 1)) << 8);
  }
  advance_remote();
  return value;
}

void Ns8390::transfer_out(u16 value) {
  if (static_cast<RemoteCommand>(command_.get<Remote>()) != RemoteCommand::Write || remote_count_ == 0)
    return;
  if (words()) {
    const u16 even = static_cast<u16>(remote_address_ & ~1);
    memory_.write(even, static_cast<u8>(value));
    memory_.write(static_cast<u16>(even + 1), static_cast<u8>(value >> 8));
  } else {
    memory_.write(remote_address_, static_cast<u8>(value));
  }
  advance_remote();
}

void Ns8390::advance_remote() {
  const u16 step = words() ? 2 : 1;
  const u8 page_before = static_cast<u8>(remote_address_ >> 8);
  remote_address_ = static_cast<u16>(remote_address_ + step);
  // At the end of the ring the packet goes on at its start.
  const u8 page_now = static_cast<u8>(remote_address_ >> 8);
  if (page_now != page_before && page_now == page_stop_) {
    remote_address_ = static_cast<u16>(page_start_ << 8 | (remote_address_ & 0xff));
  }
  remote_count_ = static_cast<u16>(remote_count_ > step ? remote_count_ - step : 0);
  if (remote_count_ != 0) return;
  interrupt_status_.set<RemoteComplete>(true);
  if (static_cast<RemoteCommand>(command_.get<Remote>()) == RemoteCommand::SendPacket) {
    write_boundary(remote_next_packet_);
  }
  update_interrupt();
}

}  // namespace ringdown

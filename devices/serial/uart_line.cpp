// The serial side of the 16550A: transmitter, receiver and their timing on the line.
#include <algorithm>
#include <array>

#include "devices/serial/uart_16550.h"

namespace ringdown {

using namespace uart;

u8 Uart16550::character_mask() const {
  return static_cast<u8>((1u << (5 + line_control_.get<WordLength>())) - 1);
}

Picoseconds Uart16550::character_time() const {
  const unsigned data_bits = 5u + line_control_.get<WordLength>();
  // In half bits: start, data, parity, and 1, 1.5 (five data bits) or 2 stop bits.
  unsigned half_bits = 2 * (1 + data_bits + (line_control_.get<ParityEnable>() ? 1 : 0)) + 2;
  if (line_control_.get<TwoStopBits>()) half_bits += data_bits == 5 ? 1 : 2;
  // A divisor of zero makes the 16-bit baud counter run its full length.
  const u64 divisor = divisor_ == 0 ? 0x10000 : divisor_;
  return time_of_cycle(half_bits * divisor * kClocksPerBit / 2, kClockHertz);
}

std::size_t Uart16550::trigger_level() const {
  static constexpr std::array<std::size_t, 4> kLevels{1, 4, 8, 14};
  return fifos_enabled() ? kLevels[fifo_control_.get<TriggerLevel>()] : 1;
}

void Uart16550::clear_receiver() {
  receiver_.clear();
  timeout_pending_ = false;
  scheduler_.cancel(timeout_);
  schedule_line();
}

void Uart16550::clear_transmitter() {
  // The shift register is not cleared (data sheet 8.4).
  if (!transmitter_.empty()) holding_empty_pending_ = true;
  transmitter_.clear();
}

void Uart16550::write_transmitter_holding(u8 value) {
  const u8 data = value & character_mask();
  holding_empty_pending_ = false;
  update_interrupt();
  const bool paced = interrupt_enable_.get<HoldingEmptyEnable>() || loopback();
  if (!paced && !shifting_) {
    send(data);
    holding_empty_pending_ = true;
    return;
  }
  if (transmitter_.size() >= fifo_capacity()) {
    // A full FIFO ignores the character; the holding register alone is overwritten.
    log_.write(LogCategory::Serial, "uart{}: the guest wrote to a full transmitter", instance_);
    if (fifos_enabled()) return;
    transmitter_.clear();
  }
  if (!loopback()) send(data);
  transmitter_.push_back(data);
  if (!shifting_) start_next_transmission(scheduler_.now());
  update_interrupt();
}

void Uart16550::send(u8 data) { backend_.transmit(std::span<const u8>(&data, 1)); }

void Uart16550::start_next_transmission(Picoseconds start) {
  shift_register_ = transmitter_.front();
  transmitter_.pop_front();
  shifting_ = true;
  if (transmitter_.empty()) holding_empty_pending_ = true;
  scheduler_.schedule(transmitted_, start + character_time());
}

void Uart16550::transmission_done(Picoseconds deadline) {
  shifting_ = false;
  const u8 data = shift_register_;
  if (!transmitter_.empty()) start_next_transmission(deadline);
  if (loopback()) character_received({data, 0});
  update_interrupt();
}

std::size_t Uart16550::receive(std::span<const u8> characters) {
  const std::size_t taken = std::min(characters.size(), kLineCapacity - waiting_.size());
  for (u8 data : characters.first(taken)) waiting_.push_back({data, 0});
  if (taken < characters.size()) {
    log_.write(LogCategory::Serial, "uart{}: {} received characters dropped", instance_,
               characters.size() - taken);
  }
  schedule_line();
  return taken;
}

void Uart16550::receive_break() {
  if (waiting_.size() >= kLineCapacity) return;
  waiting_.push_back({0, BreakInterrupt::kMask | FramingError::kMask});
  schedule_line();
}

bool Uart16550::line_ready() const {
  // In loopback the receiver is disconnected from the line.
  return !waiting_.empty() && !loopback() && receiver_.size() < fifo_capacity();
}

void Uart16550::schedule_line() {
  if (line_ready() && !scheduler_.scheduled(line_)) scheduler_.schedule_after(line_, character_time());
}

void Uart16550::line_character_due(Picoseconds deadline) {
  if (!line_ready()) return;
  const Character character = waiting_.front();
  waiting_.pop_front();
  character_received({static_cast<u8>(character.data & character_mask()), character.errors});
  // From deadline to deadline, so that rounding to ticks does not slow the line down.
  if (line_ready()) scheduler_.schedule(line_, deadline + character_time());
}

void Uart16550::character_received(Character character) {
  if (receiver_.size() >= fifo_capacity()) {
    // Overrun: the FIFO keeps its contents, the receiver buffer alone is overwritten (data sheet 8.5).
    line_errors_ |= OverrunError::kMask;
    if (!fifos_enabled()) receiver_.front() = character;
  } else {
    receiver_.push_back(character);
  }
  if (receiver_.size() == 1) expose_top_errors();
  timeout_pending_ = false;
  restart_timeout();
  update_interrupt();
}

void Uart16550::expose_top_errors() {
  // Errors show in LSR when their character is at the top of the FIFO.
  if (!receiver_.empty()) line_errors_ |= receiver_.front().errors;
}

void Uart16550::restart_timeout() {
  // Data sheet 8.8.1: four character times without a character received or read.
  if (fifos_enabled() && !receiver_.empty()) {
    scheduler_.schedule_after(timeout_, 4 * character_time());
  } else {
    scheduler_.cancel(timeout_);
  }
}

}  // namespace ringdown

// The 16550A UART: eight registers, two 16-byte FIFOs, modem lines and one interrupt.
#pragma once

#include <deque>
#include <span>

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/scheduler.h"
#include "devices/serial/serial_backend.h"
#include "devices/serial/uart_registers.h"

namespace ringdown {

/// A National Semiconductor PC16550D (data sheet: SNOS-PC16550D, June 1995) clocked at 1.8432 MHz, with its
/// interrupt gated by OUT2 as every PC board does.
///
/// Sent characters go to the backend at once. While the transmitter interrupt is enabled, or in loopback, the
/// transmitter then stays busy for the characters' time on the line; a guest that polls is not held up.
class Uart16550 final : public Serializable {
 public:
  /// Levels of the modem's inputs, true = asserted (pin low).
  struct ModemInputs {
    bool clear_to_send = true;
    bool data_set_ready = true;
    bool ring_indicator = false;
    bool carrier_detect = true;
    friend bool operator==(const ModemInputs&, const ModemInputs&) = default;
  };

  /// `instance` (0 to 9) tells the UARTs of one machine apart in state files.
  Uart16550(unsigned instance, Log& log, Scheduler& scheduler, InterruptLine interrupt,
            SerialBackend& backend);

  /// The eight registers; to be attached with Width::Byte.
  BusRange& registers() { return registers_; }

  /// The pin MR: registers and FIFOs go to their reset state (data sheet table I); received characters that
  /// wait on the line stay.
  void reset();

  /// Characters that arrive on the line. They reach the receiver at line rate and only while it has room, as
  /// a sender with flow control would send them. Returns how many were taken: at most kLineCapacity wait.
  std::size_t receive(std::span<const u8> characters);
  /// A break condition of one character's length arrives, after the characters that already wait.
  void receive_break();
  void set_modem_inputs(ModemInputs inputs);

  static constexpr std::size_t kLineCapacity = 1u << 20;

  ChunkTag chunk_tag() const override;
  void serialize(Archive& archive) override;

 private:
  /// A received character with the line status bits that belong to it.
  struct Character {
    u8 data = 0;
    u8 errors = 0;
    void serialize(Archive& archive) { archive(data, errors); }
  };

  u64 read(u32 offset, Width width);
  void write(u32 offset, Width width, u64 value);

  u8 read_receiver_buffer();
  u8 read_interrupt_identification();
  u8 read_line_status();
  u8 read_modem_status();
  void write_transmitter_holding(u8 value);
  void write_interrupt_enable(u8 value);
  void write_fifo_control(u8 value);
  void write_line_control(u8 value);
  void write_modem_control(u8 value);

  bool fifos_enabled() const { return fifo_control_.get<uart::FifoEnable>(); }
  bool loopback() const { return modem_control_.get<uart::Loop>(); }
  std::size_t fifo_capacity() const { return fifos_enabled() ? uart::kFifoDepth : 1; }
  std::size_t trigger_level() const;
  u8 character_mask() const;
  Picoseconds character_time() const;

  void clear_receiver();
  void clear_transmitter();
  void send(u8 data);
  void start_next_transmission(Picoseconds start);
  void transmission_done(Picoseconds deadline);
  void line_character_due(Picoseconds deadline);
  bool line_ready() const;
  void schedule_line();
  void character_received(Character character);
  void expose_top_errors();
  void restart_timeout();
  void update_modem_status();
  uart::InterruptId pending_interrupt() const;
  void update_interrupt();

  unsigned instance_;
  Log& log_;
  Scheduler& scheduler_;
  InterruptLine interrupt_;
  SerialBackend& backend_;
  Window<Uart16550, &Uart16550::read, &Uart16550::write> registers_{*this};
  EventId transmitted_;
  EventId line_;
  EventId timeout_;

  Register<u8> interrupt_enable_;
  Register<u8> fifo_control_;
  Register<u8> line_control_;
  Register<u8> modem_control_;
  Register<u8> modem_status_;
  u8 line_errors_ = 0;  // overrun, parity, framing and break as LSR shows them
  u8 scratch_ = 0;
  u16 divisor_ = uart::kInitialDivisor;

  std::deque<Character> receiver_;  // at most fifo_capacity()
  std::deque<u8> transmitter_;      // holding register or FIFO, without the shift register
  bool shifting_ = false;           // the shift register is busy
  u8 shift_register_ = 0;
  bool holding_empty_pending_ = false;  // the THRE interrupt, until IIR is read or THR written
  bool timeout_pending_ = false;
  std::deque<Character> waiting_;  // on the line, not yet received
  ModemInputs modem_inputs_;
};

}  // namespace ringdown

// The registers and the interrupt of the 16550A (PC16550D data sheet, section 8).
#include "devices/serial/uart_16550.h"

#include <array>

namespace ringdown {

using namespace uart;

Uart16550::Uart16550(unsigned instance, Log& log, Scheduler& scheduler, InterruptLine interrupt,
                     SerialBackend& backend)
    : instance_(instance), log_(log), scheduler_(scheduler), interrupt_(interrupt), backend_(backend) {
  const std::string name = "uart" + std::to_string(instance);
  transmitted_ = scheduler.add(name, 0, [this](Picoseconds deadline) { transmission_done(deadline); });
  line_ = scheduler.add(name, 1, [this](Picoseconds deadline) { line_character_due(deadline); });
  timeout_ = scheduler.add(name, 2, [this](Picoseconds) {
    timeout_pending_ = !receiver_.empty();
    update_interrupt();
  });
  update_modem_status();
  modem_status_.assign_masked(0, kModemDeltaMask);
}

void Uart16550::reset() {
  interrupt_enable_.assign(0);
  fifo_control_.assign(0);
  line_control_.assign(0);
  modem_control_.assign(0);
  clear_receiver();
  clear_transmitter();
  line_errors_ = 0;
  shifting_ = false;
  scheduler_.cancel(transmitted_);
  holding_empty_pending_ = false;
  update_modem_status();
  modem_status_.assign_masked(0, kModemDeltaMask);
  update_interrupt();
}

u64 Uart16550::read(u32 offset, Width) {
  const bool divisor_latch = line_control_.get<DivisorLatch>();
  switch (static_cast<Offset>(offset & 7)) {
    case Offset::Data:
      return divisor_latch ? divisor_ & 0xff : read_receiver_buffer();
    case Offset::InterruptEnable:
      return divisor_latch ? divisor_ >> 8 : interrupt_enable_.value();
    case Offset::InterruptIdentFifo:
      return read_interrupt_identification();
    case Offset::LineControl:
      return line_control_.value();
    case Offset::ModemControl:
      return modem_control_.value();
    case Offset::LineStatus:
      return read_line_status();
    case Offset::ModemStatus:
      return read_modem_status();
    case Offset::Scratch:
      return scratch_;
  }
  return 0;
}

void Uart16550::write(u32 offset, Width, u64 wide_value) {
  const u8 value = static_cast<u8>(wide_value);
  const bool divisor_latch = line_control_.get<DivisorLatch>();
  switch (static_cast<Offset>(offset & 7)) {
    case Offset::Data:
      if (divisor_latch) {
        divisor_ = static_cast<u16>((divisor_ & 0xff00) | value);
      } else {
        write_transmitter_holding(value);
      }
      break;
    case Offset::InterruptEnable:
      if (divisor_latch) {
        divisor_ = static_cast<u16>((divisor_ & 0x00ff) | (value << 8));
      } else {
        write_interrupt_enable(value);
      }
      break;
    case Offset::InterruptIdentFifo:
      write_fifo_control(value);
      break;
    case Offset::LineControl:
      write_line_control(value);
      break;
    case Offset::ModemControl:
      write_modem_control(value);
      break;
    case Offset::LineStatus:
    case Offset::ModemStatus:
      break;  // "not recommended, used for factory testing": no effect here
    case Offset::Scratch:
      scratch_ = value;
      break;
  }
}

u8 Uart16550::read_receiver_buffer() {
  if (receiver_.empty()) return 0;
  const u8 data = receiver_.front().data;
  receiver_.pop_front();
  expose_top_errors();
  timeout_pending_ = false;
  restart_timeout();
  schedule_line();
  update_interrupt();
  return data;
}

u8 Uart16550::read_interrupt_identification() {
  const InterruptId id = pending_interrupt();
  // Reading IIR clears the transmitter interrupt if it is the one shown (data sheet table IV).
  if (id == InterruptId::HoldingEmpty) holding_empty_pending_ = false;
  update_interrupt();
  return static_cast<u8>(static_cast<u8>(id) | (fifos_enabled() ? kFifosEnabledIdentification : 0));
}

u8 Uart16550::read_line_status() {
  Register<u8> status(line_errors_);
  status.set<DataReady>(!receiver_.empty());
  status.set<uart::HoldingEmpty>(transmitter_.empty());
  status.set<TransmitterEmpty>(transmitter_.empty() && !shifting_);
  bool fifo_error = false;
  for (const Character& character : receiver_) fifo_error |= character.errors != 0;
  status.set<FifoError>(fifos_enabled() && fifo_error);
  line_errors_ = 0;
  if (!receiver_.empty()) receiver_.front().errors = 0;
  update_interrupt();
  return status.value();
}

u8 Uart16550::read_modem_status() {
  const u8 status = modem_status_.value();
  modem_status_.assign_masked(0, kModemDeltaMask);
  update_interrupt();
  return status;
}

void Uart16550::write_interrupt_enable(u8 value) {
  const bool holding_empty_was_enabled = interrupt_enable_.get<HoldingEmptyEnable>();
  interrupt_enable_.assign(value & kInterruptEnableMask);
  // Enabling the interrupt while THR is empty requests it at once, even if IIR was read before.
  if (interrupt_enable_.get<HoldingEmptyEnable>() && !holding_empty_was_enabled && transmitter_.empty()) {
    holding_empty_pending_ = true;
  }
  update_interrupt();
}

void Uart16550::write_fifo_control(u8 value) {
  Register<u8> control(value);
  // Turning the FIFOs on or off empties them (data sheet 8.4: data does not carry over).
  const bool toggled = control.get<FifoEnable>() != fifos_enabled();
  if (toggled || control.get<ReceiverReset>()) clear_receiver();
  if (toggled || control.get<TransmitterReset>()) clear_transmitter();
  control.set<ReceiverReset>(false);
  control.set<TransmitterReset>(false);
  // The other bits are only programmed while bit 0 is written as one.
  fifo_control_.assign(control.get<FifoEnable>() ? control.value() : u8{0});
  update_interrupt();
}

void Uart16550::write_line_control(u8 value) {
  const bool was_break = line_control_.get<SetBreak>();
  line_control_.assign(value);
  const bool is_break = line_control_.get<SetBreak>();
  if (was_break == is_break) return;
  if (loopback()) {
    if (is_break) character_received({0, BreakInterrupt::kMask | FramingError::kMask});
  } else {
    backend_.set_break(is_break);
  }
}

void Uart16550::write_modem_control(u8 value) {
  modem_control_.assign(value & kModemControlMask);
  update_modem_status();
  schedule_line();
  update_interrupt();
}

void Uart16550::set_modem_inputs(ModemInputs inputs) {
  modem_inputs_ = inputs;
  update_modem_status();
  update_interrupt();
}

void Uart16550::update_modem_status() {
  Register<u8> next = modem_status_;
  if (loopback()) {
    // Data sheet 8.7: the four outputs are wired to the four inputs.
    next.set<ClearToSend>(modem_control_.get<RequestToSend>());
    next.set<DataSetReady>(modem_control_.get<DataTerminalReady>());
    next.set<RingIndicator>(modem_control_.get<Out1>());
    next.set<CarrierDetect>(modem_control_.get<Out2>());
  } else {
    next.set<ClearToSend>(modem_inputs_.clear_to_send);
    next.set<DataSetReady>(modem_inputs_.data_set_ready);
    next.set<RingIndicator>(modem_inputs_.ring_indicator);
    next.set<CarrierDetect>(modem_inputs_.carrier_detect);
  }
  const Register<u8> changed(next.value() ^ modem_status_.value());
  if (changed.get<ClearToSend>()) next.set<DeltaClearToSend>(true);
  if (changed.get<DataSetReady>()) next.set<DeltaDataSetReady>(true);
  if (changed.get<RingIndicator>() && !next.get<RingIndicator>()) next.set<TrailingEdgeRing>(true);
  if (changed.get<CarrierDetect>()) next.set<DeltaCarrierDetect>(true);
  modem_status_ = next;
}

InterruptId Uart16550::pending_interrupt() const {
  if (interrupt_enable_.get<LineStatusEnable>() && line_errors_ != 0) return InterruptId::LineStatus;
  if (interrupt_enable_.get<ReceivedDataEnable>()) {
    if (receiver_.size() >= trigger_level()) return InterruptId::ReceivedData;
    if (timeout_pending_) return InterruptId::CharacterTimeout;
  }
  if (interrupt_enable_.get<HoldingEmptyEnable>() && holding_empty_pending_) return InterruptId::HoldingEmpty;
  if (interrupt_enable_.get<ModemStatusEnable>() && (modem_status_.value() & kModemDeltaMask) != 0) {
    return InterruptId::ModemStatus;
  }
  return InterruptId::None;
}

void Uart16550::update_interrupt() {
  // In loopback the OUT2 pin is forced inactive, and with it the board's interrupt gate.
  const bool gate = modem_control_.get<Out2>() && !loopback();
  interrupt_.set(gate && pending_interrupt() != InterruptId::None ? Level::High : Level::Low);
}

ChunkTag Uart16550::chunk_tag() const {
  ChunkTag tag("COM0");
  tag.text[3] = static_cast<char>('0' + instance_);
  return tag;
}

void Uart16550::serialize(Archive& archive) {
  archive(interrupt_enable_, fifo_control_, line_control_, modem_control_, modem_status_, line_errors_,
          scratch_, divisor_, receiver_, transmitter_, shifting_, shift_register_, holding_empty_pending_,
          timeout_pending_, waiting_, modem_inputs_.clear_to_send, modem_inputs_.data_set_ready,
          modem_inputs_.ring_indicator, modem_inputs_.carrier_detect);
  if (!archive.loading()) return;
  if (receiver_.size() > kFifoDepth || transmitter_.size() > kFifoDepth || waiting_.size() > kLineCapacity) {
    archive.fail("a FIFO holds more than it can");
    receiver_.clear();
    transmitter_.clear();
    waiting_.clear();
  }
  update_interrupt();
}

}  // namespace ringdown

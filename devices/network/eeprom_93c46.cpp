// The instructions of the 93C46 (NM93C46 data sheet, "Instruction set").
#include "devices/network/eeprom_93c46.h"

namespace ringdown {

namespace {

constexpr unsigned kCommandBits = 8;  // opcode and address
constexpr unsigned kAddressBits = 6;
constexpr unsigned kWordBits = 16;

// The upper address bits of opcode 0.
enum class Control : u8 { Disable = 0, WriteAll = 1, EraseAll = 2, Enable = 3 };
constexpr Control control_of(u8 command) { return static_cast<Control>(command >> 4 & 3); }

}  // namespace

void Eeprom93c46::set_pins(bool select, bool clock, bool data) {
  const bool rising = clock && !clock_;
  clock_ = clock;
  if (!select) {
    if (select_ && phase_ == Phase::Done) program();
    select_ = false;
    phase_ = Phase::Start;
    output_ = true;
    return;
  }
  select_ = true;
  if (rising) clock_in(data);
}

void Eeprom93c46::clock_in(bool bit) {
  switch (phase_) {
    case Phase::Start:
      if (!bit) return;
      phase_ = Phase::Command;
      shift_ = bits_ = 0;
      return;
    case Phase::Command:
      shift_ = static_cast<u16>(shift_ << 1 | bit);
      if (++bits_ == kCommandBits) decode();
      return;
    case Phase::Reading:
      // The words follow each other for as long as the clock goes on.
      if (bits_ == 0) {
        command_ = static_cast<u8>((command_ + 1) % kWords);
        begin_reading();
      }
      output_ = (shift_ >> (kWordBits - 1) & 1) != 0;
      shift_ = static_cast<u16>(shift_ << 1);
      --bits_;
      return;
    case Phase::Writing:
      shift_ = static_cast<u16>(shift_ << 1 | bit);
      if (++bits_ == kWordBits) phase_ = Phase::Done;
      return;
    case Phase::Done:
      return;
  }
}

void Eeprom93c46::decode() {
  command_ = static_cast<u8>(shift_);
  const auto opcode = static_cast<Opcode>(command_ >> kAddressBits);
  const bool takes_data =
      opcode == Opcode::Write || (opcode == Opcode::Control && control_of(command_) == Control::WriteAll);
  phase_ = takes_data ? Phase::Writing : Phase::Done;
  shift_ = bits_ = 0;
  if (opcode != Opcode::Read) return;
  phase_ = Phase::Reading;
  command_ %= kWords;
  begin_reading();
  output_ = false;  // the dummy bit ahead of the first word
}

void Eeprom93c46::begin_reading() {
  shift_ = words_[command_];
  bits_ = kWordBits;
}

/// When the chip is deselected behind a whole instruction.
void Eeprom93c46::program() {
  const u16 erased = 0xffff;
  switch (static_cast<Opcode>(command_ >> kAddressBits)) {
    case Opcode::Read:
      return;
    case Opcode::Write:
      if (writable_) words_[command_ % kWords] = shift_;
      return;
    case Opcode::Erase:
      if (writable_) words_[command_ % kWords] = erased;
      return;
    case Opcode::Control:
      break;
  }
  switch (control_of(command_)) {
    case Control::Disable:
      writable_ = false;
      return;
    case Control::Enable:
      writable_ = true;
      return;
    case Control::WriteAll:
      if (writable_) words_.fill(shift_);
      return;
    case Control::EraseAll:
      if (writable_) words_.fill(erased);
      return;
  }
}

void Eeprom93c46::serialize(Archive& archive) {
  archive(words_, select_, clock_, output_, writable_, phase_, shift_, bits_, command_);
  if (!archive.loading()) return;
  const bool reading = phase_ == Phase::Reading;
  if (phase_ > Phase::Done || bits_ > kWordBits || (reading && command_ >= kWords)) {
    archive.fail("an EEPROM is in no state that exists");
    phase_ = Phase::Start;
  }
}

}  // namespace ringdown

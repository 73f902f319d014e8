// One 8259A programmable interrupt controller: requests, priorities, and the ICW and OCW command words.
#pragma once

#include <optional>

#include "core/archive.h"
#include "core/interrupt_line.h"
#include "core/types.h"

namespace ringdown {

/// The chip alone (Intel 8259A data sheet), with the edge/level register that PIIX3 gives each of its two.
/// Cascading is its owner's work: see PicPair.
class Pic {
 public:
  static constexpr unsigned kInputs = 8;

  /// `cascade_inputs`: bit set of inputs that carry another 8259A, for the special fully nested mode.
  explicit Pic(u8 cascade_inputs) : cascade_inputs_(cascade_inputs) {}

  void reset();
  void set_input(unsigned pin, Level level);
  /// The INT output.
  bool interrupt_requested() const { return highest_request().has_value(); }
  /// INTA: puts the highest request in service and returns its input. Without a request it is input 7 by
  /// default, which does not enter service (data sheet, "Default IR7").
  unsigned acknowledge();
  /// The vector given for an input.
  u8 vector(unsigned input) const { return static_cast<u8>(vector_base_ | input); }

  /// A0 = 0: request or in-service register, or the answer to a poll (which acknowledges).
  u8 read_command();
  /// A0 = 1: the mask, or the answer to a poll.
  u8 read_data();
  void write_command(u8 value);
  void write_data(u8 value);

  /// ELCR: inputs whose bit is set are level triggered.
  u8 edge_level() const { return edge_level_; }
  void set_edge_level(u8 value);

  void serialize(Archive& archive);

 private:
  enum class Expect : u8 { Operation, Icw2, Icw3, Icw4 };

  u8 requests() const { return static_cast<u8>((edge_requests_ & ~edge_level_) | (inputs_ & edge_level_)); }
  std::optional<unsigned> highest_request() const;
  std::optional<unsigned> highest_in_service() const;
  void begin_initialization(u8 icw1);
  void write_ocw2(u8 value);
  void write_ocw3(u8 value);
  u8 poll();

  u8 cascade_inputs_;
  u8 inputs_ = 0;         // levels of IR0 to IR7
  u8 edge_requests_ = 0;  // IRR of the edge-triggered inputs
  u8 mask_ = 0;           // IMR
  u8 in_service_ = 0;     // ISR
  u8 edge_level_ = 0;     // ELCR
  u8 vector_base_ = 0;
  u8 lowest_priority_ = 7;
  Expect expect_ = Expect::Operation;
  bool single_ = false;
  bool icw4_needed_ = false;
  bool read_in_service_ = false;
  bool poll_ = false;
  bool special_mask_ = false;
  bool special_fully_nested_ = false;
  bool auto_end_ = false;
  bool rotate_on_auto_end_ = false;
};

}  // namespace ringdown

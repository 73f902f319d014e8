// Makes the cases of an instruction, and the pairs of settings they run in: all by chance, none by what the
// instruction is.
#pragma once

#include <optional>

#include "core/seeded_random.h"
#include "frontend/lab/classify/engine/case.h"
#include "frontend/lab/classify/engine/knob.h"
#include "frontend/lab/classify/engine/subject.h"

namespace ringdown::classify {

class CaseMaker {
 public:
  /// The same cases for the same numbers.
  CaseMaker(const Subject& subject, u64 seed, u64 number);

  /// A case for 32- or 16-bit code; none if no encoding that was tried is the instruction there.
  std::optional<Case> make_case(bool code32);

  /// Whether this is one of the cases in real and virtual-8086 mode.
  bool chooses_paragraphs() { return random_.percent(25); }
  /// Any state of the machine at that level; mostly, and always if `monitors`, with a monitor's choices.
  Setting make_setting(u8 level, bool monitors);
  u8 choose_level(bool paragraphs);
  /// The same with some of the knobs of that kind turned.
  Setting turn_some(Setting setting, KnobKind kind);
  bool percent(u32 chance) { return random_.percent(chance); }

 private:
  void append_code(Case& c, const OpcodeForm& form, bool extra_prefix);
  void append_operands(Case& c, const OpcodeForm& form);
  void append(Case& c, u32 value, unsigned bytes);
  void choose_registers(Case& c, bool names_memory);
  void choose_memory(Case& c);
  u8 other_value(Knob knob, u8 value);
  u32 edge_value();
  u32 selector();
  u32 any_selector();
  u32 code_offset();
  u32 flag_image();

  const Subject& subject_;
  SeededRandom random_;
  u32 selector_ = 0;
};

}  // namespace ringdown::classify

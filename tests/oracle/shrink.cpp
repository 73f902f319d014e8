// Tries simplifications one by one until none of them is left that keeps the difference.
#include "tests/oracle/shrink.h"

#include <algorithm>

#include "cpu/encoding_head.h"
#include "tests/oracle/oracle_instruction.h"

namespace ringdown::test {

namespace {

class Shrinker {
 public:
  Shrinker(OracleCase c, const std::function<bool(const OracleCase&)>& still_differs)
      : case_(std::move(c)), still_differs_(still_differs) {}

  OracleCase run() {
    do {
      changed_ = false;
      drop_instructions();
      drop_prefixes();
      drop_pokes();
      simplify_registers();
      simplify_fx();
    } while (changed_);
    return case_;
  }

 private:
  void attempt(const OracleCase& simpler) {
    if (simpler == case_ || !still_differs_(simpler)) return;
    case_ = simpler;
    changed_ = true;
  }

  template <class Edit>
  void attempt_with(Edit edit) {
    OracleCase simpler = case_;
    edit(simpler);
    attempt(simpler);
  }

  void drop_instructions() {
    std::size_t begin = 0;
    for (const OracleInstruction& instruction : decode_case(case_)) {
      if (!instruction.known || begin + instruction.length() > case_.code.size()) break;
      const std::size_t before = case_.code.size();
      if (instruction.length() < before) {
        attempt_with([&](OracleCase& c) {
          const auto first = c.code.begin() + static_cast<std::ptrdiff_t>(begin);
          c.code.erase(first, first + instruction.length());
        });
      }
      if (case_.code.size() == before) begin += instruction.length();
    }
  }

  void drop_prefixes() {
    for (std::size_t i = 0; i + 1 < case_.code.size();) {
      const std::size_t before = case_.code.size();
      if (is_legacy_prefix(case_.code[i]))
        attempt_with([i](OracleCase& c) { c.code.erase(c.code.begin() + static_cast<std::ptrdiff_t>(i)); });
      if (case_.code.size() == before) ++i;
    }
  }

  void drop_pokes() {
    attempt_with([](OracleCase& c) { c.background = 0; });
    for (std::size_t i = case_.pokes.size(); i-- > 0;)
      attempt_with([i](OracleCase& c) { c.pokes.erase(c.pokes.begin() + static_cast<std::ptrdiff_t>(i)); });
  }

  void simplify_registers() {
    const OracleState plain = initial_state();
    for (std::size_t i = 0; i < plain.gpr.size(); ++i)
      attempt_with([&](OracleCase& c) { c.before.gpr[i] = plain.gpr[i]; });
    for (std::size_t i = 0; i < plain.selectors.size(); ++i)
      attempt_with([&](OracleCase& c) { c.before.selectors[i] = plain.selectors[i]; });
    attempt_with([&](OracleCase& c) { c.before.eip = plain.eip; });
    for (u32 bit = 1; bit != 0; bit <<= 1)
      attempt_with([&](OracleCase& c) { c.before.eflags = (c.before.eflags & ~bit) | (plain.eflags & bit); });
  }

  void simplify_fx() {
    const FxImage plain = initial_fx();
    attempt_with([&](OracleCase& c) { c.before.fx = plain; });
    const auto attempt_range = [&](u32 offset, u32 size) {
      attempt_with([&](OracleCase& c) {
        std::copy_n(plain.bytes.begin() + offset, size, c.before.fx.bytes.begin() + offset);
      });
    };
    attempt_range(0, FxImage::kRegisters);
    for (u32 offset = 0; offset < FxImage::kRegisters; offset += 2) attempt_range(offset, 2);
    for (u32 offset = FxImage::kRegisters; offset < FxImage::kEnd; offset += 16) attempt_range(offset, 16);
  }

  OracleCase case_;
  const std::function<bool(const OracleCase&)>& still_differs_;
  bool changed_ = false;
};

}  // namespace

OracleCase shrink(OracleCase c, const std::function<bool(const OracleCase&)>& still_differs) {
  return Shrinker(std::move(c), still_differs).run();
}

}  // namespace ringdown::test

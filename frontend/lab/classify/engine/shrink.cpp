// Tries simplifications one by one until none is left that keeps what the pair shows.
#include <algorithm>

#include "cpu/encoding_head.h"
#include "frontend/lab/classify/engine/witness.h"

namespace ringdown::classify {

namespace {

class Shrinker {
 public:
  Shrinker(Observer& observer, const Subject& subject, Pair pair, Evidence evidence)
      : observer_(observer), subject_(subject), pair_(std::move(pair)), evidence_(evidence) {}

  Pair run() {
    do {
      changed_ = false;
      align_settings();
      lower_level();
      drop_prefixes();
      simplify_operands();
      simplify_immediates();
    } while (changed_);
    return pair_;
  }

 private:
  /// Keeps what `change` made of the pair if it still shows the same.
  template <class Change>
  void attempt(Change change) {
    Pair simpler = pair_;
    change(simpler);
    const bool single = pair_.a == pair_.b;
    if (!single && simpler.a == simpler.b) return;
    if (!observer_.shows(simpler, evidence_)) return;
    pair_ = simpler;
    changed_ = true;
  }

  void align_settings() {
    for_each_knob([this](Knob knob) {
      if (knob == Knob::Level) return;
      attempt_values(knob, pair_.a[knob], pair_.a[knob]);
      const bool apart = pair_.a[knob] != pair_.b[knob];
      attempt_values(knob, 0, !apart ? u8{0} : pair_.b.has(knob) ? pair_.b[knob] : u8{1});
    });
  }

  void attempt_values(Knob knob, u8 a, u8 b) {
    if (pair_.a[knob] == a && pair_.b[knob] == b) return;
    attempt([=](Pair& pair) {
      pair.a.set(knob, a);
      pair.b.set(knob, b);
    });
  }

  /// To the ring that is next to the inner one.
  void lower_level() {
    const u8 outer = pair_.b.level();
    if (outer != level::kRing2 && outer != level::kUser) return;
    const bool together = pair_.a.level() == outer;
    attempt([together](Pair& pair) {
      pair.b.set(Knob::Level, level::kRing1);
      if (together) pair.a.set(Knob::Level, level::kRing1);
    });
  }

  void drop_prefixes() {
    for (unsigned at = 0; at + 1 < pair_.c.length && is_legacy_prefix(pair_.c.bytes[at]); ++at) {
      Case shorter = pair_.c;
      std::copy(shorter.bytes.begin() + at + 1, shorter.bytes.end(), shorter.bytes.begin() + at);
      shorter.bytes.back() = 0;
      shorter.length = subject_.length_of(shorter.bytes, shorter.code32);
      if (shorter.length == 0 || shorter.length >= pair_.c.length) continue;
      std::fill(shorter.bytes.begin() + shorter.length, shorter.bytes.end(), 0);
      shorter.immediate = std::min<u8>(static_cast<u8>(shorter.immediate - 1), shorter.length);
      attempt([&shorter](Pair& pair) { pair.c = shorter; });
    }
  }

  /// `member(pair.c)` to `plain`, or to fewer bits.
  template <class Member>
  void simplify(Member member, u32 plain) {
    if (member(pair_.c) == plain) return;
    attempt([&](Pair& pair) { member(pair.c) = plain; });
    for (u32 bit = 1u << 31; bit != 0 && member(pair_.c) != plain; bit >>= 1) {
      if ((member(pair_.c) & bit) == 0) continue;
      attempt([&](Pair& pair) { member(pair.c) &= ~bit; });
    }
  }

  void simplify_operands() {
    const std::array<u32, 8> plain = plain_registers();
    for (std::size_t i = 0; i < plain.size(); ++i)
      simplify([i](Case& c) -> u32& { return c.gpr[i]; }, plain[i]);
    for (std::size_t i = 0; i < pair_.c.stack.size(); ++i)
      simplify([i](Case& c) -> u32& { return c.stack[i]; }, 0);
    for (std::size_t i = 0; i < pair_.c.data.size(); ++i)
      simplify([i](Case& c) -> u32& { return c.data[i]; }, 0);
    simplify([](Case& c) -> u32& { return c.flags; }, 0);
    if (pair_.c.floats != 0) {
      attempt([](Pair& pair) { pair.c.floats = 0; });
    }
  }

  void simplify_immediates() {
    for (unsigned at = pair_.c.immediate; at < pair_.c.length; ++at) {
      if (pair_.c.bytes[at] == 0) continue;
      attempt([at](Pair& pair) { pair.c.bytes[at] = 0; });
    }
  }

  Observer& observer_;
  const Subject& subject_;
  Pair pair_;
  const Evidence evidence_;
  bool changed_ = false;
};

}  // namespace

Pair shrink(Observer& observer, const Subject& subject, Pair pair, Evidence evidence) {
  return Shrinker(observer, subject, std::move(pair), evidence).run();
}

}  // namespace ringdown::classify

// The known differences, each for as few instructions, states and bits as it takes.
#include "tests/instruction/x87/host_deviations.h"

#include <algorithm>
#include <initializer_list>

#include "cpu/float/classify.h"

namespace ringdown::test {

namespace {

constexpr u16 kC1 = x87_status::C1::kMask;
constexpr u16 kComparisonCodes = x87_status::C0::kMask | x87_status::C2::kMask | x87_status::C3::kMask;
constexpr u16 kPending = x87_status::ErrorSummary::kMask | x87_status::Busy::kMask;

bool is_one_of(const X87Case& c, std::initializer_list<ZydisMnemonic> list) {
  return std::find(list.begin(), list.end(), c.row->mnemonic) != list.end();
}

bool compares_to_codes(const X87Case& c) {
  return is_one_of(c, {ZYDIS_MNEMONIC_FCOM, ZYDIS_MNEMONIC_FCOMP, ZYDIS_MNEMONIC_FCOMPP, ZYDIS_MNEMONIC_FUCOM,
                       ZYDIS_MNEMONIC_FUCOMP, ZYDIS_MNEMONIC_FUCOMPP, ZYDIS_MNEMONIC_FICOM,
                       ZYDIS_MNEMONIC_FICOMP, ZYDIS_MNEMONIC_FTST});
}
bool compares_to_eflags(const X87Case& c) {
  return is_one_of(
      c, {ZYDIS_MNEMONIC_FCOMI, ZYDIS_MNEMONIC_FCOMIP, ZYDIS_MNEMONIC_FUCOMI, ZYDIS_MNEMONIC_FUCOMIP});
}
bool is_transcendental(const X87Case& c) {
  return is_one_of(c,
                   {ZYDIS_MNEMONIC_F2XM1, ZYDIS_MNEMONIC_FYL2X, ZYDIS_MNEMONIC_FYL2XP1, ZYDIS_MNEMONIC_FPATAN,
                    ZYDIS_MNEMONIC_FSIN, ZYDIS_MNEMONIC_FCOS, ZYDIS_MNEMONIC_FPTAN, ZYDIS_MNEMONIC_FSINCOS});
}

/// An exception that was found before the operation is unmasked.
bool is_suppressed(const X87Outcome& o) {
  return (o.status & ~o.control & x87_exception::kBeforeOperation) != 0;
}

void take_status(X87Outcome& host, const X87Outcome& guest, u16 bits) {
  host.status = static_cast<u16>((host.status & ~bits) | (guest.status & bits));
}

bool delivers_other_condition(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!is_suppressed(guest)) return false;
  if (compares_to_codes(c)) take_status(host, guest, kComparisonCodes);
  if (compares_to_eflags(c)) host.eflags = guest.eflags;
  return host == guest;
}

bool clears_or_keeps_c1(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!compares_to_eflags(c)) return false;
  const bool kept = ((host.status ^ c.before.status) & kC1) == 0;
  if (!kept && (host.status & kC1) != 0) return false;
  take_status(host, guest, kC1);
  return host == guest;
}

bool stack_is_as_before(const X87Case& c, const X87Outcome& o) {
  return o.registers == c.before.registers && x87_status::Top::get(o.status) == c.before.top();
}

bool pushes_suppressed_load(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!c.is(ZYDIS_MNEMONIC_FLD) || !c.has_memory || !is_suppressed(guest)) return false;
  if (!stack_is_as_before(c, host) && !stack_is_as_before(c, guest)) return false;
  take_status(host, guest, x87_status::Top::kMask);
  host.tags = guest.tags;
  host.registers = guest.registers;
  return host == guest;
}

/// FOP, FIP, FCS, FDP and FDS of the image, which was filled with zeros.
bool fxsave_leaves_pointers(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!c.is(ZYDIS_MNEMONIC_FXSAVE) || x87_status::ErrorSummary::get(guest.status)) return false;
  constexpr std::size_t kBegin = 6, kEnd = 24;
  const auto stored = std::span(host.memory).subspan(kBegin, kEnd - kBegin);
  if (std::any_of(stored.begin(), stored.end(), [](u8 byte) { return byte != 0; })) return false;
  std::copy_n(guest.memory.begin() + kBegin, stored.size(), stored.begin());
  return host == guest;
}

// --- Transcendental instructions
// ----------------------------------------------------------------------------------

Float80 register_of(const X87Outcome& o, u8 i) {
  X87Image image;
  image.registers = o.registers;
  return image.st(i);
}

/// Numbers of one sign in order.
__extension__ typedef __int128 Ordered;
Ordered ordered(Float80 value) {
  return static_cast<Ordered>(exponent_field(value)) * (Ordered{1} << 63) +
         static_cast<Ordered>(value.significand & ~float80::kIntegerBit);
}

bool within_one_ulp(Float80 a, Float80 b) {
  if (sign_of(a) != sign_of(b)) return false;
  const Ordered distance = ordered(a) - ordered(b);
  return distance >= -1 && distance <= 1;
}

bool registers_within_one_ulp(const X87Outcome& a, const X87Outcome& b) {
  for (u8 i = 0; i < 8; ++i) {
    if (!within_one_ulp(register_of(a, i), register_of(b, i))) return false;
  }
  return true;
}

/// Where that is the step from the smallest normal number, its class and #U differ with it.
bool differs_by_one_ulp(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!is_transcendental(c) || !registers_within_one_ulp(host, guest)) return false;
  host.registers = guest.registers;
  host.tags = guest.tags;
  take_status(host, guest, kC1 | x87_exception::kUnderflow);
  return host == guest;
}

/// The same step with #U unmasked: the guest's result is scaled (SDM vol. 1, 8.5.5).
bool rounds_to_smallest_normal(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  constexpr u16 kUnderflow = x87_exception::kUnderflow;
  const bool trapped = (guest.status & ~guest.control & kUnderflow) != 0;
  const u8 result = c.is(ZYDIS_MNEMONIC_FSINCOS) ? 1 : 0;
  const Float80 value = register_of(host, result);
  if (!is_transcendental(c) || !trapped || (host.status & kUnderflow) != 0) return false;
  if (exponent_field(value) != 1 || value.significand != float80::kIntegerBit) return false;
  host.registers = guest.registers;
  host.pointers = guest.pointers;
  take_status(host, guest, kUnderflow | kC1 | kPending);
  return host == guest;
}

/// The guest rounds exact results, which raise no PE, exactly.
bool raises_pe_for_exact(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  const bool may_be_exact =
      is_one_of(c, {ZYDIS_MNEMONIC_F2XM1, ZYDIS_MNEMONIC_FYL2X, ZYDIS_MNEMONIC_FYL2XP1});
  constexpr u16 kInexact = x87_exception::kPrecision | x87_exception::kUnderflow;
  const bool raised = (host.status & ~guest.status & kInexact) != 0;
  if (!may_be_exact || !raised || (host.status & x87_exception::kPrecision) == 0) return false;
  if (!registers_within_one_ulp(host, guest)) return false;
  host.registers = guest.registers;
  take_status(host, guest, kInexact | kC1 | kPending);
  return host == guest;
}

bool leaves_denormal_result(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!is_one_of(c, {ZYDIS_MNEMONIC_FPREM, ZYDIS_MNEMONIC_FPREM1, ZYDIS_MNEMONIC_FSCALE})) return false;
  constexpr u16 kUnderflow = x87_exception::kUnderflow;
  const bool unchanged = register_of(host, 0) == c.before.st(0) && exponent_field(c.before.st(0)) == 0;
  if (!unchanged || (guest.status & ~guest.control & ~host.status & kUnderflow) == 0) return false;
  host.registers = guest.registers;
  host.tags = guest.tags;
  host.pointers = guest.pointers;
  take_status(host, guest, kUnderflow | kPending);
  return host == guest;
}

bool is_f2xm1_outside(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  const bool outside = exponent_field(c.before.st(0)) >= float80::kBias;
  if (!c.is(ZYDIS_MNEMONIC_F2XM1) || !outside) return false;
  host.registers = guest.registers;
  take_status(host, guest, x87_exception::kPrecision | kC1 | kPending);
  return host == guest;
}

/// ST(0) outside -(1 - √½) to √2 - 1, whose magnitudes begin with exponent -2.
bool is_fyl2xp1_outside(const X87Case& c, X87Outcome, const X87Outcome&) {
  constexpr u64 kNegativeLimit = 0x95F6'1998'0C43'36F7;
  constexpr u64 kPositiveLimit = 0xD413'CCCF'E779'9211;
  if (!c.is(ZYDIS_MNEMONIC_FYL2XP1)) return false;
  const Float80 x = c.before.st(0);
  const int exponent = exponent_field(x) - float80::kBias;
  if (exponent != -2) return exponent > -2;
  return x.significand > (sign_of(x) ? kNegativeLimit : kPositiveLimit);
}

constexpr X87Deviation kDeviations[]{
    {"the condition that a comparison with an unmasked #IA or #D delivers is not defined (SDM vol. 2, FCOM)",
     HostVendor::Other, delivers_other_condition},
    {"FCOMI clears C1 by the manual (SDM vol. 2, FCOMI); units leave it, but for a stack fault",
     HostVendor::Other, clears_or_keeps_c1},
    {"FLD m32fp or m64fp with an unmasked #IA or #D leaves the stack by the manual (SDM vol. 1, 8.5.1.2 and "
     "8.5.2); units push, some with #D only",
     HostVendor::Other, pushes_suppressed_load},
    {"a denormal number that is its own remainder, or is scaled by nothing, raises an unmasked #U (SDM vol. 1, "
     "8.5.5); some units do not",
     HostVendor::Other, leaves_denormal_result},
    {"FXSAVE stores the pointers (SDM vol. 1, 10.5.1.1); AMD's do so only with an exception pending "
     "(measured)",
     HostVendor::Amd, fxsave_leaves_pointers},
    {"an exact transcendental result raises no #P here; the manual leaves it open (SDM vol. 1, 8.3.10)",
     HostVendor::Other, raises_pe_for_exact},
    {"a transcendental result is rounded to the smallest normal number or below it, which alone is an underflow",
     HostVendor::Other, rounds_to_smallest_normal},
    {"transcendental results differ by one unit in the last place (SDM vol. 1, 8.3.10)", HostVendor::Other,
     differs_by_one_ulp},
    {"F2XM1 of a number outside -1 to 1 is undefined (SDM vol. 2, F2XM1)", HostVendor::Other,
     is_f2xm1_outside},
    {"FYL2XP1 of a number outside -(1 - sqrt(1/2)) to sqrt(2) - 1 is undefined (SDM vol. 2, FYL2XP1)",
     HostVendor::Other, is_fyl2xp1_outside},
};

}  // namespace

std::span<const X87Deviation> x87_deviations() { return kDeviations; }

}  // namespace ringdown::test

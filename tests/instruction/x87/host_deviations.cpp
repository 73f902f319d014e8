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

bool keeps_codes(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!is_suppressed(guest) || !compares_to_codes(c)) return false;
  if (((guest.status ^ c.before.status) & kComparisonCodes) != 0) return false;
  take_status(host, guest, kComparisonCodes);
  return host == guest;
}

bool keeps_eflags(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!is_suppressed(guest) || !compares_to_eflags(c) || guest.eflags != c.eflags) return false;
  host.eflags = guest.eflags;
  // Together with the next.
  take_status(host, guest, kC1);
  return host == guest;
}

bool keeps_c1(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  const bool was_set = (c.before.status & kC1) != 0;
  if (!compares_to_eflags(c) || !was_set || (host.status & kC1) == 0 || (guest.status & kC1) != 0)
    return false;
  take_status(host, guest, kC1);
  return host == guest;
}

bool pushes_suppressed_load(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!c.is(ZYDIS_MNEMONIC_FLD) || !c.has_memory || !is_suppressed(guest)) return false;
  if (guest.registers != c.before.registers || x87_status::Top::get(guest.status) != c.before.top())
    return false;
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

bool differs_by_one_ulp(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  if (!is_transcendental(c)) return false;
  for (u8 i = 0; i < 8; ++i) {
    if (!within_one_ulp(register_of(host, i), register_of(guest, i))) return false;
  }
  host.registers = guest.registers;
  take_status(host, guest, kC1);
  return host == guest;
}

/// The guest rounds exact results, which raise no PE, exactly.
bool raises_pe_for_exact(const X87Case& c, X87Outcome host, const X87Outcome& guest) {
  const bool may_be_exact =
      is_one_of(c, {ZYDIS_MNEMONIC_F2XM1, ZYDIS_MNEMONIC_FYL2X, ZYDIS_MNEMONIC_FYL2XP1});
  constexpr u16 kInexact = x87_exception::kPrecision | x87_exception::kUnderflow;
  const bool raised = (host.status & ~guest.status & kInexact) != 0;
  if (!may_be_exact || !raised || (host.status & x87_exception::kPrecision) == 0) return false;
  take_status(host, guest, kInexact | kC1 | kPending);
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
    {"a comparison with an unmasked #IA or #D leaves the condition codes (SDM vol. 2, note of FCOM; vol. 1, "
     "8.5.2); "
     "AMD's units set them",
     HostVendor::Amd, keeps_codes},
    {"FCOMI with an unmasked #IA or #D leaves EFLAGS (SDM vol. 2, FCOMI); AMD's units set them",
     HostVendor::Amd, keeps_eflags},
    {"FCOMI clears C1 (SDM vol. 2, FCOMI); AMD's units leave it", HostVendor::Amd, keeps_c1},
    {"FLD m32fp or m64fp with an unmasked #IA or #D leaves the stack (SDM vol. 1, 8.5.1.2 and 8.5.2); AMD's "
     "units "
     "push",
     HostVendor::Amd, pushes_suppressed_load},
    {"FXSAVE stores the pointers (SDM vol. 1, 10.5.1.1); AMD's do so only with an exception pending "
     "(measured)",
     HostVendor::Amd, fxsave_leaves_pointers},
    {"an exact transcendental result raises no #P here; the manual leaves it open (SDM vol. 1, 8.3.10)",
     HostVendor::Other, raises_pe_for_exact},
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

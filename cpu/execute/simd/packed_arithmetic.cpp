// Packed integer addition, subtraction, averages, minima, maxima and logic (Intel SDM vol. 1, 9.4.2, 9.4.6
// and 11.4.2; vol. 2).
#include <functional>

#include "cpu/execute/simd/packed.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

struct Add {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return static_cast<Lane>(a + b);
  }
};
struct Subtract {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return static_cast<Lane>(a - b);
  }
};
struct AddSaturated {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return saturated<Lane>(a + b);
  }
};
struct SubtractSaturated {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return saturated<Lane>(a - b);
  }
};
struct Average {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return static_cast<Lane>((a + b + 1) >> 1);
  }
};
struct Minimum {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return a < b ? a : b;
  }
};
struct Maximum {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return a > b ? a : b;
  }
};

struct NotFirstAnd {
  u64 operator()(u64 a, u64 b) const { return ~a & b; }
};
using And = Lanewise<u64, std::bit_and<u64>>;
using Or = Lanewise<u64, std::bit_or<u64>>;
using ExclusiveOr = Lanewise<u64, std::bit_xor<u64>>;
using AndNot = Lanewise<u64, NotFirstAnd>;

/// PSADBW: in each 64 bits, the sum of the eight absolute differences.
struct SumOfDifferences {
  template <class Register>
  Register operator()(const Register& destination, const Register& source) const {
    Lanes<u64, Register> sums{};
    for (unsigned i = 0; i < sizeof(Register); ++i) {
      const int difference = destination.bytes[i] - source.bytes[i];
      sums[i / 8] += static_cast<u64>(difference < 0 ? -difference : difference);
    }
    return std::bit_cast<Register>(sums);
  }
};

}  // namespace
}  // namespace simd

Handler lower_packed_add(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PADDB:
      return lower_packed<Lanewise<u8, Add>>(context, op);
    case ZYDIS_MNEMONIC_PADDW:
      return lower_packed<Lanewise<u16, Add>>(context, op);
    case ZYDIS_MNEMONIC_PADDD:
      return lower_packed<Lanewise<u32, Add>>(context, op);
    case ZYDIS_MNEMONIC_PADDQ:
      return lower_packed<Lanewise<u64, Add>>(context, op);
    case ZYDIS_MNEMONIC_PADDSB:
      return lower_packed<Lanewise<s8, AddSaturated>>(context, op);
    case ZYDIS_MNEMONIC_PADDSW:
      return lower_packed<Lanewise<s16, AddSaturated>>(context, op);
    case ZYDIS_MNEMONIC_PADDUSB:
      return lower_packed<Lanewise<u8, AddSaturated>>(context, op);
    default:
      return lower_packed<Lanewise<u16, AddSaturated>>(context, op);
  }
}

Handler lower_packed_subtract(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PSUBB:
      return lower_packed<Lanewise<u8, Subtract>>(context, op);
    case ZYDIS_MNEMONIC_PSUBW:
      return lower_packed<Lanewise<u16, Subtract>>(context, op);
    case ZYDIS_MNEMONIC_PSUBD:
      return lower_packed<Lanewise<u32, Subtract>>(context, op);
    case ZYDIS_MNEMONIC_PSUBQ:
      return lower_packed<Lanewise<u64, Subtract>>(context, op);
    case ZYDIS_MNEMONIC_PSUBSB:
      return lower_packed<Lanewise<s8, SubtractSaturated>>(context, op);
    case ZYDIS_MNEMONIC_PSUBSW:
      return lower_packed<Lanewise<s16, SubtractSaturated>>(context, op);
    case ZYDIS_MNEMONIC_PSUBUSB:
      return lower_packed<Lanewise<u8, SubtractSaturated>>(context, op);
    default:
      return lower_packed<Lanewise<u16, SubtractSaturated>>(context, op);
  }
}

Handler lower_packed_select(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PAVGB:
      return lower_packed<Lanewise<u8, Average>>(context, op);
    case ZYDIS_MNEMONIC_PAVGW:
      return lower_packed<Lanewise<u16, Average>>(context, op);
    case ZYDIS_MNEMONIC_PMINUB:
      return lower_packed<Lanewise<u8, Minimum>>(context, op);
    case ZYDIS_MNEMONIC_PMINSW:
      return lower_packed<Lanewise<s16, Minimum>>(context, op);
    case ZYDIS_MNEMONIC_PMAXUB:
      return lower_packed<Lanewise<u8, Maximum>>(context, op);
    case ZYDIS_MNEMONIC_PMAXSW:
      return lower_packed<Lanewise<s16, Maximum>>(context, op);
    default:
      return lower_packed_on_host<SumOfDifferences, host_sse::psadbw>(context, op);
  }
}

Handler lower_packed_logic(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PAND:
    case ZYDIS_MNEMONIC_ANDPS:
    case ZYDIS_MNEMONIC_ANDPD:
      return lower_packed<And>(context, op);
    case ZYDIS_MNEMONIC_PANDN:
    case ZYDIS_MNEMONIC_ANDNPS:
    case ZYDIS_MNEMONIC_ANDNPD:
      return lower_packed<AndNot>(context, op);
    case ZYDIS_MNEMONIC_POR:
    case ZYDIS_MNEMONIC_ORPS:
    case ZYDIS_MNEMONIC_ORPD:
      return lower_packed<Or>(context, op);
    default:
      return lower_packed<ExclusiveOr>(context, op);
  }
}

}  // namespace ringdown

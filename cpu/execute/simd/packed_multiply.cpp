// Packed integer multiplication (Intel SDM vol. 1, 9.4.2 and 11.4.2).
#include "cpu/execute/simd/packed.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

struct MultiplyLow {
  s16 operator()(s16 a, s16 b) const { return static_cast<s16>(a * b); }
};
/// The upper half of the product, of signed or unsigned words.
struct MultiplyHigh {
  s16 operator()(s16 a, s16 b) const { return static_cast<s16>((a * b) >> 16); }
  u16 operator()(u16 a, u16 b) const { return static_cast<u16>((u32{a} * b) >> 16); }
};
/// PMULUDQ: the product of the even doublewords.
struct MultiplyEven {
  u64 operator()(u64 a, u64 b) const { return u64{static_cast<u32>(a)} * static_cast<u32>(b); }
};

/// PMADDWD: sums of the products of neighbouring words.
struct MultiplyAdd {
  template <class Register>
  Register operator()(const Register& destination, const Register& source) const {
    const auto a = lanes<s16>(destination);
    const auto b = lanes<s16>(source);
    Lanes<u32, Register> sums{};
    for (unsigned i = 0; i < sums.size(); ++i) {
      // 8000h throughout wraps to 80000000h.
      sums[i] = static_cast<u32>(a[2 * i] * b[2 * i]) + static_cast<u32>(a[2 * i + 1] * b[2 * i + 1]);
    }
    return std::bit_cast<Register>(sums);
  }
};

}  // namespace
}  // namespace simd

Handler lower_packed_multiply(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PMULLW:
      return lower_packed<Lanewise<s16, MultiplyLow>>(context, op);
    case ZYDIS_MNEMONIC_PMULHW:
      return lower_packed<Lanewise<s16, MultiplyHigh>>(context, op);
    case ZYDIS_MNEMONIC_PMULHUW:
      return lower_packed<Lanewise<u16, MultiplyHigh>>(context, op);
    case ZYDIS_MNEMONIC_PMULUDQ:
      return lower_packed_on_host<Lanewise<u64, MultiplyEven>, host_sse::pmuludq>(context, op);
    default:
      return lower_packed<MultiplyAdd>(context, op);
  }
}

}  // namespace ringdown

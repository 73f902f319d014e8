// Packed integer comparisons: all ones in the lanes for which the relation holds (Intel SDM vol. 1, 9.4.3).
#include "cpu/execute/simd/packed.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

struct Equal {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return a == b ? static_cast<Lane>(-1) : Lane{0};
  }
};
struct Greater {
  template <class Lane>
  Lane operator()(Lane a, Lane b) const {
    return a > b ? static_cast<Lane>(-1) : Lane{0};
  }
};

}  // namespace
}  // namespace simd

Handler lower_packed_compare(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PCMPEQB:
      return lower_packed<Lanewise<s8, Equal>>(context, op);
    case ZYDIS_MNEMONIC_PCMPEQW:
      return lower_packed<Lanewise<s16, Equal>>(context, op);
    case ZYDIS_MNEMONIC_PCMPEQD:
      return lower_packed<Lanewise<s32, Equal>>(context, op);
    case ZYDIS_MNEMONIC_PCMPGTB:
      return lower_packed<Lanewise<s8, Greater>>(context, op);
    case ZYDIS_MNEMONIC_PCMPGTW:
      return lower_packed<Lanewise<s16, Greater>>(context, op);
    default:
      return lower_packed<Lanewise<s32, Greater>>(context, op);
  }
}

}  // namespace ringdown

// The sixteen conditions of Jcc, SETcc and CMOVcc.
#include "cpu/execute/condition.h"

namespace ringdown {

std::optional<Condition> condition_of_jump(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_JO:
      return Condition::O;
    case ZYDIS_MNEMONIC_JNO:
      return Condition::No;
    case ZYDIS_MNEMONIC_JB:
      return Condition::B;
    case ZYDIS_MNEMONIC_JNB:
      return Condition::Nb;
    case ZYDIS_MNEMONIC_JZ:
      return Condition::Z;
    case ZYDIS_MNEMONIC_JNZ:
      return Condition::Nz;
    case ZYDIS_MNEMONIC_JBE:
      return Condition::Be;
    case ZYDIS_MNEMONIC_JNBE:
      return Condition::Nbe;
    case ZYDIS_MNEMONIC_JS:
      return Condition::S;
    case ZYDIS_MNEMONIC_JNS:
      return Condition::Ns;
    case ZYDIS_MNEMONIC_JP:
      return Condition::P;
    case ZYDIS_MNEMONIC_JNP:
      return Condition::Np;
    case ZYDIS_MNEMONIC_JL:
      return Condition::L;
    case ZYDIS_MNEMONIC_JNL:
      return Condition::Nl;
    case ZYDIS_MNEMONIC_JLE:
      return Condition::Le;
    case ZYDIS_MNEMONIC_JNLE:
      return Condition::Nle;
    default:
      return std::nullopt;
  }
}

}  // namespace ringdown

// Makes x87 cases: random states, classes of operands beside each other, stack faults, unmasked exceptions,
// packed decimals, environment images.
#include "tests/instruction/x87/case_groups.h"

#include <algorithm>
#include <vector>

#include "tests/instruction/x87/x87_operands.h"

namespace ringdown::test {

namespace {

using Run = std::function<void(const X87Case&)>;

// --- Encodings
// --------------------------------------------------------------------------------------------------------

/// ModRM for [EDI].
constexpr u8 kAtEdi = 7;

struct Encoding {
  Code code;
  const InstructionRow* row;
  bool has_memory;

  u8 opcode() const { return code[0]; }
  u8 modrm() const { return code.size() > 1 ? code[1] : u8{0}; }
};

const InstructionRow* row_of(const Code& code) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &instruction, operands.data())))
    return nullptr;
  return find_row(instruction, std::span(operands).first(instruction.operand_count));
}

std::vector<Encoding> make_encodings() {
  const Code fwait{0x9B};
  std::vector<Encoding> encodings{{fwait, row_of(fwait), false}};
  for (u8 opcode = 0xD8; opcode != 0xE0; ++opcode) {
    for (unsigned i = 0; i < 72; ++i) {
      const bool memory = i >= 64;
      const u8 modrm = static_cast<u8>(memory ? (i - 64) << 3 | kAtEdi : 0xC0 | i);
      const Code code{opcode, modrm};
      if (const InstructionRow* row = row_of(code)) encodings.push_back({code, row, memory});
    }
  }
  return encodings;
}

const std::vector<Encoding>& encodings() {
  static const std::vector<Encoding> all = make_encodings();
  return all;
}

bool is_one_of(ZydisMnemonic mnemonic, std::initializer_list<ZydisMnemonic> list) {
  return std::find(list.begin(), list.end(), mnemonic) != list.end();
}

/// Those that read or write a whole environment have a group of their own.
bool has_image(const Encoding& e) {
  return is_one_of(e.row->mnemonic, {ZYDIS_MNEMONIC_FLDENV, ZYDIS_MNEMONIC_FNSTENV, ZYDIS_MNEMONIC_FRSTOR,
                                     ZYDIS_MNEMONIC_FNSAVE});
}
/// Those that run with an exception pending.
bool is_not_waiting(const Encoding& e) {
  return is_one_of(e.row->mnemonic, {ZYDIS_MNEMONIC_FNSTENV, ZYDIS_MNEMONIC_FNSAVE, ZYDIS_MNEMONIC_FNSTCW,
                                     ZYDIS_MNEMONIC_FNSTSW, ZYDIS_MNEMONIC_FNCLEX, ZYDIS_MNEMONIC_FNINIT});
}

X87Case make_case(const Encoding& e, X87Operands& operands) {
  X87Case c;
  c.code = e.code;
  c.row = e.row;
  c.has_memory = e.has_memory;
  operands.draw_state(c.before);
  operands.draw_memory(c.memory, e.row->mnemonic == ZYDIS_MNEMONIC_FBLD);
  c.eflags = static_cast<u32>(operands.bits()) & eflags::kStatus;
  return c;
}

void set_masks(X87Case& c, u8 masks) {
  c.before.control = (c.before.control & ~u32{x87_exception::kAll}) | masks;
  // An unmasked flag would be pending.
  c.before.status &= ~u32{x87_exception::kAll} | masks;
}

/// All masked, then one exception after another unmasked.
std::vector<u8> mask_settings() {
  std::vector<u8> settings{x87_exception::kAll};
  for (unsigned i = 0; i < 6; ++i) settings.push_back(static_cast<u8>(x87_exception::kAll & ~(1u << i)));
  return settings;
}

u8 draw_masks(X87Operands& operands) {
  const std::vector<u8> settings = mask_settings();
  return operands.below(2) != 0 ? settings[0] : settings[operands.below(settings.size())];
}

// --- Groups
// -----------------------------------------------------------------------------------------------------------

template <class Wanted>
void random_states(u64 seed, int rounds, const Run& run, Wanted wanted) {
  X87Operands operands(seed);
  for (const Encoding& e : encodings()) {
    if (has_image(e) || !wanted(e)) continue;
    for (int i = 0; i < rounds; ++i) run(make_case(e, operands));
  }
}

void every_encoding(const Run& run) {
  random_states(1, 80, run, [](const Encoding&) { return true; });
}

void one_unmasked(const Run& run) {
  X87Operands operands(2);
  for (const Encoding& e : encodings()) {
    if (has_image(e)) continue;
    for (const u8 masks : mask_settings()) {
      for (int i = 0; i < 8; ++i) {
        X87Case c = make_case(e, operands);
        set_masks(c, masks);
        run(c);
      }
    }
  }
}

/// Of the encodings that differ in ST(i) only, one is enough.
bool is_with_st1(const Encoding& e) { return e.has_memory || e.opcode() == 0xD9 || (e.modrm() & 7) == 1; }

/// Every class of number in ST(0) beside every class in ST(1), or in memory.
void classes_of_operands(const Run& run) {
  X87Operands operands(3);
  for (const Encoding& e : encodings()) {
    if (has_image(e) || !is_with_st1(e)) continue;
    for (const Float80 first : X87Operands::classes()) {
      for (const Float80 second : X87Operands::classes()) {
        X87Case c = make_case(e, operands);
        c.before.set_empty(0, false);
        c.before.set_empty(1, false);
        c.before.set_st(0, first);
        c.before.set_st(1, second);
        std::memcpy(c.memory.data(), &second.significand, 8);
        std::memcpy(c.memory.data() + 8, &second.sign_exponent, 2);
        set_masks(c, draw_masks(operands));
        run(c);
      }
    }
  }
}

/// Every class of single or double in memory beside every class in ST(0).
void classes_in_memory(const Run& run) {
  X87Operands operands(4);
  for (const Encoding& e : encodings()) {
    if (has_image(e) || !e.has_memory) continue;
    for (const Float80 first : X87Operands::classes()) {
      for (std::size_t pattern = 0; pattern < X87Operands::kMemoryPatterns; ++pattern) {
        X87Case c = make_case(e, operands);
        c.before.set_empty(0, false);
        c.before.set_st(0, first);
        X87Operands::set_pattern(c.memory, pattern);
        set_masks(c, draw_masks(operands));
        run(c);
      }
    }
  }
}

/// ST(0), ST(1), ST(i) and the register below the top, empty and in use, with IE masked and not.
void stack_faults(const Run& run) {
  X87Operands operands(5);
  for (const Encoding& e : encodings()) {
    if (has_image(e)) continue;
    const u8 i = e.has_memory ? u8{1} : static_cast<u8>(e.modrm() & 7);
    for (unsigned choice = 0; choice < 32; ++choice) {
      X87Case c = make_case(e, operands);
      set_masks(c, (choice & 1) != 0 ? x87_exception::kAll : x87_exception::kAll & ~x87_exception::kInvalid);
      c.before.set_empty(1, (choice & 2) != 0);
      c.before.set_empty(7, (choice & 4) != 0);
      c.before.set_empty(i, (choice & 8) != 0);
      c.before.set_empty(0, (choice & 16) != 0);
      run(c);
    }
  }
}

/// FPREM and FPREM1 over many exponent differences; FSCALE and FXTRACT.
void remainders_and_scaling(const Run& run) {
  random_states(6, 8000, run, [](const Encoding& e) {
    return is_one_of(e.row->mnemonic, {ZYDIS_MNEMONIC_FPREM, ZYDIS_MNEMONIC_FPREM1, ZYDIS_MNEMONIC_FSCALE,
                                       ZYDIS_MNEMONIC_FXTRACT});
  });
}

/// The quotient is small enough for its low bits to be delivered.
void complete_remainders(const Run& run) {
  X87Operands operands(7);
  for (const Encoding& e : encodings()) {
    if (!is_one_of(e.row->mnemonic, {ZYDIS_MNEMONIC_FPREM, ZYDIS_MNEMONIC_FPREM1})) continue;
    for (int i = 0; i < 8000; ++i) {
      X87Case c = make_case(e, operands);
      Float80 a = operands.number(), b = operands.number();
      a.sign_exponent = static_cast<u16>(b.sign_exponent + operands.below(72) - 4);
      c.before.set_empty(0, false);
      c.before.set_empty(1, false);
      c.before.set_st(0, a);
      c.before.set_st(1, b);
      run(c);
    }
  }
}

void packed_decimals(const Run& run) {
  random_states(8, 8000, run, [](const Encoding& e) {
    return is_one_of(e.row->mnemonic, {ZYDIS_MNEMONIC_FBLD, ZYDIS_MNEMONIC_FBSTP});
  });
}

/// Numbers near the limits of the stored format, and halfway between two of its numbers.
void stores(const Run& run) {
  X87Operands operands(9);
  for (const Encoding& e : encodings()) {
    if (!e.has_memory ||
        !is_one_of(e.row->mnemonic, {ZYDIS_MNEMONIC_FST, ZYDIS_MNEMONIC_FSTP, ZYDIS_MNEMONIC_FIST,
                                     ZYDIS_MNEMONIC_FISTP, ZYDIS_MNEMONIC_FBSTP, ZYDIS_MNEMONIC_FRNDINT}))
      continue;
    for (int i = 0; i < 2000; ++i) {
      X87Case c = make_case(e, operands);
      c.before.set_empty(0, false);
      c.before.set_st(0, operands.near_limit());
      run(c);
    }
  }
}

void pending_exceptions(const Run& run) {
  X87Operands operands(10);
  for (const Encoding& e : encodings()) {
    if (!is_not_waiting(e) || has_image(e)) continue;
    for (int i = 0; i < 400; ++i) {
      X87Case c = make_case(e, operands);
      c.before.status |= static_cast<u32>(operands.bits()) & x87_exception::kAll;
      run(c);
    }
  }
}

/// A random image of FRSTOR in the 32-bit or 16-bit layout, at `to`.
void put_image(X87Operands& operands, std::span<u8> to, bool wide) {
  X87Image image;
  operands.draw_state(image);
  if (wide) {
    std::memcpy(to.data(), &image, sizeof(image));
    return;
  }
  const std::array<u32, 7> slots{image.control,
                                 image.status,
                                 image.tags,
                                 static_cast<u32>(operands.bits()),
                                 static_cast<u32>(operands.bits()),
                                 static_cast<u32>(operands.bits()),
                                 static_cast<u32>(operands.bits())};
  for (std::size_t i = 0; i < slots.size(); ++i) std::memcpy(to.data() + 2 * i, &slots[i], 2);
  std::copy(image.registers.begin(), image.registers.end(), to.begin() + 14);
}

/// The environment goes in by FRSTOR and comes out by FNSTENV, FNSAVE or FXSAVE, or in once more by FLDENV,
/// FRSTOR or FXRSTOR, in both layouts of protected mode.
void images(const Run& run) {
  X87Operands operands(11);
  const std::vector<Code> codes{{0xD9, 0x27},       {0xD9, 0x37},       {0xDD, 0x27},
                                {0xDD, 0x37},       {0x66, 0xD9, 0x27}, {0x66, 0xD9, 0x37},
                                {0x66, 0xDD, 0x27}, {0x66, 0xDD, 0x37}};
  for (const Code& code : codes) {
    for (int i = 0; i < 1500; ++i) {
      X87Case c = make_case({code, row_of(code), true}, operands);
      put_image(operands, c.memory, code[0] != 0x66);
      run(c);
    }
  }
}

void fxsave_images(const Run& run) {
  X87Operands operands(12);
  const Code save{0x0F, 0xAE, 0x07};
  for (int i = 0; i < 3000; ++i) {
    X87Case c = make_case({save, row_of(save), true}, operands);
    c.memory.fill(0);
    // FXSAVE does not wait.
    if (operands.below(2) != 0) c.before.status |= static_cast<u32>(operands.bits()) & x87_exception::kAll;
    run(c);
  }
}

void fxrstor_images(const Run& run) {
  constexpr u32 kMxcsr = 0x1F80;
  X87Operands operands(13);
  const Code restore{0x0F, 0xAE, 0x0F};
  for (int i = 0; i < 3000; ++i) {
    X87Case c = make_case({restore, row_of(restore), true}, operands);
    X87Image image;
    operands.draw_state(image);
    c.memory.fill(0);
    const auto put = [&](std::size_t offset, u64 value, std::size_t size) {
      std::memcpy(c.memory.data() + offset, &value, size);
    };
    put(0, image.control, 2);
    put(2, image.status | (operands.bits() & x87_exception::kAll), 2);
    put(4, operands.bits(), 1);
    put(6, image.pointers[1] >> 16, 2);
    put(8, image.pointers[0], 4);
    put(12, image.pointers[1] & 0xFFFF, 2);
    put(16, image.pointers[2], 4);
    put(20, image.pointers[3], 2);
    put(24, kMxcsr, 4);
    for (u8 r = 0; r < 8; ++r) {
      put(32 + 16u * r, image.st(r).significand, 8);
      put(40 + 16u * r, image.st(r).sign_exponent, 2);
    }
    run(c);
  }
}

constexpr X87CaseGroup kGroups[]{
    {"every encoding, random states", every_encoding},
    {"one exception unmasked", one_unmasked},
    {"classes of operands beside each other", classes_of_operands},
    {"classes of operands in memory", classes_in_memory},
    {"empty registers, stack overflow and underflow", stack_faults},
    {"FPREM, FPREM1, FSCALE, FXTRACT", remainders_and_scaling},
    {"quotient bits of FPREM and FPREM1", complete_remainders},
    {"FBLD and FBSTP", packed_decimals},
    {"rounding stores", stores},
    {"control instructions with an exception pending", pending_exceptions},
    {"images of FNSTENV, FLDENV, FNSAVE and FRSTOR", images},
    {"FXSAVE of the unit's state", fxsave_images},
    {"FXRSTOR of the unit's state", fxrstor_images},
};

}  // namespace

std::span<const X87CaseGroup> x87_case_groups() { return kGroups; }

}  // namespace ringdown::test

// Random x87 instructions on random states: the processor agrees with the host's own unit in every register,
// tag, flag and byte of memory.
#include <Zydis/Zydis.h>
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "cpu/float/classify.h"
#include "tests/instruction/integer/host_code.h"
#include "tests/instruction/x87/x87_machine.h"

namespace ringdown::test {

namespace {

/// The 32-bit protected image of FSAVE, in which a state goes to the host and comes back.
struct Image {
  u32 control = 0;
  u32 status = 0;
  u32 tags = 0;
  u32 pointers[4] = {};
  std::array<u8, 80> registers{};
};
static_assert(sizeof(Image) == 108);

struct Case {
  u8 opcode;
  u8 modrm;
  ZydisMnemonic mnemonic;
  Image before;
  std::array<u8, 16> memory;
  u32 eflags;

  bool has_memory() const { return modrm < 0xC0; }
};

/// What both are compared by.
struct Outcome {
  u16 control;
  u16 status;
  u16 tags;
  std::array<u8, 80> registers;
  std::array<u8, 16> memory;
  u32 eflags;
  u16 ax;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Transcendental results differ between makers; control instructions have tests of their own.
bool is_compared(ZydisMnemonic mnemonic) {
  static constexpr ZydisMnemonic kLeftOut[]{
      ZYDIS_MNEMONIC_F2XM1,  ZYDIS_MNEMONIC_FYL2X,   ZYDIS_MNEMONIC_FYL2XP1, ZYDIS_MNEMONIC_FPATAN,
      ZYDIS_MNEMONIC_FSIN,   ZYDIS_MNEMONIC_FCOS,    ZYDIS_MNEMONIC_FPTAN,   ZYDIS_MNEMONIC_FSINCOS,
      ZYDIS_MNEMONIC_FLDENV, ZYDIS_MNEMONIC_FNSTENV, ZYDIS_MNEMONIC_FRSTOR,  ZYDIS_MNEMONIC_FNSAVE,
      ZYDIS_MNEMONIC_FLDCW,  ZYDIS_MNEMONIC_FISTTP,  ZYDIS_MNEMONIC_FSTPNCE};
  return std::find(std::begin(kLeftOut), std::end(kLeftOut), mnemonic) == std::end(kLeftOut);
}

bool sets_eflags(ZydisMnemonic m) {
  return m == ZYDIS_MNEMONIC_FCOMI || m == ZYDIS_MNEMONIC_FCOMIP || m == ZYDIS_MNEMONIC_FUCOMI ||
         m == ZYDIS_MNEMONIC_FUCOMIP;
}

class Cases {
 public:
  /// A random case; false if those bytes are no instruction to compare.
  bool draw(Case& c) {
    c.opcode = static_cast<u8>(0xD8 + below(8));
    c.modrm = static_cast<u8>(below(2) != 0 ? 0xC0 | below(64) : below(8) << 3 | 7);
    ZydisDecodedInstruction instruction;
    const u8 bytes[2] = {c.opcode, c.modrm};
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder_, nullptr, bytes, 2, &instruction)))
      return false;
    c.mnemonic = instruction.mnemonic;
    if (!is_compared(c.mnemonic)) return false;
    draw_state(c.before);
    draw_memory(c);
    c.eflags = static_cast<u32>(bits()) & eflags::kStatus;
    return true;
  }

  Cases() { ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32); }

 private:
  u64 bits() { return random_(); }
  u64 below(u64 limit) { return random_() % limit; }

  void draw_state(Image& image) {
    const u64 masks = below(2) != 0 ? x87_exception::kAll : below(64);
    const u64 precision = below(3) == 0 ? below(2) * 2 : 3;
    image.control = static_cast<u32>(x87_control::kReservedOne | masks | precision << 8 | below(4) << 10);
    const u64 top = below(8);
    // Only masked flags: an unmasked one would be pending.
    image.status = static_cast<u32>((bits() & 0x4700) | top << 11 | (bits() & masks));
    image.tags = below(3) == 0 ? u32{3} << ((top + 7) % 8 * 2) : 0;
    for (unsigned i = 0; i < 8; ++i) {
      if (below(4) == 0) image.tags |= u32{3} << (2 * i);
    }
    Float80 first{};
    for (unsigned i = 0; i < 8; ++i) {
      Float80 value = number();
      if (i == 0) first = value;
      if (i != 0 && below(4) == 0) {
        value.sign_exponent = static_cast<u16>((first.sign_exponent + below(3)) & float80::kExponentMask);
      }
      std::memcpy(image.registers.data() + 10 * i, &value.significand, 8);
      std::memcpy(image.registers.data() + 10 * i + 8, &value.sign_exponent, 2);
    }
  }

  void draw_memory(Case& c) {
    static constexpr u32 kSingles[]{0,           0x8000'0000, 0x3F80'0000, 0x7F80'0000, 0xFF80'0000,
                                    0x7F80'0001, 0x7FC0'0001, 1,           0x807F'FFFF, 0x7F7F'FFFF};
    for (u8& byte : c.memory) byte = static_cast<u8>(bits());
    const u32 single = kSingles[below(std::size(kSingles))];
    // The same patterns as doubles: the exponent has three more bits.
    const u64 exponent = (single & 0x7F80'0000) == 0x7F80'0000 ? 0x7FF : (single >> 23 & 0xFF);
    const u64 wide =
        static_cast<u64>(single >> 31) << 63 | exponent << 52 | (single & 0x7F'FFFFull) << 29 | (single & 1);
    switch (below(4)) {
      case 0:
        std::memcpy(c.memory.data(), &single, 4);
        break;
      case 1:
        std::memcpy(c.memory.data(), &wide, 8);
        break;
      default:
        break;
    }
    if (c.mnemonic != ZYDIS_MNEMONIC_FBLD) return;
    for (unsigned i = 0; i < 9; ++i) c.memory[i] = static_cast<u8>(below(10) << 4 | below(10));
    c.memory[9] &= 0x80;
  }

  Float80 number() {
    static constexpr u64 kSignificands[]{0,
                                         1,
                                         u64{1} << 63,
                                         (u64{1} << 63) + 1,
                                         ~u64{0},
                                         u64{3} << 62,
                                         ~u64{0} >> 1,
                                         u64{1} << 62,
                                         ~u64{0} << 11,
                                         ~u64{0} << 40};
    static constexpr u16 kExponents[]{0,      1,      0x3FFE, 0x3FFF, 0x4000, 0x7FFE, 0x7FFF,
                                      0x403E, 0x401E, 0x400E, 0x3F80, 0x3C00, 0x407F, 0x43FF};
    Float80 value;
    value.significand = below(3) == 0 ? kSignificands[below(std::size(kSignificands))] : bits() << below(60);
    value.sign_exponent =
        static_cast<u16>(below(2) == 0 ? kExponents[below(std::size(kExponents))] : 0x3FFF - 40 + below(80));
    if (below(6) != 0) value.significand |= float80::kIntegerBit;
    if (below(2) != 0) value.sign_exponent |= float80::kSignBit;
    return value;
  }

  std::mt19937_64 random_{19870101};
  ZydisDecoder decoder_;
};

Outcome outcome_of(const Image& image, std::span<const u8> memory, u64 flags, u64 eax) {
  Outcome outcome{static_cast<u16>(image.control),
                  static_cast<u16>(image.status),
                  static_cast<u16>(image.tags),
                  image.registers,
                  {},
                  static_cast<u32>(flags) & eflags::kStatus,
                  static_cast<u16>(eax)};
  std::copy_n(memory.begin(), outcome.memory.size(), outcome.memory.begin());
  return outcome;
}

constexpr u32 kHostData = 0x2000'0000;
constexpr u32 kBefore = 0x100;
constexpr u32 kAfter = 0x200;
constexpr u64 kEax = 0x1234'5678;

Outcome run_on_host(HostCode& host, const Case& c) {
  std::copy(c.memory.begin(), c.memory.end(), host.data().begin());
  std::memcpy(host.data().data() + kBefore, &c.before, sizeof(Image));
  HostState state;
  state.gpr[0] = kEax;
  state.gpr[2] = kHostData + kAfter;
  state.gpr[6] = kHostData + kBefore;
  state.gpr[7] = kHostData;
  state.flags = c.eflags | eflags::kReserved1 | eflags::kIf;
  // FRSTOR [ESI]; the instruction, on [EDI]; FNSAVE [EDX], which leaves the unit as C++ code expects it.
  const u8 code[]{0xDD, 0x26, c.opcode, c.modrm, 0xDD, 0x32};
  host.run(code, state);
  Image after;
  std::memcpy(&after, host.data().data() + kAfter, sizeof(Image));
  return outcome_of(after, host.data(), state.flags, state.gpr[0]);
}

Outcome run_on_guest(X87Machine& machine, const Case& c) {
  constexpr u32 kImage = 0x3000;
  machine.poke(X87Machine::kData, c.memory);
  machine.poke(kImage, c.before);
  REQUIRE(machine.execute({0xDD, 0x25, 0x00, 0x30, 0x00, 0x00}));  // FRSTOR [kImage]
  machine.cpu.registers.set(Gpr::Eax, static_cast<u32>(kEax));
  machine.cpu.registers.flags.assign_status(c.eflags);
  REQUIRE(machine.execute({c.opcode, c.modrm}));
  const u32 flags = machine.cpu.registers.flags.status();
  REQUIRE(machine.execute({0xDD, 0x35, 0x00, 0x30, 0x00, 0x00}));  // FNSAVE [kImage]
  const auto memory = machine.peek<std::array<u8, 16>>(X87Machine::kData);
  return outcome_of(machine.peek<Image>(kImage), memory, flags, machine.cpu.registers.get(Gpr::Eax));
}

/// Status bits and EFLAGS that the manual leaves undefined or that makers treat apart: the guest follows the
/// Intel manual, the host may be another's.
void drop_unspecified(const Case& c, Outcome& host, const Outcome& guest) {
  u16 ignored = 0;
  const bool suppressed = x87_status::ErrorSummary::get(host.status);
  if (suppressed) {
    // An unmasked invalid operand leaves the condition codes and EFLAGS of a comparison on Intel's only.
    ignored = x87_status::C0::kMask | x87_status::C1::kMask | x87_status::C2::kMask | x87_status::C3::kMask;
    if (sets_eflags(c.mnemonic)) host.eflags = guest.eflags;
  }
  if (c.opcode >= 0xDA && !c.has_memory()) ignored |= x87_status::C1::kMask;  // FCMOV, FCOMI, FFREE
  if (c.mnemonic == ZYDIS_MNEMONIC_FPREM || c.mnemonic == ZYDIS_MNEMONIC_FPREM1) {
    if ((host.status & x87_exception::kInvalid) != 0) {
      ignored |= x87_status::C0::kMask | x87_status::C1::kMask | x87_status::C3::kMask;
    }
  }
  host.status = static_cast<u16>((host.status & ~ignored) | (guest.status & ignored));
}

/// FLD of a signaling NaN or denormal with that exception unmasked pushes on AMD's processors.
bool differs_by_maker(const Case& c, const Outcome& host) {
  const bool loads = c.mnemonic == ZYDIS_MNEMONIC_FLD && c.has_memory();
  return loads && x87_status::ErrorSummary::get(host.status);
}

std::string describe(const Outcome& o) {
  return fmt::format("cw {:04x} sw {:04x} tw {:04x} flags {:x} ax {:04x} registers {:02x} memory {:02x}",
                     o.control, o.status, o.tags, o.eflags, o.ax, fmt::join(o.registers, ""),
                     fmt::join(o.memory, ""));
}

}  // namespace

TEST_CASE("random x87 instructions agree with the host", "[x87]") {
  const auto host = HostCode::create(kHostData, kPageSize);
  if (host == nullptr) {
    WARN("this host cannot run x86 code");
    return;
  }
  constexpr int kCases = 40'000;
  X87Machine machine;
  Cases cases;
  for (int i = 0; i < kCases; ++i) {
    Case c;
    if (!cases.draw(c)) continue;
    Outcome expected = run_on_host(*host, c);
    if (differs_by_maker(c, expected)) continue;
    const Outcome actual = run_on_guest(machine, c);
    drop_unspecified(c, expected, actual);
    if (expected == actual) continue;
    INFO(fmt::format("{} {:02x} {:02x}", ZydisMnemonicGetString(c.mnemonic), c.opcode, c.modrm));
    INFO("before " << describe(outcome_of(c.before, c.memory, c.eflags, kEax)));
    INFO("host   " << describe(expected));
    INFO("guest  " << describe(actual));
    FAIL();
  }
}

}  // namespace ringdown::test

// Random instructions give the same registers, memory and defined flags as on the host's own processor.
#include <fmt/core.h>

#include <random>

#include "tests/instruction/integer/host_code.h"
#include "tests/instruction/integer/modes.h"

namespace ringdown::test {
namespace {

using namespace eflags;

constexpr u32 kDataSize = 4096;
/// Memory operands begin here or up to kSpread bytes behind, so that they may be unaligned.
constexpr u32 kOperands = GuestCode::kData + 512;
constexpr u32 kSpread = 256;

/// How an instruction's operands are encoded.
enum class Shape : u8 {
  None,           // opcode only
  ModRm,          // register and register or memory
  ModRmRegister,  // register and register
  Extension,      // ModRM.reg is part of the opcode
};

enum class Size : u8 { Byte, Wide };  // Wide: 16 or 32 bits

struct Form {
  std::vector<u8> opcode;
  Shape shape;
  Size size;
  u8 extension = 0;
  u8 immediate = 0;  // bytes; 4 stands for the operand size
  u32 undefined = 0;
  u8 immediate_mask = 0xff;  // of a one-byte immediate
};

constexpr u32 kShift = kAf | kOf;
constexpr u32 kProduct = kSf | kZf | kAf | kPf;

/// Forms whose flags are all defined, or none written.
const std::vector<Form> kDefined = {
    {{0x00}, Shape::ModRm, Size::Byte},
    {{0x01}, Shape::ModRm, Size::Wide},
    {{0x03}, Shape::ModRm, Size::Wide},
    {{0x04}, Shape::None, Size::Byte, 0, 1},
    {{0x10}, Shape::ModRm, Size::Byte},
    {{0x11}, Shape::ModRm, Size::Wide},
    {{0x13}, Shape::ModRm, Size::Wide},
    {{0x15}, Shape::None, Size::Wide, 0, 4},
    {{0x18}, Shape::ModRm, Size::Byte},
    {{0x19}, Shape::ModRm, Size::Wide},
    {{0x28}, Shape::ModRm, Size::Byte},
    {{0x2b}, Shape::ModRm, Size::Wide},
    {{0x38}, Shape::ModRm, Size::Byte},
    {{0x39}, Shape::ModRm, Size::Wide},
    {{0x3b}, Shape::ModRm, Size::Wide},
    {{0x80}, Shape::Extension, Size::Byte, 0, 1},
    {{0x81}, Shape::Extension, Size::Wide, 2, 4},
    {{0x83}, Shape::Extension, Size::Wide, 3, 1},
    {{0x83}, Shape::Extension, Size::Wide, 5, 1},
    {{0x83}, Shape::Extension, Size::Wide, 7, 1},
    {{0x86}, Shape::ModRm, Size::Byte},
    {{0x87}, Shape::ModRm, Size::Wide},
    {{0x88}, Shape::ModRm, Size::Byte},
    {{0x8b}, Shape::ModRm, Size::Wide},
    {{0x91}, Shape::None, Size::Wide},
    {{0x98}, Shape::None, Size::Wide},
    {{0x99}, Shape::None, Size::Wide},
    {{0x9e}, Shape::None, Size::Wide},
    {{0x9f}, Shape::None, Size::Wide},
    {{0xc6}, Shape::Extension, Size::Byte, 0, 1},
    {{0xc7}, Shape::Extension, Size::Wide, 0, 4},
    {{0xf5}, Shape::None, Size::Wide},
    {{0xf6}, Shape::Extension, Size::Byte, 2},
    {{0xf6}, Shape::Extension, Size::Byte, 3},
    {{0xf7}, Shape::Extension, Size::Wide, 2},
    {{0xf7}, Shape::Extension, Size::Wide, 3},
    {{0xf8}, Shape::None, Size::Wide},
    {{0xf9}, Shape::None, Size::Wide},
    {{0xfe}, Shape::Extension, Size::Byte, 0},
    {{0xfe}, Shape::Extension, Size::Byte, 1},
    {{0xff}, Shape::Extension, Size::Wide, 0},
    {{0xff}, Shape::Extension, Size::Wide, 1},
    {{0x0f, 0x1f}, Shape::ModRm, Size::Wide},
    {{0x0f, 0x42}, Shape::ModRm, Size::Wide},
    {{0x0f, 0x4f}, Shape::ModRm, Size::Wide},
    {{0x0f, 0x90}, Shape::ModRm, Size::Byte},
    {{0x0f, 0x97}, Shape::ModRm, Size::Byte},
    {{0x0f, 0x9a}, Shape::ModRm, Size::Byte},
    {{0x0f, 0x9c}, Shape::ModRm, Size::Byte},
    {{0x0f, 0xb0}, Shape::ModRm, Size::Byte},
    {{0x0f, 0xb1}, Shape::ModRm, Size::Wide},
    {{0x0f, 0xb6}, Shape::ModRmRegister, Size::Wide},
    {{0x0f, 0xb7}, Shape::ModRm, Size::Wide},
    {{0x0f, 0xbe}, Shape::ModRmRegister, Size::Wide},
    {{0x0f, 0xbf}, Shape::ModRm, Size::Wide},
    {{0x0f, 0xc0}, Shape::ModRm, Size::Byte},
    {{0x0f, 0xc1}, Shape::ModRm, Size::Wide},
};

const std::vector<Form> kPartlyUndefined = {
    {{0x08}, Shape::ModRm, Size::Byte, 0, 0, kAf},
    {{0x0b}, Shape::ModRm, Size::Wide, 0, 0, kAf},
    {{0x21}, Shape::ModRm, Size::Wide, 0, 0, kAf},
    {{0x33}, Shape::ModRm, Size::Wide, 0, 0, kAf},
    {{0x84}, Shape::ModRm, Size::Byte, 0, 0, kAf},
    {{0x85}, Shape::ModRm, Size::Wide, 0, 0, kAf},
    {{0xa8}, Shape::None, Size::Byte, 0, 1, kAf},
    {{0x81}, Shape::Extension, Size::Wide, 6, 4, kAf},
    {{0xf7}, Shape::Extension, Size::Wide, 0, 4, kAf},
    {{0x69}, Shape::ModRm, Size::Wide, 0, 4, kProduct},
    {{0x6b}, Shape::ModRm, Size::Wide, 0, 1, kProduct},
    {{0x0f, 0xaf}, Shape::ModRm, Size::Wide, 0, 0, kProduct},
    {{0xf6}, Shape::Extension, Size::Byte, 4, 0, kProduct},
    {{0xf7}, Shape::Extension, Size::Wide, 4, 0, kProduct},
    {{0xf6}, Shape::Extension, Size::Byte, 5, 0, kProduct},
    {{0xf7}, Shape::Extension, Size::Wide, 5, 0, kProduct},
    {{0xf6}, Shape::Extension, Size::Byte, 6, 0, kStatus},
    {{0xf7}, Shape::Extension, Size::Wide, 6, 0, kStatus},
    {{0xf6}, Shape::Extension, Size::Byte, 7, 0, kStatus},
    {{0xf7}, Shape::Extension, Size::Wide, 7, 0, kStatus},
    {{0xc0}, Shape::Extension, Size::Byte, 0, 1, kOf},
    {{0xc1}, Shape::Extension, Size::Wide, 0, 1, kOf},
    {{0xd1}, Shape::Extension, Size::Wide, 0, 0, 0},
    {{0xd3}, Shape::Extension, Size::Wide, 1, 0, kOf},
    {{0xd0}, Shape::Extension, Size::Byte, 1, 0, 0},
    {{0xd2}, Shape::Extension, Size::Byte, 2, 0, kOf},
    {{0xd1}, Shape::Extension, Size::Wide, 2, 0, 0},
    {{0xc1}, Shape::Extension, Size::Wide, 2, 1, kOf},
    {{0xc0}, Shape::Extension, Size::Byte, 3, 1, kOf},
    {{0xd3}, Shape::Extension, Size::Wide, 3, 0, kOf},
    {{0xd1}, Shape::Extension, Size::Wide, 3, 0, 0},
    {{0xd1}, Shape::Extension, Size::Wide, 4, 0, kAf},
    {{0xd3}, Shape::Extension, Size::Wide, 4, 0, kShift},
    {{0xc0}, Shape::Extension, Size::Byte, 4, 1, kShift},
    {{0xd1}, Shape::Extension, Size::Wide, 5, 0, kAf},
    {{0xc1}, Shape::Extension, Size::Wide, 5, 1, kShift},
    {{0xd2}, Shape::Extension, Size::Byte, 5, 0, kShift},
    {{0xd1}, Shape::Extension, Size::Wide, 7, 0, kAf},
    {{0xc1}, Shape::Extension, Size::Wide, 7, 1, kShift},
    {{0xd2}, Shape::Extension, Size::Byte, 7, 0, kShift},
    {{0x0f, 0xa4}, Shape::ModRm, Size::Wide, 0, 1, kShift, 0x0f},
    {{0x0f, 0xac}, Shape::ModRm, Size::Wide, 0, 1, kShift, 0x0f},
    {{0x0f, 0xa3}, Shape::ModRmRegister, Size::Wide, 0, 0, kOf | kSf | kAf | kPf},
    {{0x0f, 0xab}, Shape::ModRmRegister, Size::Wide, 0, 0, kOf | kSf | kAf | kPf},
    {{0x0f, 0xba}, Shape::Extension, Size::Wide, 4, 1, kOf | kSf | kAf | kPf},
    {{0x0f, 0xba}, Shape::Extension, Size::Wide, 5, 1, kOf | kSf | kAf | kPf},
    {{0x0f, 0xba}, Shape::Extension, Size::Wide, 6, 1, kOf | kSf | kAf | kPf},
    {{0x0f, 0xba}, Shape::Extension, Size::Wide, 7, 1, kOf | kSf | kAf | kPf},
    {{0x0f, 0xbc}, Shape::ModRm, Size::Wide, 0, 0, kStatus & ~kZf},
    {{0x0f, 0xbd}, Shape::ModRm, Size::Wide, 0, 0, kStatus & ~kZf},
};

/// What may stand before a Jcc.
const std::vector<Form> kBeforeJump = {
    {{0x3b}, Shape::ModRm, Size::Wide},           {{0x39}, Shape::ModRm, Size::Wide},
    {{0x38}, Shape::ModRm, Size::Byte},           {{0x83}, Shape::Extension, Size::Wide, 7, 1},
    {{0x80}, Shape::Extension, Size::Byte, 7, 1}, {{0x2b}, Shape::ModRmRegister, Size::Wide},
    {{0x83}, Shape::Extension, Size::Wide, 5, 1}, {{0x83}, Shape::Extension, Size::Wide, 0, 1},
    {{0xff}, Shape::Extension, Size::Wide, 0},    {{0xff}, Shape::Extension, Size::Wide, 1},
};

class Generator {
 public:
  explicit Generator(u32 seed) : random_(seed) {}

  u32 below(u32 limit) { return static_cast<u32>(random_()) % limit; }

  /// Values at the edges of the widths as often as any.
  u32 value() {
    constexpr std::array<u32, 12> kEdges = {0,      1,      2,          0x7f,       0x80,       0xff,
                                            0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};
    return below(3) == 0 ? kEdges[below(kEdges.size())] : static_cast<u32>(random_());
  }

  void append(const Form& form, std::vector<u8>& code) {
    const bool word = form.size == Size::Wide && below(3) == 0;
    if (word) code.push_back(0x66);
    code.insert(code.end(), form.opcode.begin(), form.opcode.end());
    if (form.shape != Shape::None) {
      const unsigned reg = form.shape == Shape::Extension ? form.extension : any_register(form.size);
      if (form.shape == Shape::ModRmRegister || below(2) == 0) {
        code.push_back(static_cast<u8>(0xc0 | reg << 3 | any_register(form.size)));
      } else {
        // An absolute address, by a SIB byte without base and index.
        code.push_back(static_cast<u8>(0x04 | reg << 3));
        code.push_back(0x25);
        append_number(code, kOperands + below(kSpread), 4);
      }
    }
    if (form.immediate == 1) {
      code.push_back(static_cast<u8>(value() & form.immediate_mask));
    } else if (form.immediate != 0) {
      append_number(code, value(), word ? 2 : 4);
    }
  }

 private:
  /// ESP only where its number means AH.
  unsigned any_register(Size size) {
    constexpr unsigned kEsp = 4;
    const unsigned reg = below(8);
    return reg == kEsp && size == Size::Wide ? 0 : reg;
  }
  static void append_number(std::vector<u8>& code, u32 number, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) code.push_back(static_cast<u8>(number >> (8 * i)));
  }

  std::mt19937 random_;
};

std::string hexadecimal(std::span<const u8> bytes) {
  std::string text;
  for (const u8 byte : bytes) text += fmt::format("{:02x} ", byte);
  return text;
}

/// The same code with the same state on both processors.
class Comparison {
 public:
  Comparison(GuestCode& guest, HostCode& host) : guest_(guest), host_(host) {}

  void randomise(Generator& generator) {
    for (unsigned reg = 0; reg < 8; ++reg) {
      state_.gpr[reg] = generator.value();
      if (reg != static_cast<unsigned>(Gpr::Esp))
        guest_.set(static_cast<Gpr>(reg), static_cast<u32>(state_.gpr[reg]));
    }
    state_.flags = (generator.value() & kStatus) | kReserved1;
    for (u32 i = 0; i < kDataSize; i += 4) {
      const u32 value = generator.value();
      std::memcpy(host_.data().data() + i, &value, sizeof(value));
    }
    guest_.place(GuestCode::kData, host_.data());
  }

  void set(Gpr reg, u32 value) {
    state_.gpr[static_cast<unsigned>(reg)] = value;
    guest_.set(reg, value);
  }
  void set_direction(bool down) {
    if (down) state_.flags |= kDf;
  }

  /// Checks that both agree, flags except `undefined`. Code that faults is not tried on the host.
  void run(std::span<const u8> code, u32 undefined) {
    guest_.set(Gpr::Esp, GuestCode::kStackTop);
    guest_.cpu().registers.flags.assign(static_cast<u32>(state_.flags));
    if (!guest_.run(code).completed) return;
    host_.run(code, state_);
    INFO("code " << hexadecimal(code));
    for (unsigned reg = 0; reg < 8; ++reg) {
      if (reg == static_cast<unsigned>(Gpr::Esp)) continue;
      CAPTURE(reg);
      REQUIRE(guest_.get(static_cast<Gpr>(reg)) == static_cast<u32>(state_.gpr[reg]));
    }
    const u32 defined = kStatus & ~undefined;
    REQUIRE((guest_.status() & defined) == (static_cast<u32>(state_.flags) & defined));
    std::vector<u8> data(kDataSize);
    guest_.memory().read(GuestPhysical(GuestCode::kData), std::as_writable_bytes(std::span(data)));
    REQUIRE(std::equal(data.begin(), data.end(), host_.data().begin()));
  }

 private:
  GuestCode& guest_;
  HostCode& host_;
  HostState state_;
};

/// Runs `body(comparison, generator)` often in every mode, if the host can join in.
template <class F>
void compare(unsigned rounds, F body) {
  const std::unique_ptr<HostCode> host = HostCode::create(GuestCode::kData, kDataSize);
  if (!host) {
    WARN("this host cannot run the code: nothing compared");
    return;
  }
  GuestCode guest = any_protected_machine();
  Generator generator(1);
  Comparison comparison(guest, *host);
  for (unsigned i = 0; i < rounds; ++i) {
    comparison.randomise(generator);
    body(comparison, generator);
  }
}

TEST_CASE("single instructions agree with the host") {
  compare(20'000, [](Comparison& comparison, Generator& generator) {
    const bool defined = generator.below(2) == 0;
    const std::vector<Form>& forms = defined ? kDefined : kPartlyUndefined;
    const Form& form = forms[generator.below(static_cast<u32>(forms.size()))];
    std::vector<u8> code;
    generator.append(form, code);
    comparison.run(code, form.undefined);
  });
}

TEST_CASE("sequences, in which most flags are never looked at, agree with the host") {
  compare(5'000, [](Comparison& comparison, Generator& generator) {
    std::vector<u8> code;
    for (unsigned i = 0; i < 6; ++i)
      generator.append(kDefined[generator.below(static_cast<u32>(kDefined.size()))], code);
    comparison.run(code, 0);
  });
}

TEST_CASE("a comparison and the jump behind it agree with the host") {
  compare(10'000, [](Comparison& comparison, Generator& generator) {
    std::vector<u8> code;
    generator.append(kBeforeJump[generator.below(static_cast<u32>(kBeforeJump.size()))], code);
    // jcc over mov ebx, ecx
    code.insert(code.end(), {static_cast<u8>(0x70 + generator.below(16)), 2, 0x89, 0xcb});
    comparison.run(code, 0);
  });
}

TEST_CASE("TEST, AND and OR and the jump behind them agree with the host") {
  const std::vector<Form> forms = {
      {{0x85}, Shape::ModRm, Size::Wide},           {{0x84}, Shape::ModRm, Size::Byte},
      {{0xf6}, Shape::Extension, Size::Byte, 0, 1}, {{0xf7}, Shape::Extension, Size::Wide, 0, 4},
      {{0x83}, Shape::Extension, Size::Wide, 4, 1}, {{0x0b}, Shape::ModRmRegister, Size::Wide}};
  compare(5'000, [&](Comparison& comparison, Generator& generator) {
    std::vector<u8> code;
    generator.append(forms[generator.below(static_cast<u32>(forms.size()))], code);
    code.insert(code.end(), {static_cast<u8>(0x70 + generator.below(16)), 2, 0x89, 0xcb});
    comparison.run(code, kAf);
  });
}

TEST_CASE("string instructions agree with the host") {
  compare(5'000, [](Comparison& comparison, Generator& generator) {
    constexpr std::array<u8, 10> kOpcodes = {0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
    const u32 middle = GuestCode::kData + kDataSize / 2;
    comparison.set(Gpr::Esi, middle + generator.below(64));
    comparison.set(Gpr::Edi, middle + generator.below(64));
    comparison.set(Gpr::Ecx, generator.below(200));
    comparison.set_direction(generator.below(4) == 0);
    std::vector<u8> code;
    if (generator.below(3) == 0) code.push_back(0x66);
    if (const u32 repeat = generator.below(3); repeat != 0) code.push_back(static_cast<u8>(0xf1 + repeat));
    code.push_back(kOpcodes[generator.below(kOpcodes.size())]);
    comparison.run(code, 0);
  });
}

}  // namespace
}  // namespace ringdown::test

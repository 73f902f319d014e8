// One x87 instruction on one state, and what it leaves: run by the host's own unit and by the guest.
#pragma once

#include <array>
#include <cstring>
#include <string>

#include "core/float80.h"
#include "cpu/float/x87_registers.h"
#include "cpu/instruction_table.h"
#include "tests/instruction/integer/host_code.h"
#include "tests/instruction/x87/x87_guest.h"

namespace ringdown::test {

/// The 32-bit protected image of FSAVE, in which a state goes to either and comes back.
struct X87Image {
  u32 control = 0;
  u32 status = 0;
  u32 tags = 0;
  std::array<u32, 4> pointers{};
  std::array<u8, 80> registers{};

  u8 top() const { return x87_status::Top::get(static_cast<u16>(status)); }
  Float80 st(u8 i) const {
    Float80 value;
    std::memcpy(&value.significand, registers.data() + 10 * i, 8);
    std::memcpy(&value.sign_exponent, registers.data() + 10 * i + 8, 2);
    return value;
  }
  void set_st(u8 i, Float80 value) {
    std::memcpy(registers.data() + 10 * i, &value.significand, 8);
    std::memcpy(registers.data() + 10 * i + 8, &value.sign_exponent, 2);
  }
  bool is_empty(u8 i) const { return (tags >> tag_shift(i) & 3) == 3; }
  void set_empty(u8 i, bool empty) {
    tags = empty ? tags | u32{3} << tag_shift(i) : tags & ~(u32{3} << tag_shift(i));
  }

 private:
  unsigned tag_shift(u8 i) const { return (top() + i) % 8 * 2u; }
};
static_assert(sizeof(X87Image) == 108);

/// An instruction, what is at [EDI], and the state before.
struct X87Case {
  Code code;
  const InstructionRow* row = nullptr;
  bool has_memory = false;
  X87Image before;
  std::array<u8, 512> memory{};
  u32 eflags = 0;

  bool is(ZydisMnemonic mnemonic) const { return row->mnemonic == mnemonic; }
};

/// FIP, FCS, FOP, FDP and FDS. Where they point at the instruction of the case, or at its operand, in
/// either's memory, they are `kHere` and the selectors 0.
struct X87Pointers {
  static constexpr u32 kHere = 0xFFFF'FFFF;
  u32 instruction;
  u16 instruction_selector;
  u16 opcode;
  u32 data;
  u16 data_selector;
  friend bool operator==(const X87Pointers&, const X87Pointers&) = default;
};

/// What both are compared by.
struct X87Outcome {
  u16 control;
  u16 status;
  u16 tags;
  std::array<u8, 80> registers;
  std::array<u8, 512> memory;
  u32 eflags;
  u16 ax;
  X87Pointers pointers;
  friend bool operator==(const X87Outcome&, const X87Outcome&) = default;
};

inline constexpr u32 kX87HostData = 0x2000'0000;

/// The host's unit. It finds out where its instructions seem to be.
class X87Host {
 public:
  explicit X87Host(HostCode& host);
  X87Outcome run(const X87Case& c);

 private:
  X87Image run_image(const X87Case& c, HostState& state);

  HostCode& host_;
  u32 instruction_ = 0;
};

X87Outcome run_on_guest(X87Guest& guest, const X87Case& c);

/// The state before, in the form of an outcome.
X87Outcome before_of(const X87Case& c);
std::string describe(const X87Case& c);
/// What differs, field by field.
std::string describe_difference(const X87Outcome& host, const X87Outcome& guest);

}  // namespace ringdown::test

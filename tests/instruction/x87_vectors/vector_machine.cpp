// The guest's loop over records of operands, and what it makes of them.
#include "tests/instruction/x87_vectors/vector_machine.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <span>

#include "tests/support/emitter.h"
#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

constexpr u32 kInputs = 0x10'0000;
constexpr u32 kOutputs = 0x18'0000;
constexpr u32 kBatch = (kOutputs - kInputs) / operand_layout::kSize;

/// What the loop stores for a record: the value at first, then status word and the low byte of EFLAGS.
struct Output {
  u64 low;
  u16 high;
  std::array<u8, 6> gap;
  u16 status;
  u8 flags;
  std::array<u8, 13> rest;
};
static_assert(sizeof(Output) == 32);
static_assert(kOutputs + kBatch * sizeof(Output) <= CodeMachine::kRamSize);

// --- Operands in narrower formats
// ---------------------------------------------------------------------------------

constexpr u16 kExponentMask = 0x7FFF;
constexpr s32 kBias = 16383;

/// The number in a format with `fraction` bits and exponents of `bits`, if it is a normal number, a zero, an
/// infinity or a NaN there, exactly.
std::optional<u64> as_float(Float80 value, unsigned bits, unsigned fraction) {
  const u64 sign = static_cast<u64>(value.sign_exponent >> 15) << (bits + fraction);
  const s32 bias = (1 << (bits - 1)) - 1;
  const u64 largest = (u64{1} << bits) - 1;
  const s32 exponent = (value.sign_exponent & kExponentMask) - kBias + bias;
  if (exponent == bias - kBias && value.significand == 0) return sign;
  if (value.significand >> 63 == 0 || value.significand << (fraction + 1) != 0) return std::nullopt;
  const u64 low = value.significand << 1 >> (64 - fraction);
  if ((value.sign_exponent & kExponentMask) == kExponentMask) return sign | largest << fraction | low;
  if (exponent < 1 || exponent >= static_cast<s32>(largest)) return std::nullopt;
  return sign | static_cast<u64>(exponent) << fraction | low;
}

/// The number as an integer of `bits`, if it is one. There is no integer -0.
std::optional<u64> as_integer(Float80 value, unsigned bits) {
  if (value.significand == 0 && value.sign_exponent == 0) return 0;
  const s32 exponent = (value.sign_exponent & kExponentMask) - kBias;
  if (exponent < 0 || exponent >= static_cast<s32>(bits) - 1) return std::nullopt;
  if (value.significand << (exponent + 1) != 0) return std::nullopt;
  const u64 magnitude = value.significand >> (63 - exponent);
  return (value.sign_exponent & ~kExponentMask) != 0 ? u64{0} - magnitude : magnitude;
}

/// The operand that the form reads in a narrow format, if the line's fits.
std::optional<u64> narrow_operand(Narrow narrow, const VectorLine& line) {
  switch (narrow) {
    case Narrow::None:
      return 0;
    case Narrow::ASingle:
      return as_float(line.a, 8, 23);
    case Narrow::BSingle:
      return as_float(line.b, 8, 23);
    case Narrow::ADouble:
      return as_float(line.a, 11, 52);
    case Narrow::BDouble:
      return as_float(line.b, 11, 52);
    case Narrow::AWord:
      return as_integer(line.a, 16);
    case Narrow::BWord:
      return as_integer(line.b, 16);
    case Narrow::ADoubleword:
      return as_integer(line.a, 32);
    case Narrow::BDoubleword:
      return as_integer(line.b, 32);
    case Narrow::BZero:
      if (line.b.significand != 0 || (line.b.sign_exponent & kExponentMask) != 0) return std::nullopt;
      return 0;
  }
  return std::nullopt;
}

u32 offset_of(Narrow narrow) {
  using namespace operand_layout;
  switch (narrow) {
    case Narrow::None:
    case Narrow::BZero:
      break;
    case Narrow::ASingle:
      return kSingle;
    case Narrow::ADouble:
      return kDouble;
    case Narrow::AWord:
      return kWord;
    case Narrow::ADoubleword:
      return kDoubleword;
    case Narrow::BSingle:
      return kSecond + kSingle;
    case Narrow::BDouble:
      return kSecond + kDouble;
    case Narrow::BWord:
      return kSecond + kWord;
    case Narrow::BDoubleword:
      return kSecond + kDoubleword;
  }
  return kSize;
}

/// Where the word of a line that is narrower than 80 bits belongs.
u32 offset_of_source(std::string_view function) {
  using namespace operand_layout;
  if (function == "f32_to_extF80") return kSingle;
  if (function == "f64_to_extF80") return kDouble;
  return function == "i32_to_extF80" ? kDoubleword : kQuadword;
}

using Record = std::array<u8, operand_layout::kSize>;

void put_extended(Record& record, u32 offset, Float80 value) {
  std::memcpy(record.data() + offset, &value.significand, 8);
  std::memcpy(record.data() + offset + 8, &value.sign_exponent, 2);
}

Record make_record(const Form& form, const VectorFormat& format, const VectorLine& line) {
  constexpr unsigned kExtendedDigits = 20;
  Record record{};
  if (format.first != kExtendedDigits) {
    std::memcpy(record.data() + offset_of_source(format.function), &line.a.significand, format.first / 2);
    return record;
  }
  put_extended(record, operand_layout::kExtended, line.a);
  put_extended(record, operand_layout::kSecond + operand_layout::kExtended, line.b);
  const u64 narrow = *narrow_operand(form.narrow, line);
  const u32 offset = offset_of(form.narrow);
  if (offset < record.size())
    std::memcpy(record.data() + offset, &narrow, std::min<u32>(8, 0x30 - offset % 0x30));
  return record;
}

// --- The guest
// --------------------------------------------------------------------------------------------------------

constexpr u32 kControlWord = CodeMachine::kData;
constexpr u32 kInstructionsPerLine = 40'000;

std::vector<u8> loop_code(const Form& form) {
  Emitter code;
  code.hex("DBE3 D92B").hex(form.code);                      // FNINIT; FLDCW [EBX]; the form
  code.hex("DD7F10 9F 886712");                              // FNSTSW [EDI+16]; LAHF; MOV [EDI+18],AH
  if (form.delivery == Delivery::OnStack) code.hex("DB3F");  // FSTP m80 [EDI]
  code.hex("83C6").b(operand_layout::kSize).hex("83C7").b(sizeof(Output)).hex("49 0F85");
  code.d(u32{0} - static_cast<u32>(code.bytes.size()) - 4).hex("F4");
  return code.bytes;
}

void install(CodeMachine& machine, std::span<const u8> code, u16 control, std::span<const Record> inputs) {
  machine.memory.write(GuestPhysical(CodeMachine::kCode), std::as_bytes(code));
  machine.memory.write(GuestPhysical(kInputs), std::as_bytes(inputs));
  machine.poke<u16>(kControlWord, control);
  machine.set(Gpr::Esi, kInputs);
  machine.set(Gpr::Edi, kOutputs);
  machine.set(Gpr::Ebx, kControlWord);
  machine.set(Gpr::Ecx, static_cast<u32>(inputs.size()));
}

u8 physical_ring(Engine engine) {
  switch (engine) {
    case Engine::BareRing0:
      return 0;
    case Engine::TrapRing1:
      return 1;
    case Engine::BareRing3:
    case Engine::TrapRing3:
      return 3;
  }
  return 0;
}

std::vector<Output> run_batch(Engine engine, std::span<const u8> code, u16 control,
                              std::span<const Record> inputs) {
  MonitoredMachine machine;
  machine.set_ring(engine == Engine::BareRing3 ? 3 : 0);
  install(machine, code, control, inputs);
  if (engine == Engine::TrapRing1) machine.attach("", Deprivilege::Ring1);
  if (engine == Engine::TrapRing3) machine.attach("", Deprivilege::Ring3);
  REQUIRE(machine.cpu.state.cpl == physical_ring(engine));
  REQUIRE(machine.run(inputs.size() * kInstructionsPerLine).reason == ExitReason::Halted);
  REQUIRE(machine.get(Gpr::Ecx) == 0);
  std::vector<Output> outputs(inputs.size());
  machine.memory.read(GuestPhysical(kOutputs), std::as_writable_bytes(std::span(outputs)));
  return outputs;
}

// --- Results
// ----------------------------------------------------------------------------------------------------------

enum class Relation : u8 { Greater, Less, Equal, Unordered };

/// By C3, C2 and C0 (Intel SDM vol. 1, table 8-6), or ZF, PF and CF, which mean the same.
Relation relation_of(bool c3, bool c2, bool c0) {
  if (c2) return Relation::Unordered;
  if (c3) return Relation::Equal;
  return c0 ? Relation::Less : Relation::Greater;
}

Float80 value_of(const Form& form, const Output& output) {
  const auto in_codes = [&](Relation wanted) {
    using namespace x87_status;
    const bool holds =
        relation_of(C3::get(output.status), C2::get(output.status), C0::get(output.status)) == wanted;
    return Float80{holds ? u64{1} : u64{0}, 0};
  };
  const auto in_flags = [&](Relation wanted) {
    const bool holds = relation_of((output.flags & eflags::kZf) != 0, (output.flags & eflags::kPf) != 0,
                                   (output.flags & eflags::kCf) != 0) == wanted;
    return Float80{holds ? u64{1} : u64{0}, 0};
  };
  switch (form.delivery) {
    case Delivery::OnStack:
    case Delivery::InMemory:
      return {output.low, output.high};
    case Delivery::EqualInCodes:
      return in_codes(Relation::Equal);
    case Delivery::LessInCodes:
      return in_codes(Relation::Less);
    case Delivery::GreaterInCodes:
      return in_codes(Relation::Greater);
    case Delivery::EqualInFlags:
      return in_flags(Relation::Equal);
    case Delivery::LessInFlags:
      return in_flags(Relation::Less);
  }
  return {};
}

}  // namespace

bool accepts(const Form& form, const VectorLine& line) {
  return narrow_operand(form.narrow, line).has_value();
}

std::vector<FormResult> run_form(Engine engine, const Form& form, const VectorFormat& format, u16 control,
                                 const std::vector<VectorLine>& lines) {
  const std::vector<u8> code = loop_code(form);
  std::vector<Record> records;
  for (const VectorLine& line : lines) records.push_back(make_record(form, format, line));
  std::vector<FormResult> results;
  for (std::span<const Record> left = records; !left.empty();) {
    const std::span<const Record> batch = left.first(std::min<std::size_t>(left.size(), kBatch));
    for (const Output& output : run_batch(engine, code, control, batch))
      results.push_back({value_of(form, output), output.status});
    left = left.subspan(batch.size());
  }
  return results;
}

}  // namespace ringdown::test

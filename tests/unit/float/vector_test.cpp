// Every line of the x87 vectors, bit for bit in result and flags, through the soft float and the host's unit.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "cpu/float/x87_float.h"
#include "tests/unit/float/vectors.h"

namespace ringdown::test {

namespace {

using Words = std::vector<std::string>;
/// Computes a line's result, as the hexadecimal digits the file has for it.
using Function = std::function<std::string(const Words&, FloatEnvironment&)>;
using FunctionTable = std::map<std::string, Function>;

using Unary = Float80 (*)(Float80, FloatEnvironment&);
using Binary = Float80 (*)(Float80, Float80, FloatEnvironment&);

Function unary(Unary operation) {
  return [=](const Words& w, FloatEnvironment& e) { return to_string(operation(parse_float80(w[0]), e)); };
}
Function binary(Binary operation) {
  return [=](const Words& w, FloatEnvironment& e) {
    return to_string(operation(parse_float80(w[0]), parse_float80(w[1]), e));
  };
}

/// FPREM1 repeated until it is complete.
Float80 full_remainder(Float80 a, Float80 b, FloatEnvironment& environment) {
  soft_float::Remainder r{a, 0, true};
  while (r.partial) r = soft_float::remainder(r.value, b, soft_float::RemainderKind::Nearest, environment);
  return r.value;
}

std::string compare(const Words& w, QuietNans quiet_nans, Ordering wanted, FloatEnvironment& e) {
  return soft_float::compare(parse_float80(w[0]), parse_float80(w[1]), quiet_nans, e) == wanted ? "1" : "0";
}

/// The functions that have one implementation only.
FunctionTable common_functions() {
  FunctionTable table;
  table["extF80_rem"] = binary(full_remainder);
  table["extF80_eq"] = [](const Words& w, FloatEnvironment& e) {
    return compare(w, QuietNans::Accepted, Ordering::Equal, e);
  };
  table["extF80_lt"] = [](const Words& w, FloatEnvironment& e) {
    return compare(w, QuietNans::Invalid, Ordering::Less, e);
  };
  table["f32_to_extF80"] = [](const Words& w, FloatEnvironment& e) {
    return to_string(soft_float::from_float32(static_cast<u32>(std::stoul(w[0], nullptr, 16)), e));
  };
  table["f64_to_extF80"] = [](const Words& w, FloatEnvironment& e) {
    return to_string(soft_float::from_float64(std::stoull(w[0], nullptr, 16), e));
  };
  table["i32_to_extF80"] = [](const Words& w, FloatEnvironment&) {
    return to_string(soft_float::from_integer(static_cast<s32>(std::stoul(w[0], nullptr, 16))));
  };
  table["i64_to_extF80"] = [](const Words& w, FloatEnvironment&) {
    return to_string(soft_float::from_integer(static_cast<s64>(std::stoull(w[0], nullptr, 16))));
  };
  return table;
}

FunctionTable soft_functions() {
  FunctionTable table = common_functions();
  table["extF80_add"] = binary(soft_float::add);
  table["extF80_sub"] = binary(soft_float::subtract);
  table["extF80_mul"] = binary(soft_float::multiply);
  table["extF80_div"] = binary(soft_float::divide);
  table["extF80_sqrt"] = unary(soft_float::square_root);
  table["extF80_roundToInt"] = unary(soft_float::round_to_integer);
  table["extF80_to_f32"] = [](const Words& w, FloatEnvironment& e) {
    return fmt::format("{:08X}", soft_float::to_float32(parse_float80(w[0]), e));
  };
  table["extF80_to_f64"] = [](const Words& w, FloatEnvironment& e) {
    return fmt::format("{:016X}", soft_float::to_float64(parse_float80(w[0]), e));
  };
  table["extF80_to_i32"] = [](const Words& w, FloatEnvironment& e) {
    const s64 value = soft_float::to_integer(parse_float80(w[0]), soft_float::IntegerSize::Doubleword, e);
    return fmt::format("{:08X}", static_cast<u32>(value));
  };
  table["extF80_to_i64"] = [](const Words& w, FloatEnvironment& e) {
    const s64 value = soft_float::to_integer(parse_float80(w[0]), soft_float::IntegerSize::Quadword, e);
    return fmt::format("{:016X}", static_cast<u64>(value));
  };
  return table;
}

/// The same through the front that uses the host's unit where the build has it.
FunctionTable front_functions() {
  FunctionTable table = common_functions();
  table["extF80_add"] = binary([](auto a, auto b, auto& e) { return x87_float::add(a, b, e); });
  table["extF80_sub"] = binary([](auto a, auto b, auto& e) { return x87_float::subtract(a, b, e); });
  table["extF80_mul"] = binary([](auto a, auto b, auto& e) { return x87_float::multiply(a, b, e); });
  table["extF80_div"] = binary(x87_float::divide);
  table["extF80_sqrt"] = unary(x87_float::square_root);
  table["extF80_roundToInt"] = unary(x87_float::round_to_integer);
  table["extF80_to_f32"] = [](const Words& w, FloatEnvironment& e) {
    return fmt::format("{:08X}", x87_float::to_float32(parse_float80(w[0]), e));
  };
  table["extF80_to_f64"] = [](const Words& w, FloatEnvironment& e) {
    return fmt::format("{:016X}", x87_float::to_float64(parse_float80(w[0]), e));
  };
  table["extF80_to_i32"] = [](const Words& w, FloatEnvironment& e) {
    return fmt::format("{:08X}", static_cast<u32>(x87_float::to_integer<soft_float::IntegerSize::Doubleword>(
                                     parse_float80(w[0]), e)));
  };
  table["extF80_to_i64"] = [](const Words& w, FloatEnvironment& e) {
    return fmt::format("{:016X}", static_cast<u64>(x87_float::to_integer<soft_float::IntegerSize::Quadword>(
                                      parse_float80(w[0]), e)));
  };
  return table;
}

/// Runs all lines of a file; the first differing line is the failure message.
void check_file(const VectorFile& file, const Function& function) {
  FloatEnvironment environment;
  environment.control.set<x87_control::RoundingControl>(file.rounding);
  environment.control.set<x87_control::PrecisionControl>(file.precision);
  const auto lines = read_vector_lines(file.path);
  REQUIRE(!lines.empty());
  std::size_t failures = 0;
  std::string first;
  for (const Words& words : lines) {
    environment.raised = 0;
    const std::string result = function(words, environment);
    // TestFloat knows no denormal-operand exception.
    const u8 flags = static_cast<u8>(environment.raised & ~x87_exception::kDenormal);
    if (result == words[words.size() - 2] && flags == parse_flags(words.back())) continue;
    if (failures++ == 0) first = fmt::format("{}: got {} {:02X}", fmt::join(words, " "), result, flags);
  }
  INFO(file.name << ": " << first);
  CHECK(failures == 0);
}

void check_all(const FunctionTable& functions) {
  const auto files = list_vector_files(RINGDOWN_X87_VECTORS);
  if (files.empty()) {
    WARN("no vectors in " RINGDOWN_X87_VECTORS);
    return;
  }
  for (const VectorFile& file : files) {
    INFO(file.name);
    const auto function = functions.find(file.function);
    REQUIRE(function != functions.end());
    check_file(file, function->second);
  }
}

}  // namespace

TEST_CASE("the soft float passes every x87 vector", "[float]") { check_all(soft_functions()); }

TEST_CASE("the x87 front passes every x87 vector", "[float]") { check_all(front_functions()); }

}  // namespace ringdown::test

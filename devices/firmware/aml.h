// Builds AML, the byte code of ACPI: each function returns the encoding of one term.
#pragma once

#include <concepts>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown::aml {

/// Encoded terms. Source: ACPI specification, chapter "ACPI Machine Language (AML) Specification".
using Code = std::vector<u8>;

/// Puts terms one after another.
template <std::same_as<Code>... Rest>
Code join(Code first, const Rest&... rest) {
  (first.insert(first.end(), rest.begin(), rest.end()), ...);
  return first;
}
Code join(const std::vector<Code>& terms);

/// A name or path in ASL's spelling: "_CRS", "PCI0.ISA", "\\_SB.PCI0". Segments are padded with '_'.
Code name_string(std::string_view path);

// Data objects.
Code integer(u64 value);
/// An EISA identifier such as "PNP0A03" as the integer it is compressed to.
Code eisa_id(std::string_view id);
Code buffer(const Code& bytes);
/// At most 255 elements.
Code package(const std::vector<Code>& elements);

// Named objects.
Code name(std::string_view path, const Code& value);
Code scope(std::string_view path, const Code& terms);
Code device(std::string_view path, const Code& terms);
/// A processor without a register block.
Code processor(std::string_view path, u8 id);
enum class Serialize : u8 { No, Yes };
Code method(std::string_view path, unsigned arguments, Serialize serialize, const Code& terms);
enum class Space : u8 { Memory = 0, Io = 1, PciConfig = 2 };
Code operation_region(std::string_view path, Space space, u64 offset, u64 length);
/// Fields of eight bits each, from the region's start, accessed as bytes.
Code byte_fields(std::string_view region, const std::vector<std::string_view>& names);

// Statements and expressions of a method.
Code argument(unsigned index);
Code return_value(const Code& value);
Code store(const Code& value, const Code& target);
Code if_then(const Code& condition, const Code& terms);
Code less(const Code& left, const Code& right);
Code bitwise_and(const Code& left, const Code& right);
/// Also stores the result.
Code bitwise_or(const Code& left, const Code& right, const Code& target);
/// Names the 32 bits at `offset` of a buffer.
Code create_dword_field(const Code& buffer_name, u64 offset, std::string_view field);
Code call(std::string_view method, const Code& arguments);

}  // namespace ringdown::aml

// Reads the table in the image: the number of probes, the table's address; for each the addresses and texts.
#include "frontend/lab/silicon/silicon_probes.h"

#include <fmt/core.h>

#include "frontend/lab/silicon/host_silicon.h"

extern const unsigned char ringdown_rom_silicon[];
extern const unsigned ringdown_rom_silicon_size;

namespace ringdown {

namespace {

u32 word_at(u32 linear) {
  u32 value = 0;
  for (unsigned i = 0; i < sizeof(value); ++i)
    value |= u32{silicon_image()[linear - kSiliconOrigin + i]} << (8 * i);
  return value;
}

/// The text whose address stands at `linear`.
std::string text_at(u32 linear) {
  std::string text;
  for (u32 at = word_at(linear) - kSiliconOrigin; silicon_image()[at] != 0; ++at)
    text.push_back(static_cast<char>(silicon_image()[at]));
  return text;
}

SiliconProbe read_probe(u32 linear) {
  const auto word = [&](u32 number) { return word_at(linear + 4 * number); };
  const auto text = [&](u32 number) { return text_at(linear + 4 * number); };
  return {text(3), text(4), text(5), word(0), word(1), word(2), {{{text(6), word(7)}, {text(8), word(9)}}}};
}

}  // namespace

std::string SiliconProbe::value(u32 ebx, u32 ecx) const {
  std::string value;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    if (part.name.empty()) continue;
    if (!value.empty()) value += " ";
    value += part.name;
    if (part.digits != 0) value += fmt::format("{:0{}x}", i == 0 ? ebx : ecx, part.digits);
  }
  return value;
}

std::span<const u8> silicon_image() { return {ringdown_rom_silicon, ringdown_rom_silicon_size}; }

std::vector<SiliconProbe> silicon_probes() {
  constexpr u32 kProbeBytes = 40;
  const u32 count = word_at(kSiliconOrigin);
  const u32 table = word_at(kSiliconOrigin + 4);
  std::vector<SiliconProbe> probes;
  for (u32 i = 0; i < count; ++i) probes.push_back(read_probe(table + kProbeBytes * i));
  return probes;
}

}  // namespace ringdown

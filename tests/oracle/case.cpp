// Memory as cases begin with it.
#include "tests/oracle/case.h"

#include <algorithm>
#include <memory>

#include "cpu/flags.h"
#include "cpu/sse_state.h"

namespace ringdown::test {

namespace {

/// Zeros, ones, and bytes at random that as selectors lie beyond all tables.
std::unique_ptr<std::array<MemoryImage, kBackgrounds>> make_backgrounds() {
  auto images = std::make_unique<std::array<MemoryImage, kBackgrounds>>();
  u32 state = 0x9e37'79b9;
  for (unsigned i = 0; i < kBackgrounds; ++i) {
    for (u8& byte : (*images)[i]) {
      state = state * 1664525 + 1013904223;
      byte = i == 0 ? 0 : i == 1 ? 0xff : static_cast<u8>(state >> 24);
    }
    for (u32 page = 0; page < kOraclePages.size(); ++page) {
      if (kOraclePages[page].kind != OraclePageKind::Executable) continue;
      std::fill_n((*images)[i].begin() + page * kPageSize, kPageSize, kStopByte);
    }
  }
  return images;
}

enum class Part : u8 { Data, Code };

/// Only the case's code gets into pages that execute: what a branch can lead to is that, or HLT.
void put(MemoryImage& image, u32 linear, u8 byte, Part part) {
  const std::optional<u32> offset = image_offset(linear);
  if (!offset) return;
  const bool executes = kOraclePages[*offset >> kPageShift].kind == OraclePageKind::Executable;
  if (executes == (part == Part::Code)) image[*offset] = byte;
}

}  // namespace

u32 OracleCase::code_linear() const {
  const std::optional<OracleDescriptor> cs = find_descriptor(before.selector(Segment::Cs));
  return (cs ? cs->base : 0) + before.eip;
}

bool OracleCase::code32() const {
  const std::optional<OracleDescriptor> cs = find_descriptor(before.selector(Segment::Cs));
  return !cs || cs->big;
}

bool can_begin(const OracleCase& c) {
  for (unsigned i = 0; i < kSegmentCount; ++i) {
    const auto segment = static_cast<Segment>(i);
    const u16 selector = c.before.selector(segment);
    const std::optional<OracleDescriptor> descriptor = find_descriptor(selector);
    const bool is_null = selector == 0 && segment != Segment::Cs && segment != Segment::Ss;
    if (is_null) continue;
    if (!descriptor || !descriptor->present || (selector & 3) != 3) return false;
    if (descriptor->code() != (segment == Segment::Cs)) return false;
    if (segment == Segment::Ss && descriptor->restricted) return false;
    if (segment == Segment::Cs && c.before.eip > descriptor->last()) return false;
  }
  return true;
}

void fill_image(const OracleCase& c, MemoryImage& image) {
  static const std::unique_ptr<const std::array<MemoryImage, kBackgrounds>> backgrounds = make_backgrounds();
  image = (*backgrounds)[c.background % kBackgrounds];
  for (const Poke& poke : c.pokes) {
    for (u32 i = 0; i < poke.bytes.size(); ++i) put(image, poke.linear + i, poke.bytes[i], Part::Data);
  }
  const u32 start = c.code_linear();
  for (u32 i = 0; i < c.code.size(); ++i) put(image, start + i, c.code[i], Part::Code);
}

FxImage initial_fx() {
  FxImage fx;
  fx.set<u16>(FxImage::kControl, x87_control::kInitial);
  fx.set<u32>(FxImage::kMxcsr, SseState::kMxcsrReset);
  return fx;
}

OracleState initial_state() {
  OracleState state;
  state.eip = kCodePages;
  state.eflags = eflags::kReserved1 | eflags::kIf;
  state.selectors.fill(kFlatData);
  state.set_selector(Segment::Cs, kFlatCode32);
  state.set(Gpr::Esp, kStackTop - 0x100);
  state.fx = initial_fx();
  return state;
}

}  // namespace ringdown::test

// The layout of FXSAVE's image.
#include "cpu/execute/simd/state_image.h"

#include <cstring>

#include "cpu/execute/x87/environment_image.h"

namespace ringdown::simd {

namespace {

/// Offsets (Intel SDM vol. 1, table 10-2).
constexpr unsigned kControl = 0;  // FCW
constexpr unsigned kStatus = 2;   // FSW
constexpr unsigned kTag = 4;      // FTW, abridged: one bit a physical register
constexpr unsigned kOpcode = 6;   // FOP
constexpr unsigned kFip = 8;      // FIP
constexpr unsigned kFcs = 12;     // FCS
constexpr unsigned kFdp = 16;     // FDP
constexpr unsigned kFds = 20;     // FDS
constexpr unsigned kMxcsr = 24;   // MXCSR
constexpr unsigned kMask = 28;    // MXCSR_MASK
constexpr unsigned kSt0 = 32;     // ST(0)/MM0 to ST(7)/MM7
constexpr unsigned kXmm0 = 160;   // XMM0 to XMM7
constexpr unsigned kSlot = 16;    // bytes of each register's slot
constexpr u16 kOpcodeBits = 0x07FF;

}  // namespace

template <class T>
void StateImage::put(unsigned offset, T value) {
  std::memcpy(bytes_.data() + offset, &value, sizeof(T));
}

template <class T>
T StateImage::get(unsigned offset) const {
  T value;
  std::memcpy(&value, bytes_.data() + offset, sizeof(T));
  return value;
}

void StateImage::store_x87(const X87State& x) {
  put<u16>(kControl, x.control.value());
  put<u16>(kStatus, x.status.value());
  put<u8>(kTag, x.valid);
  put<u16>(kOpcode, x.last_opcode);
  put<u32>(kFip, x.instruction_offset);
  put<u16>(kFcs, x.instruction_selector);
  put<u32>(kFdp, x.data_offset);
  put<u16>(kFds, x.data_selector);
  for (u8 i = 0; i < 8; ++i) {
    const Float80& value = x.registers[x.physical(i)];
    put<u64>(kSt0 + i * kSlot, value.significand);
    put<u16>(kSt0 + i * kSlot + 8, value.sign_exponent);
  }
}

void StateImage::load_x87(X87State& x) const {
  x87::set_control(x, get<u16>(kControl));
  x.last_opcode = get<u16>(kOpcode) & kOpcodeBits;
  x.instruction_offset = get<u32>(kFip);
  x.instruction_selector = get<u16>(kFcs);
  x.data_offset = get<u32>(kFdp);
  x.data_selector = get<u16>(kFds);
  load_x87_registers(x);
}

void StateImage::load_x87_registers(X87State& x) const {
  x.status.assign(get<u16>(kStatus));
  x.valid = get<u8>(kTag);
  for (u8 i = 0; i < 8; ++i) {
    x.registers[x.physical(i)] = {get<u64>(kSt0 + i * kSlot), get<u16>(kSt0 + i * kSlot + 8)};
  }
}

void StateImage::store_xmm(const SseState& sse) {
  for (unsigned i = 0; i < sse.xmm.size(); ++i) put(kXmm0 + i * kSlot, sse.xmm[i]);
}

void StateImage::load_xmm(SseState& sse) const {
  for (unsigned i = 0; i < sse.xmm.size(); ++i) sse.xmm[i] = get<XmmRegister>(kXmm0 + i * kSlot);
}

void StateImage::store_mxcsr(u32 mxcsr, u32 mask) {
  put(kMxcsr, mxcsr);
  put(kMask, mask);
}

u32 StateImage::mxcsr() const { return get<u32>(kMxcsr); }

}  // namespace ringdown::simd

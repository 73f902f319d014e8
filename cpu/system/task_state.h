// Layout of the 16-bit and 32-bit task-state segments (Intel SDM vol. 3A, 7.2.1 and 7.6).
#pragma once

#include "cpu/segment.h"

namespace ringdown {

namespace tss16 {
inline constexpr u32 kLink = 0x00;
inline constexpr u32 kSp0 = 0x02;  // SP0, SS0, SP1, SS1, SP2, SS2: words
inline constexpr u32 kIp = 0x0e;   // IP, FLAGS, AX, CX, DX, BX, SP, BP, SI, DI, ES, CS, SS, DS, LDT: words
inline constexpr u32 kLdt = 0x2a;
inline constexpr u32 kSize = 0x2c;
}  // namespace tss16

namespace tss32 {
inline constexpr u32 kLink = 0x00;
inline constexpr u32 kEsp0 = 0x04;  // ESP0, SS0, ESP1, SS1, ESP2, SS2: doublewords
inline constexpr u32 kCr3 = 0x1c;
inline constexpr u32 kEip =
    0x20;  // EIP, EFLAGS, EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, ES, CS, SS, DS, FS, GS
inline constexpr u32 kLdt = 0x60;
inline constexpr u32 kDebugTrap = 0x64;  // bit 0: T
inline constexpr u32 kIoMapBase = 0x66;
inline constexpr u32 kSize = 0x68;
/// The interrupt redirection bitmap lies this many bytes below the I/O permission bitmap (20.3.3).
inline constexpr u32 kRedirectionBytes = 32;
}  // namespace tss32

/// Whether TR holds a 32-bit TSS.
constexpr bool is_tss32(const SegmentRegister& tr) { return (tr.attributes.type() & 8) != 0; }

}  // namespace ringdown

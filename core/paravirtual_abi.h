// What a paravirtual guest and the monitor say to each other (docs/paravirtual.md).
#pragma once

#include <array>

#include "core/types.h"

namespace ringdown::paravirtual {

/// CPUID leaf 1, ECX: reserved by Intel for monitors to show themselves.
inline constexpr u32 kHypervisorBit = 1u << 31;
/// CPUID: EAX the last leaf of the monitor's, EBX ECX EDX the signature "RingdownPara".
inline constexpr u32 kSignatureLeaf = 0x4000'0000;
inline constexpr std::array<u32, 3> kSignature{0x676e'6952, 0x6e77'6f64, 0x6172'6150};
/// EAX the version of this interface, EBX `kMostUpdates`.
inline constexpr u32 kInterfaceLeaf = 0x4000'0001;
inline constexpr u32 kVersion = 1;

/// Calls, as EAX names them at VMCALL. EAX returns an Answer.
enum class Call : u32 {
  PinDirectory = 1,  // EBX: guest-physical address of a page directory
  Unpin = 2,         // EBX: of one that was pinned
  /// EBX: linear address of an array of EntryUpdate, ECX: how many; ECX returns how many are done. EDX: 0, or
  /// the linear address of a page, with kInvalidate, that is invalidated when all are done.
  Update = 3,
  LoadRoot = 4,    // EBX: what CR3 becomes
  Invalidate = 5,  // EBX: linear address of the first page, ECX: how many pages
};

/// One entry of a page directory or page table, and what it becomes.
struct EntryUpdate {
  u32 address = 0;  // guest-physical, of the entry
  u32 value = 0;
};

inline constexpr u32 kInvalidate = 1;
inline constexpr u32 kMostUpdates = 1024;
inline constexpr u32 kMostInvalidations = 1024;
/// Pages that may be page tables at a time.
inline constexpr u32 kMostTables = 4096;

enum class Answer : u32 {
  Done = 0,
  UnknownCall = 0xffff'ffff,
  BadPointer = 0xffff'fffe,  // the array is not in mapped memory
  TooMany = 0xffff'fffd,     // more than one call, or the monitor, takes
  NoMemory = 0xffff'fffc,    // a table, or an entry's address, that is not in RAM, or not aligned
  NotATable = 0xffff'fffb,   // the address is in no page that is a table
  Conflict = 0xffff'fffa,    // a page would be a table and writable, or a table of both levels
  LargePage = 0xffff'fff9,   // a directory entry with PS
  NotPinned = 0xffff'fff8,
  InUse = 0xffff'fff7,  // pinned already; or the root that is loaded
};

}  // namespace ringdown::paravirtual

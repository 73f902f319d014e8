// Guest faults as values: what an instruction returns when it raises an exception instead of completing.
#pragma once

#include "core/types.h"

namespace ringdown {

/// Exception vectors (Intel SDM vol. 3A, table 6-1).
enum class Vector : u8 {
  DivideError = 0,
  Debug = 1,
  Nmi = 2,
  Breakpoint = 3,
  Overflow = 4,
  BoundRange = 5,
  InvalidOpcode = 6,
  DeviceNotAvailable = 7,
  DoubleFault = 8,
  CoprocessorOverrun = 9,
  InvalidTss = 10,
  SegmentNotPresent = 11,
  StackFault = 12,
  GeneralProtection = 13,
  PageFault = 14,
  FloatingPoint = 16,
  AlignmentCheck = 17,
  MachineCheck = 18,
  SimdFloatingPoint = 19,
};

/// True for faults that push an error code.
constexpr bool has_error_code(Vector vector) {
  switch (vector) {
    case Vector::DoubleFault:
    case Vector::InvalidTss:
    case Vector::SegmentNotPresent:
    case Vector::StackFault:
    case Vector::GeneralProtection:
    case Vector::PageFault:
    case Vector::AlignmentCheck:
      return true;
    case Vector::DivideError:
    case Vector::Debug:
    case Vector::Nmi:
    case Vector::Breakpoint:
    case Vector::Overflow:
    case Vector::BoundRange:
    case Vector::InvalidOpcode:
    case Vector::DeviceNotAvailable:
    case Vector::CoprocessorOverrun:
    case Vector::FloatingPoint:
    case Vector::MachineCheck:
    case Vector::SimdFloatingPoint:
      return false;
  }
  return false;
}

/// Why an instruction did not complete. Converts to true if it did not. Every system operation returns one
/// several times over: it has eight bytes and no padding, so that it travels in one register.
struct [[nodiscard]] Fault {
  enum class Kind : u8 {
    None,
    Exception,  // `vector`, `error_code`, and for #PF `address`
    Split,      // nothing happened yet: run the instruction again as the last of its block
    Shutdown,   // a fault while delivering a double fault: the processor stops until reset
  };
  Kind kind = Kind::None;
  Vector vector{};
  u16 error_code = 0;
  u32 address = 0;  // #PF: linear address for CR2. #DB: bits for DR6

  explicit operator bool() const { return kind != Kind::None; }

  static Fault none() { return {}; }
  static Fault exception(Vector vector, u32 error_code = 0) {
    return {Kind::Exception, vector, static_cast<u16>(error_code), 0};
  }
  static Fault page(u32 linear, u32 error_code) {
    return {Kind::Exception, Vector::PageFault, static_cast<u16>(error_code), linear};
  }
  static Fault split() { return {Kind::Split, {}, 0, 0}; }
  static Fault shutdown() { return {Kind::Shutdown, {}, 0, 0}; }
};
static_assert(sizeof(Fault) == 8);

inline Fault divide_error() { return Fault::exception(Vector::DivideError); }
inline Fault invalid_opcode() { return Fault::exception(Vector::InvalidOpcode); }
inline Fault device_not_available() { return Fault::exception(Vector::DeviceNotAvailable); }
/// `error_code`: a selector with its RPL bits cleared (or EXT/IDT set), or 0.
inline Fault general_protection(u32 error_code = 0) {
  return Fault::exception(Vector::GeneralProtection, error_code);
}
inline Fault stack_fault(u32 error_code = 0) { return Fault::exception(Vector::StackFault, error_code); }
inline Fault segment_not_present(u32 error_code) {
  return Fault::exception(Vector::SegmentNotPresent, error_code);
}
inline Fault invalid_tss(u32 error_code) { return Fault::exception(Vector::InvalidTss, error_code); }

}  // namespace ringdown

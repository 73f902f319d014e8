// Runs a few instructions of 32-bit code on the host's processor, at ring 3, in a process that can do no
// harm.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Where the code is executed, and the page that it may write; its stack begins at the end of that page.
inline constexpr u32 kSiliconOrigin = 0x1000'0000;
inline constexpr u32 kSiliconScratch = 0x1010'0000;

/// How code on the host ended.
struct HostEnd {
  enum class Kind : u8 {
    Exception,   // the processor raised one; Linux made it a signal
    SystemCall,  // it asked the host's kernel for something, and was refused
    Killed,      // it did not end by itself, or its process died
  };
  Kind kind = Kind::Killed;
  std::string_view signal;  // "SIGSEGV"
  u8 vector = 0;
  u32 error_code = 0;
  u64 rip = 0;
  u32 ebx = 0;
  u32 ecx = 0;
};

/// Executes `image` at `kSiliconOrigin`, from `entry` on, in a child process whose system calls are all
/// refused, whose memory and time are limited. Whatever becomes of it, this process goes on. The error is one
/// line about why this host cannot.
Result<HostEnd> run_on_silicon(std::span<const u8> image, u32 entry);

/// Nothing if 32-bit code runs here as it should; else one line about why not.
std::optional<Error> why_no_silicon();

/// The processor's brand, and whether it has UMIP (CPUID).
std::string silicon_name();
bool silicon_has_umip();

}  // namespace ringdown

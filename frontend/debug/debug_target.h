// What a debugger can do with a machine: registers, memory, breakpoints and running.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/types.h"

namespace ringdown {

// Register, name, bits, type in gdb's target description. The groups and their order are gdb's
// org.gnu.gdb.i386.core (gdb manual, "i386 Features"): general, flags and segments, then the x87.
#define RINGDOWN_DEBUG_CORE_REGISTERS(ROW) \
  ROW(Eax, "eax", 32, "int32")             \
  ROW(Ecx, "ecx", 32, "int32")             \
  ROW(Edx, "edx", 32, "int32")             \
  ROW(Ebx, "ebx", 32, "int32")             \
  ROW(Esp, "esp", 32, "data_ptr")          \
  ROW(Ebp, "ebp", 32, "data_ptr")          \
  ROW(Esi, "esi", 32, "int32")             \
  ROW(Edi, "edi", 32, "int32")             \
  ROW(Eip, "eip", 32, "code_ptr")          \
  ROW(Eflags, "eflags", 32, "i386_eflags") \
  ROW(Cs, "cs", 32, "int32")               \
  ROW(Ss, "ss", 32, "int32")               \
  ROW(Ds, "ds", 32, "int32")               \
  ROW(Es, "es", 32, "int32")               \
  ROW(Fs, "fs", 32, "int32")               \
  ROW(Gs, "gs", 32, "int32")               \
  ROW(St0, "st0", 80, "i387_ext")          \
  ROW(St1, "st1", 80, "i387_ext")          \
  ROW(St2, "st2", 80, "i387_ext")          \
  ROW(St3, "st3", 80, "i387_ext")          \
  ROW(St4, "st4", 80, "i387_ext")          \
  ROW(St5, "st5", 80, "i387_ext")          \
  ROW(St6, "st6", 80, "i387_ext")          \
  ROW(St7, "st7", 80, "i387_ext")          \
  ROW(Fctrl, "fctrl", 32, "int")           \
  ROW(Fstat, "fstat", 32, "int")           \
  ROW(Ftag, "ftag", 32, "int")             \
  ROW(Fiseg, "fiseg", 32, "int")           \
  ROW(Fioff, "fioff", 32, "int")           \
  ROW(Foseg, "foseg", 32, "int")           \
  ROW(Fooff, "fooff", 32, "int")           \
  ROW(Fop, "fop", 32, "int")

// org.gnu.gdb.i386.sse
#define RINGDOWN_DEBUG_SSE_REGISTERS(ROW) \
  ROW(Xmm0, "xmm0", 128, "vec128")        \
  ROW(Xmm1, "xmm1", 128, "vec128")        \
  ROW(Xmm2, "xmm2", 128, "vec128")        \
  ROW(Xmm3, "xmm3", 128, "vec128")        \
  ROW(Xmm4, "xmm4", 128, "vec128")        \
  ROW(Xmm5, "xmm5", 128, "vec128")        \
  ROW(Xmm6, "xmm6", 128, "vec128")        \
  ROW(Xmm7, "xmm7", 128, "vec128")        \
  ROW(Mxcsr, "mxcsr", 32, "i386_mxcsr")

// A feature of our own: what an operating system's debugger asks for. All values are the guest's, never the
// monitor's.
#define RINGDOWN_DEBUG_SYSTEM_REGISTERS(ROW) \
  ROW(Cr0, "cr0", 32, "int32")               \
  ROW(Cr2, "cr2", 32, "data_ptr")            \
  ROW(Cr3, "cr3", 32, "int32")               \
  ROW(Cr4, "cr4", 32, "int32")               \
  ROW(Dr0, "dr0", 32, "data_ptr")            \
  ROW(Dr1, "dr1", 32, "data_ptr")            \
  ROW(Dr2, "dr2", 32, "data_ptr")            \
  ROW(Dr3, "dr3", 32, "data_ptr")            \
  ROW(Dr6, "dr6", 32, "int32")               \
  ROW(Dr7, "dr7", 32, "int32")               \
  ROW(CsBase, "cs_base", 32, "uint32")       \
  ROW(SsBase, "ss_base", 32, "uint32")       \
  ROW(DsBase, "ds_base", 32, "uint32")       \
  ROW(EsBase, "es_base", 32, "uint32")       \
  ROW(FsBase, "fs_base", 32, "uint32")       \
  ROW(GsBase, "gs_base", 32, "uint32")       \
  ROW(GdtrBase, "gdtr_base", 32, "data_ptr") \
  ROW(GdtrLimit, "gdtr_limit", 32, "int32")  \
  ROW(IdtrBase, "idtr_base", 32, "data_ptr") \
  ROW(IdtrLimit, "idtr_limit", 32, "int32")  \
  ROW(Ldtr, "ldtr", 32, "int32")             \
  ROW(Tr, "tr", 32, "int32")                 \
  ROW(Cpl, "cpl", 32, "int32")

#define RINGDOWN_DEBUG_REGISTERS(ROW) \
  RINGDOWN_DEBUG_CORE_REGISTERS(ROW)  \
  RINGDOWN_DEBUG_SSE_REGISTERS(ROW)   \
  RINGDOWN_DEBUG_SYSTEM_REGISTERS(ROW)

/// The numbers are gdb's register numbers: the layout is the same in every processor mode.
enum class DebugRegister : u8 {
#define RINGDOWN_DEBUG_ENUMERATOR(id, name, bits, type) id,
  RINGDOWN_DEBUG_REGISTERS(RINGDOWN_DEBUG_ENUMERATOR)
#undef RINGDOWN_DEBUG_ENUMERATOR
};

struct DebugRegisterInfo {
  std::string_view name;
  u8 bits;
  std::string_view type;
  std::size_t bytes() const { return bits / 8u; }
};
inline constexpr auto kDebugRegisters = std::to_array<DebugRegisterInfo>({
#define RINGDOWN_DEBUG_INFO(id, name, bits, type) {name, bits, type},
    RINGDOWN_DEBUG_REGISTERS(RINGDOWN_DEBUG_INFO)
#undef RINGDOWN_DEBUG_INFO
});

/// Little-endian; bytes beyond the register's width are zero.
using DebugRegisterValue = std::array<u8, 16>;

/// The numbers are those of the remote protocol's Z packets.
enum class BreakKind : u8 {
  Software = 0,
  Hardware = 1,
  WriteWatch = 2,
  ReadWatch = 3,
  AccessWatch = 4,
};

enum class ResumeKind : u8 { Continue, Step, ReverseContinue, ReverseStep };

/// Why the machine stands still.
struct DebugStop {
  enum class Reason : u8 {
    Interrupted,   // the debugger asked
    Stepped,       // one instruction retired
    Breakpoint,    // `kind` says which
    Watchpoint,    // `kind` and `address` say which
    HistoryBegin,  // running backwards reached the beginning
    Shutdown,      // triple fault: the guest cannot go on
    Ended,         // power off or exit: the machine is gone
  };
  Reason reason = Reason::Interrupted;
  BreakKind kind = BreakKind::Software;
  GuestLinear address{};
  u8 exit_code = 0;
};

/// A machine as a debugger sees it: the guest's own state, whatever technique runs it. Addresses are linear;
/// all calls come on the machine's thread, between instructions.
class DebugTarget {
 public:
  virtual ~DebugTarget() = default;

  virtual DebugRegisterValue read_register(DebugRegister reg) = 0;
  /// False if the register cannot be written or takes no such value.
  virtual bool write_register(DebugRegister reg, const DebugRegisterValue& value) = 0;

  /// Translates by the guest's page tables without setting accessed bits. Returns how many bytes from the
  /// beginning could be read.
  virtual std::size_t read_memory(GuestLinear address, std::span<u8> data) = 0;
  /// Writes RAM past page protection; nothing is written unless all can be.
  virtual bool write_memory(GuestLinear address, std::span<const u8> data) = 0;

  /// False if this kind or length is not supported, or no more fit. Setting one twice is no error.
  virtual bool set_breakpoint(BreakKind kind, GuestLinear address, u32 length) = 0;
  /// Removing one that is not set is no error.
  virtual void remove_breakpoint(BreakKind kind, GuestLinear address, u32 length) = 0;

  /// Lets the machine run; its owner reports the stop to the session. False if this way of running does not
  /// exist here.
  virtual bool resume(ResumeKind kind) = 0;
  virtual bool supports_reverse() const { return false; }
  /// The machine shall stop at the next instruction boundary and report Interrupted.
  virtual void interrupt() = 0;
  /// The debugger is gone: its breakpoints are removed, and the machine may run on.
  virtual void detached() = 0;
  /// The debugger wants the machine to end.
  virtual void kill() = 0;
  /// A line typed after gdb's `monitor`. Returns the text to show; an empty line asks for help.
  virtual std::string monitor_command(std::string_view line) = 0;
};

}  // namespace ringdown

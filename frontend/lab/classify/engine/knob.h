// What two states of the experiment machine may differ in, one thing per knob.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "core/types.h"

namespace ringdown::classify {

/// What a difference is evidence of.
enum class KnobKind : u8 {
  Level,     // the privilege level, and what comes with it
  Mode,      // other state of the machine that programs are not to see or change
  Location,  // where the program, or a table of the machine, lies; contents are the same
};

// Knob, kind, name, whether the value 0 is a monitor's choice that makes instructions trap, the texts of its
// values. The value 0 of all knobs is the plainest machine as a monitor sets it: protected mode, flat
// segments, no paging, and whatever traps can be asked for are asked for.
#define RINGDOWN_CLASSIFY_KNOBS(X)                                                        \
  X(Level, Level, "", false, "CPL 0", "CPL 1", "CPL 2", "CPL 3", "real mode", "V86 mode") \
  X(Iopl, Mode, "IOPL", true, "0", "1", "2", "3")                                         \
  X(InterruptFlag, Mode, "IF", false, "0", "1")                                           \
  X(VirtualInterruptFlag, Mode, "VIF", false, "0", "1")                                   \
  X(VirtualInterruptPending, Mode, "VIP", false, "0", "1")                                \
  X(Cr0Pe, Mode, "CR0.PE", false, "1", "0")                                               \
  X(Cr0Ts, Mode, "CR0.TS", false, "0", "1")                                               \
  X(Cr0Mp, Mode, "CR0.MP", false, "1", "0")                                               \
  X(Cr0Em, Mode, "CR0.EM", false, "0", "1")                                               \
  X(Cr0Ne, Mode, "CR0.NE", false, "1", "0")                                               \
  X(Cr0Wp, Mode, "CR0.WP", false, "0", "1")                                               \
  X(Cr0Am, Mode, "CR0.AM", false, "0", "1")                                               \
  X(Cr0Cd, Mode, "CR0.CD", false, "0", "1")                                               \
  X(Cr0Pg, Mode, "CR0.PG", false, "0", "1")                                               \
  X(Cr2, Mode, "CR2", false, "0", "1234")                                                 \
  X(Cr4Vme, Mode, "CR4.VME", true, "0", "1")                                              \
  X(Cr4Pvi, Mode, "CR4.PVI", true, "0", "1")                                              \
  X(Cr4Tsd, Mode, "CR4.TSD", true, "1", "0")                                              \
  X(Cr4De, Mode, "CR4.DE", false, "0", "1")                                               \
  X(Cr4Pse, Mode, "CR4.PSE", false, "0", "1")                                             \
  X(Cr4Mce, Mode, "CR4.MCE", false, "0", "1")                                             \
  X(Cr4Pge, Mode, "CR4.PGE", false, "0", "1")                                             \
  X(Cr4Pce, Mode, "CR4.PCE", true, "0", "1")                                              \
  X(Cr4Osfxsr, Mode, "CR4.OSFXSR", false, "1", "0")                                       \
  X(Cr4Osxmmexcpt, Mode, "CR4.OSXMMEXCPT", false, "1", "0")                               \
  X(Cr4Umip, Mode, "CR4.UMIP", true, "1", "0")                                            \
  X(Dr0, Mode, "DR0", false, "0", "5678")                                                 \
  X(Dr6, Mode, "DR6", false, "FFFF0FF0", "FFFF4FF0")                                      \
  X(Dr7, Mode, "DR7", false, "400", "700", "2400")                                        \
  X(SysenterCs, Mode, "SYSENTER_CS", false, "8", "0")                                     \
  X(SysenterEsp, Mode, "SYSENTER_ESP", false, "4E00", "4F00")                             \
  X(SysenterEip, Mode, "SYSENTER_EIP", false, "1800", "1840")                             \
  X(Efer, Mode, "EFER.NXE", false, "0", "1")                                              \
  X(Pat, Mode, "PAT", false, "as after reset", "changed")                                 \
  X(Mtrr, Mode, "the MTRRs", false, "0", "changed")                                       \
  X(PerformanceCounters, Mode, "the performance counters", false, "0", "5")               \
  X(ApicBase, Mode, "IA32_APIC_BASE", false, "0", "FEE00800")                             \
  X(TimeStamp, Mode, "the time-stamp counter", false, "t", "t + 1000000")                 \
  X(Gdt, Mode, "the GDT", false, "as usual", "with other limits and rights")              \
  X(Ldt, Mode, "the LDT", false, "as usual", "with other bases")                          \
  X(Idt, Mode, "the IDT", false, "with DPL 3", "with DPL 0 and other handlers")           \
  X(TssStacks, Mode, "the stacks in the TSS", false, "as usual", "elsewhere")             \
  X(IoBitmap, Mode, "the I/O bitmap", true, "of ones", "of zeros")                        \
  X(GdtrLimit, Mode, "the GDT's limit", false, "FF", "9F")                                \
  X(IdtrLimit, Mode, "the IDT's limit", false, "1FF", "FF")                               \
  X(LdtrLimit, Mode, "the LDT's limit", false, "1F", "17")                                \
  X(TrLimit, Mode, "the TSS's limit", false, "18B", "67")                                 \
  X(Program, Location, "the segments' bases", false, "40000", "60000")                    \
  X(Frames, Location, "the page frames", false, "here", "elsewhere")                      \
  X(Cr3, Location, "CR3", false, "3000", "4000")                                          \
  X(GdtrBase, Location, "the GDT's base", false, "800", "A00")                            \
  X(IdtrBase, Location, "the IDT's base", false, "200", "400")                            \
  X(LdtBase, Location, "the LDT's base", false, "C00", "D00")                             \
  X(TssBase, Location, "the TSS's base", false, "E00", "1000")                            \
  X(LdtrSelector, Location, "LDTR", false, "70", "80")                                    \
  X(TrSelector, Location, "TR", false, "68", "88")

enum class Knob : u8 {
#define RINGDOWN_KNOB_ENUMERATOR(id, ...) id,
  RINGDOWN_CLASSIFY_KNOBS(RINGDOWN_KNOB_ENUMERATOR)
#undef RINGDOWN_KNOB_ENUMERATOR
      Count
};
inline constexpr std::size_t kKnobs = static_cast<std::size_t>(Knob::Count);

struct KnobInfo {
  KnobKind kind;
  std::string_view name;
  bool monitors_choice;
  std::span<const std::string_view> values;
};
const KnobInfo& info_of(Knob knob);

/// Values of Knob::Level.
namespace level {
inline constexpr u8 kSupervisor = 0, kRing1 = 1, kRing2 = 2, kUser = 3, kReal = 4, kV86 = 5;
constexpr bool is_paragraph(u8 value) { return value >= kReal; }
/// Programs that run at CPL 3.
constexpr bool is_user(u8 value) { return value == kUser || value == kV86; }
}  // namespace level

/// A state of the machine but for what programs themselves hold.
class Setting {
 public:
  u8 operator[](Knob knob) const { return values_[static_cast<std::size_t>(knob)]; }
  void set(Knob knob, u8 value) { values_[static_cast<std::size_t>(knob)] = value; }
  bool has(Knob knob) const { return (*this)[knob] != 0; }
  u8 level() const { return (*this)[Knob::Level]; }
  friend bool operator==(const Setting&, const Setting&) = default;

 private:
  std::array<u8, kKnobs> values_{};
};

template <class Visit>
void for_each_knob(Visit visit) {
  for (std::size_t i = 0; i < kKnobs; ++i) visit(static_cast<Knob>(i));
}

/// Whether a monitor's choices are as it makes them.
bool is_monitors(const Setting& setting);
/// "CPL 0 -> 1, IOPL 0 -> 3"; empty if the settings are the same.
std::string difference_text(const Setting& from, const Setting& to);
/// What is not as usual in both: "IOPL 3, CR0.PG 1"; without the level.
std::string common_text(const Setting& from, const Setting& to);

}  // namespace ringdown::classify

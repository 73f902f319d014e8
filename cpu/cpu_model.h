// The processor models a machine can have: features, CPUID, allowed control bits, clock.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/types.h"
#include "cpu/instruction_table.h"

namespace ringdown {

/// What CPUID returns.
struct CpuidResult {
  u32 eax = 0;
  u32 ebx = 0;
  u32 ecx = 0;
  u32 edx = 0;
  friend constexpr bool operator==(const CpuidResult&, const CpuidResult&) = default;
};

/// CPUID feature bits that something here depends on (Intel SDM vol. 2, CPUID).
namespace cpuid {
// Leaf 1, EDX.
inline constexpr u32 kFpu = 1u << 0;
inline constexpr u32 kVme = 1u << 1;
inline constexpr u32 kDe = 1u << 2;
inline constexpr u32 kPse = 1u << 3;
inline constexpr u32 kTsc = 1u << 4;
inline constexpr u32 kMsr = 1u << 5;
inline constexpr u32 kPae = 1u << 6;
inline constexpr u32 kMce = 1u << 7;
inline constexpr u32 kCx8 = 1u << 8;
inline constexpr u32 kApic = 1u << 9;
inline constexpr u32 kSep = 1u << 11;
inline constexpr u32 kMtrr = 1u << 12;
inline constexpr u32 kPge = 1u << 13;
inline constexpr u32 kMca = 1u << 14;
inline constexpr u32 kCmov = 1u << 15;
inline constexpr u32 kPat = 1u << 16;
inline constexpr u32 kPse36 = 1u << 17;
inline constexpr u32 kClflush = 1u << 19;
inline constexpr u32 kMmx = 1u << 23;
inline constexpr u32 kFxsr = 1u << 24;
inline constexpr u32 kSse = 1u << 25;
inline constexpr u32 kSse2 = 1u << 26;
inline constexpr u32 kSelfSnoop = 1u << 27;
// Leaf 1, ECX.
inline constexpr u32 kTscDeadline = 1u << 24;
// Leaf 7, ECX.
inline constexpr u32 kUmip = 1u << 2;
// Leaf 8000'0001h, EDX.
inline constexpr u32 kNx = 1u << 20;
}  // namespace cpuid

/// One model; all of them are constants.
class CpuModel {
 public:
  /// Families, as the sets of model-specific registers differ by them.
  enum class Family : u8 { I486 = 4, P5 = 5, P6 = 6, Netburst = 15 };

  struct Description {
    std::string_view name;
    Family family;
    u32 signature;  // CPUID leaf 1, EAX
    u32 features;   // CPUID leaf 1, EDX, without the APIC bit
    u32 maximum_leaf;
    CpuidResult caches;      // leaf 2
    u32 brand_and_clflush;   // leaf 1, EBX without the APIC ID
    std::string_view brand;  // leaves 8000'0002h to 8000'0004h; empty: no extended leaves
    bool no_execute = false;
    bool umip = false;
    bool tsc_deadline = false;
    u64 tsc_hertz = 0;
  };

  constexpr explicit CpuModel(const Description& description) : d_(description) {}

  /// The model with that name, or nullptr.
  static const CpuModel* find(std::string_view name);
  /// The default model comes first.
  static std::span<const CpuModel> all();
  static const CpuModel& standard() { return all().front(); }

  /// The same model, whose CPUID tells a paravirtual guest of a monitor (core/paravirtual_abi.h).
  constexpr CpuModel with_hypercalls() const {
    CpuModel model = *this;
    model.hypercalls_ = true;
    return model;
  }

  constexpr std::string_view name() const { return d_.name; }
  constexpr Family family() const { return d_.family; }
  /// Family, model and stepping as CPUID leaf 1 has them in EAX and as EDX holds them after reset.
  constexpr u32 signature() const { return d_.signature; }
  /// Cycles of the time-stamp counter per second.
  constexpr u64 tsc_hertz() const { return d_.tsc_hertz; }
  constexpr unsigned physical_address_bits() const { return has_bit(cpuid::kPse36) ? 36 : 32; }

  /// Whether instructions that need `feature` exist.
  bool has(Feature feature) const;
  /// A bit of CPUID leaf 1's EDX.
  constexpr bool has_bit(u32 cpuid_bit) const { return (d_.features & cpuid_bit) != 0; }
  /// The local APIC's timer can wait for a value of the TSC.
  constexpr bool tsc_deadline() const { return d_.tsc_deadline; }
  constexpr bool no_execute() const { return d_.no_execute; }
  constexpr bool p6_or_later() const { return d_.family == Family::P6 || d_.family == Family::Netburst; }
  /// The local APIC came onto the processor's chip with the Pentium, its base register with the Pentium Pro.
  constexpr bool may_have_apic() const { return d_.family != Family::I486; }
  constexpr bool has_apic_base() const { return p6_or_later(); }
  /// WRMSR to the TSC writes all 64 bits; otherwise the low half, clearing the other (SDM vol. 3B, 17.17).
  constexpr bool writes_whole_tsc() const {
    constexpr u32 kFirstSuchNetburstModel = 3;
    return d_.family == Family::Netburst && ((d_.signature >> 4) & 0xf) >= kFirstSuchNetburstModel;
  }

  /// Bits of CR4 that may be set; 0 if there is no CR4.
  u32 cr4_mask() const;
  /// CPUID; leaves beyond the last return what the last basic leaf does. `has_apic`: a local APIC is enabled.
  CpuidResult cpuid(u32 leaf, u32 subleaf, bool has_apic) const;

 private:
  CpuidResult basic_leaf(u32 leaf, u32 subleaf, bool has_apic) const;
  CpuidResult extended_leaf(u32 leaf) const;

  Description d_;
  bool hypercalls_ = false;
};

}  // namespace ringdown

// The table of processor models and the answers of CPUID (Intel SDM vol. 2, CPUID; Intel AP-485).
#include "cpu/cpu_model.h"

#include <algorithm>
#include <cstring>

#include "core/paravirtual_abi.h"
#include "cpu/control_registers.h"

namespace ringdown {

namespace {

using Family = CpuModel::Family;

constexpr u32 kP5Features = cpuid::kFpu | cpuid::kVme | cpuid::kDe | cpuid::kPse | cpuid::kTsc | cpuid::kMsr |
                            cpuid::kMce | cpuid::kCx8 | cpuid::kMmx;
constexpr u32 kP6Features = kP5Features | cpuid::kPae | cpuid::kSep | cpuid::kMtrr | cpuid::kPge |
                            cpuid::kMca | cpuid::kCmov | cpuid::kPat | cpuid::kPse36 | cpuid::kFxsr |
                            cpuid::kSse;
constexpr u32 kNetburstFeatures = kP6Features | cpuid::kClflush | cpuid::kSse2 | cpuid::kSelfSnoop;

// Cache descriptors: Northwood (8 KiB data, 12 K micro-operations, 512 KiB L2) and Coppermine (16 + 16 + 256
// KiB).
constexpr CpuidResult kNorthwoodCaches = {0x665b'5001, 0, 0, 0x007b'7040};
constexpr CpuidResult kCoppermineCaches = {0x0302'0101, 0, 0, 0x0c04'0882};
constexpr u32 kClflush64 = 8u << 8;  // in units of 8 bytes
constexpr u32 kPentium3BrandIndex = 2;

constexpr CpuModel::Description kPentium4 = {
    .name = "pentium4",
    .family = Family::Netburst,
    .signature = 0xf29,  // Northwood D1
    .features = kNetburstFeatures,
    .maximum_leaf = 2,
    .caches = kNorthwoodCaches,
    .brand_and_clflush = kClflush64,
    .brand = "Intel(R) Pentium(R) 4 CPU 2.00GHz",
    .tsc_hertz = 2'000'000'000,
};

constexpr CpuModel::Description with_no_execute(CpuModel::Description description) {
  description.name = "pentium4-nx";
  description.signature = 0xf41;  // Prescott E0
  description.no_execute = true;
  return description;
}

/// No Pentium 4 had UMIP: this one lets its effect on sensitive instructions be seen.
constexpr CpuModel::Description with_umip(CpuModel::Description description) {
  description = with_no_execute(description);
  description.name = "pentium4-umip";
  description.maximum_leaf = 7;
  description.umip = true;
  return description;
}

/// The TSC deadline came with Westmere: this one lets systems that use it be seen on a processor that is
/// known here.
constexpr CpuModel::Description with_tsc_deadline(CpuModel::Description description) {
  description = with_no_execute(description);
  description.name = "pentium4-deadline";
  description.tsc_deadline = true;
  return description;
}

constexpr CpuModel kModels[] = {
    CpuModel(kPentium4),
    CpuModel(with_no_execute(kPentium4)),
    CpuModel(with_umip(kPentium4)),
    CpuModel(with_tsc_deadline(kPentium4)),
    CpuModel({
        .name = "pentium3",
        .family = Family::P6,
        .signature = 0x686,  // Coppermine C0
        .features = kP6Features,
        .maximum_leaf = 2,
        .caches = kCoppermineCaches,
        .brand_and_clflush = kPentium3BrandIndex,
        .brand = {},
        .tsc_hertz = 800'000'000,
    }),
    CpuModel({
        .name = "pentium-mmx",
        .family = Family::P5,
        .signature = 0x543,
        .features = kP5Features,
        .maximum_leaf = 1,
        .caches = {},
        .brand_and_clflush = 0,
        .brand = {},
        .tsc_hertz = 200'000'000,
    }),
    CpuModel({
        .name = "486dx",
        .family = Family::I486,
        .signature = 0x435,  // SL-enhanced DX2, the first with CPUID
        .features = cpuid::kFpu,
        .maximum_leaf = 1,
        .caches = {},
        .brand_and_clflush = 0,
        .brand = {},
        .tsc_hertz = 66'000'000,
    }),
};

constexpr u32 kExtendedBase = 0x8000'0000;
constexpr u32 kExtendedLast = 0x8000'0004;
constexpr u32 kBrandFirst = 0x8000'0002;
constexpr u32 kFeatureLeaf = 7;

}  // namespace

const CpuModel* CpuModel::find(std::string_view name) {
  const auto* found = std::find_if(std::begin(kModels), std::end(kModels),
                                   [&](const CpuModel& m) { return m.name() == name; });
  return found != std::end(kModels) ? found : nullptr;
}

std::span<const CpuModel> CpuModel::all() { return kModels; }

bool CpuModel::has(Feature feature) const {
  switch (feature) {
    case Feature::Base:
      return true;
    case Feature::Fpu:
      return has_bit(cpuid::kFpu);
    case Feature::Tsc:
      return has_bit(cpuid::kTsc);
    case Feature::Msr:
      return has_bit(cpuid::kMsr);
    case Feature::Cx8:
      return has_bit(cpuid::kCx8);
    case Feature::Sep:
      return has_bit(cpuid::kSep);
    case Feature::Cmov:
      return has_bit(cpuid::kCmov);
    case Feature::Mmx:
      return has_bit(cpuid::kMmx);
    case Feature::Fxsr:
      return has_bit(cpuid::kFxsr);
    case Feature::Sse:
      return has_bit(cpuid::kSse);
    case Feature::Sse2:
      return has_bit(cpuid::kSse2);
    case Feature::Clflush:
      return has_bit(cpuid::kClflush);
    case Feature::NopOperand:
      return p6_or_later();
    case Feature::Umip:
      return d_.umip;
  }
  return false;
}

u32 CpuModel::cr4_mask() const {
  u32 mask = 0;
  if (has_bit(cpuid::kVme)) mask |= cr4::kVme | cr4::kPvi;
  if (has_bit(cpuid::kTsc)) mask |= cr4::kTsd;
  if (has_bit(cpuid::kDe)) mask |= cr4::kDe;
  if (has_bit(cpuid::kPse)) mask |= cr4::kPse;
  if (has_bit(cpuid::kPae)) mask |= cr4::kPae;
  if (has_bit(cpuid::kMce)) mask |= cr4::kMce;
  if (has_bit(cpuid::kPge)) mask |= cr4::kPge;
  if (has_bit(cpuid::kMmx)) mask |= cr4::kPce;  // RDPMC came with the Pentium MMX and the Pentium Pro
  if (has_bit(cpuid::kFxsr)) mask |= cr4::kOsfxsr;
  if (has_bit(cpuid::kSse)) mask |= cr4::kOsxmmexcpt;
  if (d_.umip) mask |= cr4::kUmip;
  return mask;
}

CpuidResult CpuModel::cpuid(u32 leaf, u32 subleaf, bool has_apic) const {
  const bool extended = !d_.brand.empty() && leaf >= kExtendedBase && leaf <= kExtendedLast;
  if (extended) return extended_leaf(leaf);
  if (hypercalls_ && leaf == paravirtual::kSignatureLeaf) {
    const auto& [ebx, ecx, edx] = paravirtual::kSignature;
    return {paravirtual::kInterfaceLeaf, ebx, ecx, edx};
  }
  if (hypercalls_ && leaf == paravirtual::kInterfaceLeaf)
    return {paravirtual::kVersion, paravirtual::kMostUpdates, 0, 0};
  return basic_leaf(std::min(leaf, d_.maximum_leaf), subleaf, has_apic && may_have_apic());
}

CpuidResult CpuModel::basic_leaf(u32 leaf, u32 subleaf, bool has_apic) const {
  switch (leaf) {
    case 0:
      return {d_.maximum_leaf, 0x756e'6547, 0x6c65'746e, 0x4965'6e69};  // "GenuineIntel"
    case 1:
      return {d_.signature, d_.brand_and_clflush,
              (hypercalls_ ? paravirtual::kHypervisorBit : 0) |
                  (d_.tsc_deadline && has_apic ? cpuid::kTscDeadline : 0),
              d_.features | (has_apic ? cpuid::kApic : 0)};
    case 2:
      return d_.caches;
    case kFeatureLeaf:
      return {0, 0, d_.umip && subleaf == 0 ? cpuid::kUmip : 0, 0};  // there is one subleaf
    default:
      return {};
  }
}

CpuidResult CpuModel::extended_leaf(u32 leaf) const {
  if (leaf == kExtendedBase) return {kExtendedLast, 0, 0, 0};
  if (leaf < kBrandFirst) return {0, 0, 0, d_.no_execute ? cpuid::kNx : 0};
  // 48 bytes, right-justified as Intel's own strings are.
  std::array<char, 48> text{};
  const std::size_t length = std::min(d_.brand.size(), text.size() - 1);
  const std::size_t start = text.size() - 1 - length;
  std::fill_n(text.begin(), start, ' ');
  std::copy_n(d_.brand.begin(), length, text.begin() + static_cast<std::ptrdiff_t>(start));
  CpuidResult result;
  std::memcpy(&result, text.data() + (leaf - kBrandFirst) * sizeof(result), sizeof(result));
  return result;
}

}  // namespace ringdown

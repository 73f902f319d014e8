// The steps of a paging trial, and the page walk as the manual has it, apart from the one under test.
#include "tests/unit/mmu/paging_trial.h"

#include <sstream>

namespace ringdown::test {

PagingOutcome Subject::apply(const PagingStep& step) {
  switch (step.kind) {
    case StepKind::Read:
    case StepKind::Write:
    case StepKind::Fetch:
    case StepKind::Prepare:
      return access(step);
    case StepKind::Dma:
      memory.write(GuestPhysical(step.address), std::as_bytes(std::span(&step.value, 1)).first(step.size));
      break;
    case StepKind::Fill: {
      std::array<std::byte, kPageSize> data;
      data.fill(static_cast<std::byte>(step.value));
      memory.write(GuestPhysical(step.address), std::span(data).first(step.size));
      break;
    }
    case StepKind::Invlpg:
      invlpg(GuestLinear(step.address));
      break;
    case StepKind::Controls:
      set_controls(step.controls);
      break;
    case StepKind::A20:
      memory.set_a20(!memory.a20());
      break;
    case StepKind::Protect:
      memory.track(HostFrame(step.address), Tracking::DescriptorTable);
      break;
    case StepKind::Unprotect:
      memory.untrack(HostFrame(step.address), Tracking::DescriptorTable);
      break;
  }
  return {};
}

// --- The reference -----------------------------------------------------------------------------------------

/// Bits that are reserved in a present entry (Intel SDM vol. 3A, tables 4-4 to 4-6 and 4-8 to 4-11) where
/// physical addresses have 36 bits, or 32 without PSE-36.
u64 Reference::reserved_bits_of(unsigned level, bool large) const {
  constexpr auto bits = [](unsigned low, unsigned high) { return (u64{2} << high) - (u64{1} << low); };
  if (controls_.physical_address_extension)
    return bits(36, 62) | (controls_.no_execute ? 0 : bits(63, 63)) | (large ? bits(13, 20) : 0);
  if (controls_.wide_large_pages) return large ? bits(17, 21) : 0;
  if (level == 1) return controls_.page_size_extension ? bits(7, 7) : 0;
  return large ? bits(12, 21) : 0;
}

// SDM vol. 3A, 4.3 (32-bit paging), 4.4 (PAE), 4.6 (rights), 4.7 (error code), 4.8 (accessed and dirty).
Reference::Walk Reference::walk(GuestLinear linear, AccessType type, Privilege privilege) {
  const u32 address = linear.value & ~kPageOffsetMask;
  if (!controls_.paging) return {kNoFault, GuestPhysical(address)};
  const bool pae = controls_.physical_address_extension;
  const bool user = privilege == Privilege::User, write = type == AccessType::Write;
  const bool fetch_shows = type == AccessType::Execute && pae && controls_.no_execute;
  const u32 code = (write ? 2u : 0u) | (user ? 4u : 0u) | (fetch_shows ? 16u : 0u);
  constexpr u64 kPaeAddress = 0xf'ffff'f000;
  const u64 pointer = pae ? controls_.pdpte[address >> 30] : controls_.cr3 | 1u;
  if ((pointer & 1) == 0) return {code, {}};

  u64 table = pae ? pointer & kPaeAddress : pointer & 0xffff'f000;
  u64 rights = 6, never = 0;  // R/W and U/S of all levels; NX of any
  std::vector<GuestPhysical> entries;
  for (const unsigned level : {2u, 1u}) {
    const unsigned shift = level == 1 ? 12 : pae ? 21 : 22;
    const u32 slot = (address >> shift) & (pae ? 511u : 1023u);
    entries.push_back(GuestPhysical(table + slot * (pae ? 8u : 4u)));
    const u64 entry =
        pae ? memory.read_value<u64>(entries.back()) : u64{memory.read_value<u32>(entries.back())};
    if ((entry & 1) == 0) return {code, {}};
    const bool large = level == 2 && (entry & 0x80) != 0 && (pae || controls_.page_size_extension);
    if ((entry & reserved_bits_of(level, large)) != 0) return {code | 9, {}};
    rights &= entry;
    never |= entry >> 63;
    table = pae ? entry & kPaeAddress : entry & 0xffff'f000;
    if (!large) continue;
    const u64 within = (u64{1} << shift) - 1;
    // PSE-36: bits 16 to 13 are bits 35 to 32 of the address.
    const u64 base = pae ? entry & kPaeAddress & ~within : (entry & 0xffc0'0000) | ((entry >> 13 & 15) << 32);
    table = base | (address & within);
    break;
  }
  const bool refused = (user && (rights & 4) == 0) || (type == AccessType::Execute && never != 0) ||
                       (write && (rights & 2) == 0 && (user || controls_.write_protect));
  if (refused) return {code | 1, {}};
  for (const GuestPhysical entry : entries) {
    const bool last = entry == entries.back();
    memory.write_value(entry, static_cast<u8>(memory.read_value<u8>(entry) | (write && last ? 0x60 : 0x20)));
  }
  return {kNoFault, GuestPhysical(table)};
}

PagingOutcome Reference::access(const PagingStep& step) {
  const AccessType type = step.kind == StepKind::Read    ? AccessType::Read
                          : step.kind == StepKind::Fetch ? AccessType::Execute
                                                         : AccessType::Write;
  std::array<std::byte, 8> data{};
  std::memcpy(data.data(), &step.value, sizeof(step.value));
  std::array<GuestPhysical, 8> bytes{};
  GuestLinear linear(step.address);
  Walk found;
  for (u32 i = 0; i < (step.kind == StepKind::Fetch ? 1 : step.size); ++i, linear = linear + 1) {
    if (i == 0 || (linear.value & kPageOffsetMask) == 0) {
      found = walk(linear, type, step.privilege);
      if (found.fault_code != kNoFault) return {AccessStatus::PageFault, linear.value, found.fault_code, 0};
    }
    bytes[i] = found.page + (linear.value & kPageOffsetMask);
  }
  if (step.kind == StepKind::Fetch) return {.value = found.page.value};
  if (step.kind == StepKind::Prepare) return {};
  PagingOutcome seen;
  for (u32 i = 0; i < step.size; ++i) {
    if (step.kind == StepKind::Write) {
      memory.write(bytes[i], std::span(data).subspan(i, 1));
    } else {
      seen.value |= u64{memory.read_value<u8>(bytes[i])} << (8 * i);
    }
  }
  return seen;
}

// --- Side by side ------------------------------------------------------------------------------------------

std::string Trial::check(const PagingStep& step, bool thorough) {
  outcome = reference.apply(step);
  if (!(shadow.apply(step) == outcome)) return "the shadow shows the guest something else";
  if (!(bare.apply(step) == outcome)) return "bare paging shows the guest something else";
  if (!thorough) return {};
  if (!shadow.same_tables(reference)) return "tables differ under the shadow";
  if (!bare.same_tables(reference)) return "tables differ under bare paging";
  if (std::string told = mirror.compare(shadow.paging); !told.empty()) return "events: " + told;
  const std::vector<std::string> differences = shadow.paging.audit();
  return differences.empty() ? std::string() : "audit: " + differences.front();
}

std::string print(const std::vector<PagingStep>& steps) {
  std::ostringstream text;
  for (const PagingStep& step : steps) {
    text << fmt::format("{} priv {} address {:08x} size {} value {:x}", static_cast<int>(step.kind),
                        static_cast<int>(step.privilege), step.address, step.size, step.value);
    if (step.kind == StepKind::Controls) {
      const PagingControls& c = step.controls;
      text << fmt::format(" pg {} wp {} pse {} pae {} nxe {} cr3 {:x} pdpte {:x} {:x} {:x} {:x}", c.paging,
                          c.write_protect, c.page_size_extension, c.physical_address_extension, c.no_execute,
                          c.cr3, c.pdpte[0], c.pdpte[1], c.pdpte[2], c.pdpte[3]);
    }
    text << '\n';
  }
  return text.str();
}

}  // namespace ringdown::test

// The page walk: translations, rights and error codes of every paging mode.
#include <catch2/catch.hpp>

#include "tests/unit/mmu/mmu_fixture.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr u32 kDirectory = 0x1000;
constexpr u32 kTable = 0x2000;
constexpr GuestLinear kLinear(0x0040'3456);  // directory slot 1 (32-bit), 2 (PAE)

constexpr AccessType kTypes[] = {AccessType::Read, AccessType::Write, AccessType::Execute};
constexpr Privilege kPrivileges[] = {Privilege::Supervisor, Privilege::User};

/// SDM vol. 3A, 4.6 and 4.7, written out independently of the code under test.
u32 expected_code(bool present, bool writable, bool user, bool no_execute, const PagingControls& controls,
                  AccessType type, Privilege privilege) {
  const bool as_user = privilege == Privilege::User;
  bool fault = !present;
  if (present && as_user && !user) fault = true;
  if (present && type == AccessType::Write && !writable && (as_user || controls.write_protect)) fault = true;
  if (present && type == AccessType::Execute && no_execute) fault = true;
  if (!fault) return kNoFault;
  const bool nx = controls.physical_address_extension && controls.no_execute;
  return (present ? 1u : 0u) | (type == AccessType::Write ? 2u : 0u) | (as_user ? 4u : 0u) |
         (type == AccessType::Execute && nx ? 16u : 0u);
}

}  // namespace

TEST_CASE("without paging every address leads to itself") {
  MemoryMachine machine;
  const WalkResult walk = walk_page(machine.memory, PagingControls{}, kLinear);
  CHECK(walk.present);
  CHECK(walk.page == GuestPhysical(0x0040'3000));
  CHECK(walk.depth == 0);
  CHECK(page_fault_code(walk, PagingControls{}, AccessType::Write, Privilege::User) == kNoFault);
}

TEST_CASE("rights of both levels combine, with the error code the manual gives") {
  MemoryMachine machine;
  for (u32 bits = 0; bits < 64; ++bits) {
    const u64 directory_bits = (bits & 7);
    const u64 table_bits = (bits >> 3 & 7);
    for (const bool write_protect : {false, true}) {
      PagingControls controls = controls32(kDirectory);
      controls.write_protect = write_protect;
      machine.entry32(kDirectory, 1, kTable | directory_bits);
      machine.entry32(kTable, 3, 0x0070'0000 | table_bits);
      const WalkResult walk = walk_page(machine.memory, controls, kLinear);
      const bool present = (directory_bits & table_bits & kP) != 0;
      const bool writable = (directory_bits & table_bits & kRw) != 0;
      const bool user = (directory_bits & table_bits & kUs) != 0;
      CHECK(walk.present == present);
      if (present) CHECK(walk.page == GuestPhysical(0x0070'0000));
      for (const AccessType type : kTypes) {
        for (const Privilege privilege : kPrivileges) {
          CHECK(page_fault_code(walk, controls, type, privilege) ==
                expected_code(present, writable, user, false, controls, type, privilege));
        }
      }
    }
  }
}

TEST_CASE("4 MiB pages need CR4.PSE; bits 16:13 are address bits 35:32, bits 21:17 are reserved") {
  MemoryMachine machine;
  PagingControls controls = controls32(kDirectory);
  machine.entry32(kDirectory, 1, 0x0080'0000 | kP | kRw | kPs);
  WalkResult walk = walk_page(machine.memory, controls, kLinear);
  CHECK(walk.large);
  CHECK(walk.page == GuestPhysical(0x0080'3000));
  CHECK(walk.depth == 1);

  machine.entry32(kDirectory, 1, 0x0080'0000 | kP | kPs | 0x5u << 13);
  CHECK(walk_page(machine.memory, controls, kLinear).page == GuestPhysical(0x5'0080'3000));

  machine.entry32(kDirectory, 1, 0x0080'0000 | kP | kPs | 1u << 21);
  walk = walk_page(machine.memory, controls, kLinear);
  CHECK(walk.reserved_bit);
  CHECK(page_fault_code(walk, controls, AccessType::Write, Privilege::User) ==
        (page_fault::kPresent | page_fault::kReserved | page_fault::kWrite | page_fault::kUser));

  controls.page_size_extension = false;
  machine.entry32(kDirectory, 1, kTable | kP | kPs);
  machine.entry32(kTable, 3, 0x5000 | kP);
  walk = walk_page(machine.memory, controls, kLinear);
  CHECK_FALSE(walk.large);
  CHECK(walk.page == GuestPhysical(0x5000));
}

TEST_CASE(
    "Without PSE-36 and PAT a 4 MiB page's bits 21:12 and a table entry's bit 7 are reserved under PSE") {
  MemoryMachine machine;
  PagingControls controls = controls32(kDirectory);
  controls.wide_large_pages = false;
  const auto reserved = [&] { return walk_page(machine.memory, controls, kLinear).reserved_bit; };
  for (unsigned bit = 12; bit <= 22; ++bit) {
    machine.entry32(kDirectory, 1, 0x0080'0000 | kP | kPs | 1u << bit);
    CHECK(reserved() == (bit < 22));
  }
  machine.entry32(kDirectory, 1, kTable | kP);
  machine.entry32(kTable, 3, 0x5000 | kP | kPs);
  CHECK(reserved());
  controls.page_size_extension = false;
  CHECK_FALSE(reserved());
}

TEST_CASE("PAE: pointer entries, 2 MiB pages, NX") {
  MemoryMachine machine;
  PagingControls controls = controls_pae(kDirectory);
  machine.entry_pae(kDirectory, 2, kTable | kP | kRw | kUs);
  machine.entry_pae(kTable, 3, u64{0x9'1234'5000} | kP | kRw | kUs | kNx);
  WalkResult walk = walk_page(machine.memory, controls, kLinear);
  CHECK(walk.page == GuestPhysical(0x9'1234'5000));
  for (const AccessType type : kTypes) {
    for (const Privilege privilege : kPrivileges) {
      CHECK(page_fault_code(walk, controls, type, privilege) ==
            expected_code(true, true, true, true, controls, type, privilege));
    }
  }
  CHECK(page_fault_code(walk, controls, AccessType::Execute, Privilege::User) ==
        (page_fault::kPresent | page_fault::kUser | page_fault::kFetch));

  machine.entry_pae(kDirectory, 2, u64{0x8'0020'0000} | kP | kPs);
  controls.page_size_extension = false;  // PAE does not need it
  walk = walk_page(machine.memory, controls, kLinear);
  CHECK(walk.large);
  CHECK(walk.page == GuestPhysical(0x8'0020'3000));

  walk = walk_page(machine.memory, controls, GuestLinear(0x4000'0000));
  CHECK_FALSE(walk.present);
  CHECK(page_fault_code(walk, controls, AccessType::Read, Privilege::Supervisor) == 0);
  CHECK(page_fault_code(walk, controls, AccessType::Execute, Privilege::Supervisor) == page_fault::kFetch);
}

TEST_CASE("PAE: reserved bits fault with RSVD, also NX without EFER.NXE") {
  MemoryMachine machine;
  PagingControls controls = controls_pae(kDirectory);
  const u64 table = kTable | kP | kRw | kUs;
  const u64 page = 0x5000 | kP | kRw | kUs;
  const auto reserved = [&](u64 directory_entry, u64 table_entry) {
    machine.entry_pae(kDirectory, 2, directory_entry);
    machine.entry_pae(kTable, 3, table_entry);
    return walk_page(machine.memory, controls, kLinear).reserved_bit;
  };
  CHECK_FALSE(reserved(table, page));
  CHECK_FALSE(reserved(table | kNx, page | kNx));
  for (unsigned bit = page_entry::kPhysicalAddressBits; bit < 63; ++bit) {
    CHECK(reserved(table | u64{1} << bit, page));
    CHECK(reserved(table, page | u64{1} << bit));
    CHECK_FALSE(reserved(table, (page | u64{1} << bit) & ~kP));
  }
  for (unsigned bit = 13; bit < 21; ++bit) CHECK(reserved(0x20'0000 | kP | kPs | u64{1} << bit, page));
  CHECK_FALSE(reserved(0x20'0000 | kP | kPs | 1u << 12, page));  // PAT
  controls.no_execute = false;
  CHECK(reserved(table | kNx, page));
  CHECK(reserved(table, page | kNx));
  // Without EFER.NXE no fetch bit.
  CHECK(page_fault_code(walk_page(machine.memory, controls, kLinear), controls, AccessType::Execute,
                        Privilege::User) ==
        (page_fault::kPresent | page_fault::kReserved | page_fault::kUser));
}

TEST_CASE("accessed and dirty bits are set where hardware sets them") {
  MemoryMachine machine;
  const PagingControls controls = controls32(kDirectory);
  machine.entry32(kDirectory, 1, kTable | kP | kRw);
  machine.entry32(kTable, 3, 0x5000 | kP | kRw);
  set_accessed_dirty(machine.memory, walk_page(machine.memory, controls, kLinear), AccessType::Read);
  CHECK(machine.entry32(kDirectory, 1) == (kTable | kP | kRw | kA));
  CHECK(machine.entry32(kTable, 3) == (0x5000 | kP | kRw | kA));
  set_accessed_dirty(machine.memory, walk_page(machine.memory, controls, kLinear), AccessType::Write);
  CHECK(machine.entry32(kDirectory, 1) == (kTable | kP | kRw | kA));
  CHECK(machine.entry32(kTable, 3) == (0x5000 | kP | kRw | kA | kD));

  machine.entry32(kDirectory, 1, 0x0080'0000 | kP | kRw | kPs);
  set_accessed_dirty(machine.memory, walk_page(machine.memory, controls, kLinear), AccessType::Write);
  CHECK(machine.entry32(kDirectory, 1) == (0x0080'0000 | kP | kRw | kPs | kA | kD));
}

TEST_CASE("tables in ROM and device space are read, and keep no accessed bits") {
  MemoryMachine machine;
  const u32 entry = 0x5000 | kP | kRw;
  std::memcpy(machine.store.page(machine.store.first_rom_frame()) + 4, &entry, sizeof(entry));
  const PagingControls rom = controls32(MemoryMachine::kRom);
  WalkResult walk = walk_page(machine.memory, rom, kLinear);
  CHECK(walk.steps[0].entry == entry);
  CHECK_FALSE(walked_plain_ram(machine.memory, walk));
  set_accessed_dirty(machine.memory, walk, AccessType::Write);
  CHECK(machine.memory.read_value<u32>(GuestPhysical(MemoryMachine::kRom + 4)) == entry);

  walk = walk_page(machine.memory, controls32(MemoryMachine::kDevice), kLinear);
  CHECK(walk.steps[0].entry == 0x8888'8888);  // four byte reads
  CHECK(machine.device.accesses.size() == 4);
  set_accessed_dirty(machine.memory, walk, AccessType::Write);
  CHECK(machine.device.accesses.size() == 4);
}

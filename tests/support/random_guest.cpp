// Random guests: the snippets, and the machine around them.
#include "tests/support/random_guest.h"

#include <fmt/core.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <span>

#include "cpu/control_registers.h"
#include "cpu/system/task_state.h"
#include "tests/support/emitter.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;
using Random = std::mt19937;

// --- The guest's memory ------------------------------------------------------------------------------------

/// 88 bytes do not divide a page: some slots cross into the next one.
constexpr u32 kSlot = 88;
constexpr u32 kSlots = 60, kInnerSlots = 20;
constexpr u32 kInner = M::kCode + 0x1c00, kInner16 = M::kCode + 0x2c00;
/// Never unmapped: where exceptions go on, their hash, counters.
constexpr u32 kVariables = 0x2'f000;
constexpr u32 kResume = kVariables, kHash = kVariables + 4, kInterrupts = kVariables + 8,
              kSteps = kVariables + 12, kScratch = kVariables + 0x100;
constexpr u32 kDataPages = 8;  // from kData, which snippets unmap and protect
constexpr u32 kGdtCopy = 0x4'0000, kIdtCopy = 0x4'1000, kSecondTss = 0x4'2000;
/// GDT entries.
constexpr u16 kCallGate = M::kFree, kConforming = M::kFree + 8, kEdited = M::kFree + 16,
              kSecondTask = M::kFree + 24, kTaskGate = M::kFree + 32, kSmall = M::kFree + 40,
              kInnerGate = M::kFree + 48;
constexpr u16 kLocalData = 0x04 | 0x08, kLocalCode = 0x04 | 0x10;
constexpr u8 kRecoverVector = 0x31, kServiceVector = 0x30;
constexpr u32 kStubs = M::kHandlers + 0x200, kStubSize = 16;
constexpr u32 kRecover = M::kHandlers + 0x1800, kReturn = kRecover + 0x100, kCount = kRecover + 0x110,
              kTrace = kRecover + 0x120, kFarReturn = kRecover + 0x180, kHalt16 = kRecover + 0x190;

u32 slot_address(u32 index) { return M::kCode + kSlot * index; }

u32 pick(Random& random, u32 bound) { return random() % bound; }
template <class T, std::size_t N>
T one_of(Random& random, const T (&values)[N]) {
  return values[pick(random, N)];
}

u16 any_selector(Random& random) {
  const u16 known[] = {0,          3,          M::data(0), M::data(1),      M::data(2),      M::data(3),
                       M::code(0), M::code(1), M::code(3), kConforming,     kEdited,         kSmall,
                       kLocalData, kLocalCode, kCallGate,  M::kTssSelector, M::kLdtSelector, 0xf8};
  const u16 selector = one_of(random, known);
  return pick(random, 3) == 0 ? static_cast<u16>((selector & ~3u) | pick(random, 4)) : selector;
}
u32 data_address(Random& random) { return M::kData + pick(random, kDataPages * kPageSize - 8); }
u32 any_flags(Random& random) {
  u32 flags = (random() & (eflags::kStatus | eflags::kIf | eflags::kDf | eflags::kAc | eflags::kId)) |
              eflags::kReserved1;
  if (pick(random, 3) == 0) flags |= random() & eflags::kIopl;
  if (pick(random, 6) == 0) flags |= eflags::kTf;
  if (pick(random, 12) == 0) flags |= eflags::kNt;
  if (pick(random, 12) == 0) flags |= eflags::kRf;
  if (pick(random, 16) == 0) flags |= random() & (eflags::kVif | eflags::kVip);
  return flags;
}
u32 inner_address(Random& random) { return kInner + kSlot * pick(random, kInnerSlots); }
u32 inner16_offset(Random& random) { return kSlot * pick(random, kInnerSlots); }

struct Kind {
  const char* name;
  unsigned weight;
  void (*emit)(Emitter&, Random&);
};

// --- Snippets that every ring runs -------------------------------------------------------------------------

const Kind kCommon[] = {
    {"arithmetic", 3,
     [](Emitter& e, Random& r) {
       e.hex("05").d(r()).hex("11c3 29d1 0fafd8 c1e3").b(r() & 31).hex("0fbdc3 19d2 83c3").b(r());
     }},
    {"load and store", 3,
     [](Emitter& e, Random& r) {
       e.hex("a1").d(data_address(r)).hex("3105").d(data_address(r)).hex("891d").d(data_address(r));
     }},
    {"compare memory and branch", 2,
     [](Emitter& e, Random& r) {
       e.hex("833d").d(data_address(r)).b(r()).hex("7201 43 3b05").d(kHash).hex("7501 41");
     }},
    {"rep stos", 2,
     [](Emitter& e, Random& r) { e.hex("bf").d(data_address(r)).hex("b9").d(pick(r, 300)).hex("f3aa"); }},
    {"rep movs", 2,
     [](Emitter& e, Random& r) {
       e.hex("be").d(data_address(r)).hex("bf").d(data_address(r)).hex("b9").d(pick(r, 100)).hex("f3a5");
     }},
    {"repe cmps", 1,
     [](Emitter& e, Random& r) {
       e.hex("be").d(data_address(r)).hex("bf").d(data_address(r)).hex("b9").d(pick(r, 100)).hex("f3a6");
     }},
    {"push and pop", 2, [](Emitter& e, Random& r) { e.hex("68").d(r()).hex("50 60 61 58 5b"); }},
    {"divide", 1, [](Emitter& e, Random& r) { e.hex("b9").d(pick(r, 4)).hex("31d2 f7f1"); }},
    {"device", 2,
     [](Emitter& e, Random& r) {
       e.hex("43 a1").d(M::kDevicePage + 4 * pick(r, 8)).hex("43 8905").d(M::kDevicePage + 4 * pick(r, 8));
       e.hex("0105").d(M::kDevicePage + 4 * pick(r, 8));
     }},
    {"pushf", 4, [](Emitter& e, Random&) { e.hex("9c 58 669c 6658 3105").d(kScratch); }},
    {"popf", 5, [](Emitter& e, Random& r) { e.hex("68").d(any_flags(r)).hex("9d 40"); }},
    {"popf word", 1, [](Emitter& e, Random& r) { e.hex("68").d(any_flags(r)).hex("669d 83c402"); }},
    {"cli", 3, [](Emitter& e, Random&) { e.hex("fa"); }},
    {"sti", 4, [](Emitter& e, Random&) { e.hex("fb 40 41"); }},
    {"sti hidden", 1, [](Emitter& e, Random&) { e.hex("fa fb fa"); }},
    {"store tables", 3,
     [](Emitter& e, Random&) {
       e.hex("0f0105").d(kScratch).hex("0f010d").d(kScratch + 8).hex("0f00c0 0f00c9 0f01e2");
     }},
    {"read selectors", 3,
     [](Emitter& e, Random&) { e.hex("8cc8 8cd1 8cda 8cc3 668cee 0e 58 1e 59 06 5a 16 5b"); }},
    {"load sreg", 6,
     [](Emitter& e, Random& r) {
       e.hex("66b8").w(any_selector(r)).hex("8e").b(one_of(r, {0xc0u, 0xd8u, 0xe0u, 0xe8u}));
     }},
    {"load ss", 2, [](Emitter& e, Random& r) { e.hex("66b8").w(any_selector(r)).hex("8ed0 40 41"); }},
    {"pop sreg", 2,
     [](Emitter& e, Random& r) {
       e.hex("68").d(any_selector(r));
       switch (pick(r, 4)) {
         case 0:
           e.hex("07");
           break;
         case 1:
           e.hex("1f");
           break;
         case 2:
           e.hex("0fa1");
           break;
         default:
           e.hex("0fa9");
           break;
       }
     }},
    {"load far pointer", 2,
     [](Emitter& e, Random& r) {
       e.hex("c705").d(kScratch + 16).d(r()).hex("66c705").d(kScratch + 20).w(any_selector(r));
       const u32 at = kScratch + 16;
       switch (pick(r, 5)) {
         case 0:
           e.hex("c405").d(at);
           break;
         case 1:
           e.hex("c51d").d(at);
           break;
         case 2:
           e.hex("0fb40d").d(at);
           break;
         case 3:
           e.hex("0fb515").d(at);
           break;
         default:
           e.hex("0fb225").d(at);
           break;
       }
     }},
    {"lar lsl verr verw", 4,
     [](Emitter& e, Random& r) {
       e.hex("66b8").w(any_selector(r)).hex("0f02d8 0f03c8 0f00e0 9c 0f00e8 9c 5a 58");
     }},
    {"arpl", 1, [](Emitter& e, Random& r) { e.hex("66b8").w(any_selector(r)).hex("63c8"); }},
    {"int", 3, [](Emitter& e, Random&) { e.hex("cd30 40"); }},
    {"int3, into, int1", 2,
     [](Emitter& e, Random& r) {
       e.hex(one_of(r, {std::string_view("cc"), std::string_view("0500000070 ce"), std::string_view("f1")}));
     }},
    {"int of a refused gate", 1, [](Emitter& e, Random&) { e.hex("cd0e"); }},
    {"cpuid", 1, [](Emitter& e, Random& r) { e.hex("b8").d(pick(r, 4)).hex("0fa2"); }},
    {"rdtsc, rdpmc", 2, [](Emitter& e, Random&) { e.hex("0f31 31c9 0f33"); }},
    {"in, out", 3,
     [](Emitter& e, Random& r) {
       e.hex("e4").b(M::kPort + pick(r, 8)).hex("66ba").w(M::kPort + pick(r, 8)).hex("ef ec");
     }},
    {"ins, outs", 2,
     [](Emitter& e, Random& r) {
       e.hex("66ba").w(M::kPort).hex("bf").d(data_address(r)).hex("be").d(data_address(r));
       e.hex("b9").d(pick(r, 6)).hex(pick(r, 2) == 0 ? "f36c" : "f36e");
     }},
    {"privileged reads", 2, [](Emitter& e, Random&) { e.hex("0f20c0 0f20d3 0f20d9 0f20e2 0f21f8"); }},
    {"hlt", 2, [](Emitter& e, Random&) { e.hex("fb f4 40"); }},
    {"call far", 3,
     [](Emitter& e, Random& r) {
       e.hex("9a")
           .d(kFarReturn)
           .w(one_of(r, {M::code(0), M::code(1), M::code(3), kConforming, kCallGate, kEdited}));
     }},
    {"call inner gate", 2, [](Emitter& e, Random&) { e.hex("9a 00000000").w(kInnerGate | 3); }},
    {"jmp far", 2,
     [](Emitter& e, Random& r) {
       e.hex("ea")
           .d(inner_address(r))
           .w(one_of(r, {M::code(0), M::code(1), M::code(2), M::code(3), kConforming}));
     }},
    {"ret far", 2,
     [](Emitter& e, Random& r) {
       const unsigned ring = pick(r, 4);
       e.hex("68").d(M::data(ring)).hex("68").d(M::stack_top(ring)).hex("68").d(M::code(ring)).hex("68");
       e.d(inner_address(r)).hex("cb");
     }},
    {"iret to a ring", 5,
     [](Emitter& e, Random& r) {
       const unsigned ring = pick(r, 4);
       e.hex("68").d(M::data(ring)).hex("68").d(M::stack_top(ring)).hex("68").d(any_flags(r)).hex("68");
       e.d(M::code(ring)).hex("68").d(inner_address(r)).hex("cf");
     }},
    {"sysenter", 1, [](Emitter& e, Random&) { e.hex("0f34"); }},
    {"invalid", 1,
     [](Emitter& e, Random& r) {
       e.hex(one_of(r, {std::string_view("0f0b"), std::string_view("0f04"), std::string_view("f001c0")}));
     }},
    {"patch the code ahead", 1,
     [](Emitter& e, Random&) {
       e.hex("e800000000 58 c64006 43 40 40");
     }},  // call; pop eax; mov [eax + 6], inc ebx
    {"fpu", 1, [](Emitter& e, Random&) { e.hex("d9e8 d9eb dec1 dd1d").d(kScratch + 32); }},
};

// --- Snippets of the kernel --------------------------------------------------------------------------------

const Kind kKernel[] = {
    {"toggle cr0", 5,
     [](Emitter& e, Random& r) {
       e.hex("0f20c0 35")
           .d(one_of(r, {cr0::kTs, cr0::kEm, cr0::kMp, cr0::kNe, cr0::kWp, cr0::kAm, cr0::kWp, cr0::kPg}));
       e.hex("0f22c0");
     }},
    {"toggle cr4", 4,
     [](Emitter& e, Random& r) {
       e.hex("0f20e0 35")
           .d(one_of(r, {cr4::kVme, cr4::kPvi, cr4::kTsd, cr4::kDe, cr4::kPse, cr4::kPge, cr4::kPce,
                         cr4::kOsfxsr, cr4::kOsxmmexcpt, cr4::kMce}));
       e.hex("0f22e0");
     }},
    {"reload cr3", 2, [](Emitter& e, Random&) { e.hex("0f20d8 0f22d8"); }},
    {"lmsw, clts", 2,
     [](Emitter& e, Random& r) {
       e.hex("0f01e0 3504000000 66a3").d(kScratch).hex("0f01f0").hex(pick(r, 2) ? "0f06" : "90");
     }},
    {"edit a page-table entry", 6,
     [](Emitter& e, Random& r) {
       const u32 page = M::kData + kPageSize * pick(r, kDataPages);
       const u32 other = pick(r, 4) == 0 ? M::kData + kPageSize * pick(r, kDataPages) : page;
       e.hex("c705").d(M::page_entry(page)).d(other | pick(r, 8));
       if (pick(r, 3) == 0) e.hex("0f013d").d(page);  // invlpg
     }},
    {"edit a page-table entry by byte or rmw", 2,
     [](Emitter& e, Random& r) {
       const u32 entry = M::page_entry(M::kData + kPageSize * pick(r, kDataPages));
       e.hex("8035").d(entry).b(one_of(r, {1u, 2u, 4u})).hex("f00fba2d").d(entry).b(pick(r, 3));
     }},
    {"read accessed and dirty", 2,
     [](Emitter& e, Random& r) {
       e.hex("a1").d(M::page_entry(M::kData + kPageSize * pick(r, kDataPages))).hex("3105").d(kScratch + 4);
     }},
    {"edit a descriptor", 5,
     [](Emitter& e, Random& r) {
       const u8 access = static_cast<u8>(one_of(r, {0x92u, 0x93u, 0x90u, 0x96u, 0x9au, 0x9bu, 0x9eu, 0x12u}) |
                                         (pick(r, 4) << 5));
       const u64 raw = segment_descriptor(one_of(r, {0u, 0x1000u}), one_of(r, {0xf'ffffu, 0x3fu}), access);
       const u32 table = pick(r, 4) == 0 ? M::kLdt : M::kGdt;
       const u32 at = table + (table == M::kLdt ? (kLocalData & 0xf8u) : kEdited);
       e.hex("c705").d(at).d(static_cast<u32>(raw)).hex("c705").d(at + 4).d(static_cast<u32>(raw >> 32));
     }},
    {"lgdt", 2,
     [](Emitter& e, Random& r) {
       const bool copy = pick(r, 2) != 0;
       e.hex("66c705")
           .d(kScratch + 48)
           .w(M::kGdtLimit)
           .hex("c705")
           .d(kScratch + 50)
           .d(copy ? kGdtCopy : M::kGdt);
       e.hex("0f0115").d(kScratch + 48);
     }},
    {"lidt", 2,
     [](Emitter& e, Random& r) {
       const bool copy = pick(r, 2) != 0;
       e.hex("66c705").d(kScratch + 56).w(0x7ff).hex("c705").d(kScratch + 58).d(copy ? kIdtCopy : M::kIdt);
       e.hex("0f011d").d(kScratch + 56);
     }},
    {"lldt, ltr", 3,
     [](Emitter& e, Random& r) {
       e.hex("66b8").w(one_of(r, {M::kLdtSelector, u16{0}, M::kTssSelector, kSecondTask, kEdited}));
       e.hex(pick(r, 3) == 0 ? "0f00d8" : "0f00d0");
     }},
    {"switch task", 2,
     [](Emitter& e, Random& r) {
       e.hex(pick(r, 2) ? "ea" : "9a").d(0).w(one_of(r, {kSecondTask, M::kTssSelector, kTaskGate}));
     }},
    {"wrmsr", 3,
     [](Emitter& e, Random& r) {
       e.hex("b9").d(one_of(r, {0x174u, 0x175u, 0x176u, 0x277u, 0x10u, 0xffffu, 0x1d9u}));
       e.hex("b8").d(one_of(r, {0u, u32{M::code(0)}, M::stack_top(0), kRecover, 6u})).hex("31d2 0f30 0f32");
     }},
    {"sysexit", 1,
     [](Emitter& e, Random& r) { e.hex("ba").d(inner_address(r)).hex("b9").d(M::stack_top(3)).hex("0f35"); }},
    {"debug registers", 3,
     [](Emitter& e, Random& r) {
       e.hex("b8")
           .d(pick(r, 2) ? M::kData + pick(r, 64) * 4 : slot_address(pick(r, kSlots)) + 10)
           .hex("0f23");
       e.b(0xc0 + 8 * pick(r, 4)).hex("b8").d(pick(r, 2) ? (r() & 0xffff'00ffu) : 0).hex("0f23f8");
     }},
    {"debug status", 1, [](Emitter& e, Random&) { e.hex("0f21f0 3105").d(kScratch + 8).hex("31c0 0f23f0"); }},
    {"flush", 1, [](Emitter& e, Random&) { e.hex("0f09 0f08"); }},
    {"virtual-8086 mode", 5,
     [](Emitter& e, Random& r) {
       e.hex("6a00 6a00 6a00 6a00 68").d(0x2000).hex("68").d(0xff0).hex("68");
       e.d((any_flags(r) & ~eflags::kNt) | eflags::kVm | (pick(r, 2) ? eflags::kIopl : 0));
       e.hex("68").d(kInner16 >> 4).hex("68").d(inner16_offset(r)).hex("cf");
     }},
    {"task I/O map", 1,
     [](Emitter& e, Random& r) { e.hex("8035").d(M::kTss + tss32::kSize + M::kPort / 8).b(r()); }},
    {"default segments", 4, [](Emitter& e, Random&) { e.hex("66b8").w(M::data(0)).hex("8ed8 8ec0"); }},
};

// --- Snippets of virtual-8086 mode and real mode -----------------------------------------------------------

const Kind kSixteenBit[] = {
    {"cli", 2, [](Emitter& e, Random&) { e.hex("fa"); }},
    {"sti", 3, [](Emitter& e, Random&) { e.hex("fb 40 41"); }},
    {"pushf", 3, [](Emitter& e, Random&) { e.hex("9c 58 669c 6658"); }},
    {"popf", 3, [](Emitter& e, Random& r) { e.hex("68").w(any_flags(r)).hex("9d"); }},
    {"popfd", 1, [](Emitter& e, Random& r) { e.hex("6668").d(any_flags(r)).hex("669d"); }},
    {"int", 2, [](Emitter& e, Random&) { e.hex("cd30"); }},
    {"int3, into", 1, [](Emitter& e, Random&) { e.hex("cc 050070 ce"); }},
    {"in, out", 2,
     [](Emitter& e, Random& r) { e.hex("e4").b(M::kPort + pick(r, 8)).hex("ba").w(M::kPort).hex("ee"); }},
    {"ins", 1,
     [](Emitter& e, Random& r) {
       e.hex("ba").w(M::kPort).hex("bf").w(pick(r, 0x800)).hex("b9").w(pick(r, 5)).hex("f36c");
     }},
    {"segments", 3,
     [](Emitter& e, Random& r) {
       e.hex("b8").w(0x2f00 + pick(r, 0x300)).hex("8ed8 8ec0 8cdb 1e 59 8ce2 8cc8 8cd1");
     }},
    {"les", 1, [](Emitter& e, Random& r) { e.hex("c41e").w(pick(r, 0x100)); }},
    {"memory", 3,
     [](Emitter& e, Random& r) { e.hex("a1").w(r()).hex("3106").w(r()).hex("c706").w(r()).w(r()); }},
    {"rep stos", 2,
     [](Emitter& e, Random& r) {
       e.hex("b8").w(0x3000).hex("8ec0 bf").w(r()).hex("b9").w(pick(r, 200)).hex("f3aa");
     }},
    {"arithmetic", 2, [](Emitter& e, Random& r) { e.hex("05").w(r()).hex("11c3 29d1 f7e3 6605").d(r()); }},
    {"smsw, sgdt", 2, [](Emitter& e, Random&) { e.hex("0f01e0 0f0106 0008 0f010e 0808"); }},
    {"not in this mode", 1,
     [](Emitter& e, Random& r) {
       e.hex(one_of(r, {std::string_view("0f00c0"), std::string_view("0f02c0"), std::string_view("63c0"),
                        std::string_view("0f00d0")}));
     }},
    {"cpuid, rdtsc", 1, [](Emitter& e, Random&) { e.hex("31c0 0fa2 0f31"); }},
    {"divide", 1, [](Emitter& e, Random& r) { e.hex("b9").w(pick(r, 3)).hex("31d2 f7f1"); }},
    {"hlt", 1, [](Emitter& e, Random&) { e.hex("fb f4"); }},
    {"privileged", 1, [](Emitter& e, Random&) { e.hex("0f20c0 0f06"); }},
};

/// Real mode: the code segment is kCode >> 4, the data segment whatever snippets made it.
const Kind kRealMode[] = {
    {"iret", 3,
     [](Emitter& e, Random& r) {
       e.hex("68").w(any_flags(r) & ~eflags::kTf).hex("0e e80000 58 83c007 50 cf 90");
     }},
    {"call far", 2,
     [](Emitter& e, Random&) { e.hex("9a").w(kFarReturn & 0xfff).w((kFarReturn & ~0xfffu) >> 4); }},
    {"iret to TF", 1,
     [](Emitter& e, Random& r) { e.hex("68").w(any_flags(r) | eflags::kTf).hex("9d 40 41 42"); }},
    {"load ss", 2, [](Emitter& e, Random&) { e.hex("b80000 8ed0 40 41"); }},
    {"mov cr0", 2,
     [](Emitter& e, Random& r) {
       e.hex("0f20c0 6635").d(one_of(r, {cr0::kTs, cr0::kEm, cr0::kMp, cr0::kNe})).hex("0f22c0");
     }},
    {"lgdt, lidt", 2,
     [](Emitter& e, Random&) {
       e.hex("31c0 8ed8 b8")
           .w(kScratch >> 4)
           .hex("8ed8 c7060000")
           .w(M::kGdtLimit)
           .hex("66c7060200")
           .d(M::kGdt)
           .hex("0f01160000");
     }},
    {"big segment", 3,  // protected mode and back, with DS and ES of 4 GiB
     [](Emitter& e, Random& r) {
       e.hex("fa b8").w(kScratch >> 4).hex("8ed8 c7060000").w(M::kGdtLimit).hex("66c7060200").d(M::kGdt);
       e.hex("0f01160000 0f20c0 0c01 0f22c0 bb").w(M::data(0)).hex("8edb");
       e.hex(pick(r, 2) ? "8ec3" : "90 90").hex("24fe 0f22c0 31db 8edb");
     }},
    {"use the big segment", 2,
     [](Emitter& e, Random& r) {
       e.hex("67 66a1").d(data_address(r)).hex("67 c705").d(data_address(r)).w(r());
     }},
    {"debug registers", 1,
     [](Emitter& e, Random& r) {
       e.hex("66b8")
           .d(M::kData + pick(r, 64) * 4)
           .hex("0f23c0 66b8")
           .d(pick(r, 2) ? 0x000d'0002u : 0u)
           .hex("0f23f8");
     }},
};

// --- Putting it together -----------------------------------------------------------------------------------

std::vector<const Kind*> weighted(std::initializer_list<std::span<const Kind>> lists) {
  std::vector<const Kind*> kinds;
  for (const std::span<const Kind> list : lists) {
    for (const Kind& kind : list) kinds.insert(kinds.end(), kind.weight, &kind);
  }
  return kinds;
}

std::vector<RandomGuest::Snippet> choose(Random& random, const std::vector<const Kind*>& kinds, u32 count) {
  std::vector<RandomGuest::Snippet> snippets;
  while (snippets.size() < count) {
    const Kind& kind = *kinds[pick(random, static_cast<u32>(kinds.size()))];
    Emitter emitter;
    kind.emit(emitter, random);
    snippets.push_back({kind.name, emitter.bytes});
  }
  return snippets;
}

void place(CodeMachine& m, u32 address, std::span<const u8> bytes) {
  m.memory.write(GuestPhysical(address), std::as_bytes(bytes));
}

/// The handler of a vector: its number, then kRecover.
void place_stub(CodeMachine& m, u32 vector) {
  const u32 at = kStubs + kStubSize * vector;
  Emitter e;
  e.hex("68").d(vector).hex("e9").d(kRecover - (at + 10));
  place(m, at, e.bytes);
}

void place_handlers(CodeMachine& m) {
  Emitter recover;
  // mov ebx, [esp]; mov ecx, [esp + 4]; mov edx, [esp + 8]; segments; esp; hash; jmp [resume]
  recover.hex("8b1c24 8b4c2404 8b542408 66b8")
      .w(M::data(0))
      .hex("8ed8 8ec0 8ee0 8ee8 8ed0 bc")
      .d(M::stack_top(0));
  recover.hex("c105").d(kHash).b(5).hex("311d").d(kHash).hex("c105").d(kHash).b(5).hex("010d").d(kHash);
  recover.hex("c105").d(kHash).b(5).hex("0115").d(kHash).hex("ff25").d(kResume);
  place(m, kRecover, recover.bytes);
  m.place(kReturn, "cf");
  place(m, kCount, Emitter().hex("36ff05").d(kInterrupts).hex("cf").bytes);
  // Every eighth single step, and each breakpoint hit, ends stepping and breakpoints.
  Emitter trace;
  trace.hex("50 36fe05").d(kSteps).hex("36f605").d(kSteps).b(7).hex("750d 8164240c").d(~eflags::kTf);
  trace.hex("31c0 0f23f8 58 cf");
  place(m, kTrace, trace.bytes);
  m.place(kFarReturn, "cb");
}

u64 gate_to(u16 selector, u32 offset, u8 access) {
  return (offset & 0xffff) | (u64{selector} << 16) | (u64{access} << 40) | (u64{offset >> 16} << 48);
}

void place_tables(CodeMachine& m) {
  constexpr u8 kCallGate32 = 0xec, kTaskGateType = 0xe5, kAvailableTss = 0x89;
  m.gdt(kCallGate, gate_to(M::code(0), kFarReturn, kCallGate32));
  m.gdt(kInnerGate, gate_to(M::code(0), kFarReturn, kCallGate32));
  m.gdt(kConforming, segment_descriptor(0, 0xf'ffff, 0x9f));
  m.gdt(kEdited, segment_descriptor(0, 0xf'ffff, 0x92));
  m.gdt(kSmall, segment_descriptor(M::kData, 0xff, 0xf2, 4));
  m.gdt(kSecondTask, segment_descriptor(kSecondTss, tss32::kSize - 1, kAvailableTss | 0x60, 0));
  m.gdt(kTaskGate, gate_to(kSecondTask, 0, kTaskGateType));
  m.poke<u64>(M::kLdt + (kLocalData & 0xf8u), segment_descriptor(0, 0xf'ffff, 0xf2));
  m.poke<u64>(M::kLdt + (kLocalCode & 0xf8u), segment_descriptor(0, 0xf'ffff, 0xfa));
  for (u32 offset = 0; offset < tss32::kSize; offset += 4) m.poke<u32>(kSecondTss + offset, 0);
  m.poke<u32>(kSecondTss + tss32::kEip, kRecover);
  m.poke<u32>(kSecondTss + tss32::kEip + 4, eflags::kReserved1);
  m.poke<u32>(kSecondTss + tss32::kEip + 8 + 4 * 4, M::stack_top(0));
  m.poke<u32>(kSecondTss + tss32::kCr3, M::kTables);
  for (unsigned i = 0; i < 6; ++i)
    m.poke<u32>(kSecondTss + tss32::kEip + 40 + 4 * i, i == 1 ? M::code(0) : M::data(0));
  m.poke<u32>(kSecondTss + tss32::kEsp0, M::stack_top(0));
  m.poke<u32>(kSecondTss + tss32::kEsp0 + 4, M::data(0));
  m.poke<u32>(M::kTss + tss32::kCr3, M::kTables);
  for (u32 offset = 0; offset <= M::kGdtLimit; offset += 8)
    m.poke<u64>(kGdtCopy + offset, m.peek<u64>(M::kGdt + offset));
}

void place_slots(CodeMachine& m, const std::vector<RandomGuest::Snippet>& slots) {
  const u32 count = static_cast<u32>(slots.size());
  for (u32 i = 0; i < count; ++i) {
    const u32 next = slot_address((i + 1) % count);
    Emitter e;
    if (!slots[i].bytes.empty()) e.hex("c705").d(kResume).d(next);
    e.bytes.insert(e.bytes.end(), slots[i].bytes.begin(), slots[i].bytes.end());
    e.hex("e9").d(next - (slot_address(i) + static_cast<u32>(e.bytes.size()) + 4));
    REQUIRE(e.bytes.size() <= kSlot);
    place(m, slot_address(i), e.bytes);
  }
}

void place_inner(CodeMachine& m, u32 base, std::span<const RandomGuest::Snippet> slots) {
  for (u32 i = 0; i < slots.size(); ++i) {
    Emitter e;
    e.bytes = slots[i].bytes;
    e.hex("cd").b(kRecoverVector);
    REQUIRE(e.bytes.size() <= kSlot);
    place(m, base + kSlot * i, e.bytes);
  }
}

}  // namespace

RandomGuest::RandomGuest(GuestKind kind, u32 seed) : kind_(kind) {
  Random random(seed);
  if (kind == GuestKind::Kernel) {
    slots = choose(random, weighted({kCommon, kKernel}), kSlots);
    inner_slots = choose(random, weighted({kCommon}), kInnerSlots);
  } else {
    slots = choose(random, weighted({kSixteenBit, kRealMode}), kSlots);
  }
  const std::vector<Snippet> virtual_8086 = choose(random, weighted({kSixteenBit}), kInnerSlots);
  inner_slots.insert(inner_slots.end(), virtual_8086.begin(), virtual_8086.end());
  Ticks tick = 0;
  for (unsigned i = 0; i < 300; ++i) interrupts.push_back(tick += 1 + pick(random, 100));
}

void RandomGuest::install(CodeMachine& machine) const {
  // Where nothing else lies, code that lost its way recovers.
  for (u32 at = M::kCode; at < M::kRamSize; at += 2) {
    if (at < M::stack_top(0) || at >= M::kData) machine.poke<u16>(at, 0xcd | (kRecoverVector << 8));
  }
  if (kind_ == GuestKind::Kernel) {
    install_kernel(machine);
  } else {
    install_real_mode(machine);
  }
  unsigned index = 0;
  for (const Ticks tick : interrupts) {
    // Real-mode code has no handlers while it visits protected mode, and can only hold INTR back.
    const bool nmi = kind_ == GuestKind::Kernel && ++index % 4 == 0;
    machine.at(tick, [&machine, nmi] {
      if (nmi) {
        machine.cpu.pulse_nmi();
      } else {
        machine.interrupt();
      }
    });
  }
}

void RandomGuest::install_kernel(CodeMachine& m) const {
  place_tables(m);
  m.set_ring(0);
  place_handlers(m);
  for (u32 vector = 0; vector < 0x41; ++vector) {
    place_stub(m, vector);
    m.gate(static_cast<u8>(vector), kStubs + kStubSize * vector);
  }
  m.gate(1, kTrace);
  m.gate(2, kReturn);
  m.gate(3, kReturn, 3);
  m.gate(4, kReturn, 3);
  m.gate(kServiceVector, kReturn, 3);
  m.gate(kRecoverVector, kStubs + kStubSize * kRecoverVector, 3);
  m.gate(M::kInterruptVector, kCount);
  for (u32 offset = 0; offset < 0x800; offset += 8)
    m.poke<u64>(kIdtCopy + offset, m.peek<u64>(M::kIdt + offset));
  // Interrupts that VME redirects end at a HLT, which is refused.
  m.poke<u8>(kHalt16, 0xf4);
  for (u32 vector = 0; vector < 0x41; ++vector)
    m.poke<u32>(4 * vector, ((kHalt16 & ~0xfffu) << 12) | (kHalt16 & 0xfff));
  place_slots(m, slots);
  const std::span<const Snippet> inner(inner_slots);
  place_inner(m, kInner, inner.first(kInnerSlots));
  place_inner(m, kInner16, inner.subspan(kInnerSlots));
  m.enable_paging();
}

void RandomGuest::install_real_mode(CodeMachine& m) const {
  place_tables(m);
  m.set_real_mode();
  // Exceptions: mov ax, 0; mov ss; mov ds; mov sp; jmp far to the next slot, which each slot notes.
  Emitter recover;
  recover.hex("5b 31c0 8ed0 8ed8 8ec0 bc0090 b8")
      .w(kVariables >> 4)
      .hex("8ed8 c1060400 05 311e0400 ff2e0000");
  place(m, kRecover, recover.bytes);
  for (u32 vector = 0; vector < 0x41; ++vector) {
    Emitter stub;
    stub.hex("ea").w(kRecover & 0xfff).w((kRecover & ~0xfffu) >> 4);
    place(m, kStubs + kStubSize * vector, stub.bytes);
    m.poke<u32>(4 * vector, kStubs + kStubSize * vector);
  }
  m.place(kReturn, "cf");
  m.place(kFarReturn, "cb");
  for (const u32 vector : {2u, 3u, 4u, u32{kServiceVector}, u32{M::kInterruptVector}})
    m.poke<u32>(4 * vector, ((kReturn & ~0xfffu) << 12) | (kReturn & 0xfff));
  const u32 count = static_cast<u32>(slots.size());
  for (u32 i = 0; i < count; ++i) {
    const u32 next = slot_address((i + 1) % count) - M::kCode;
    Emitter e;
    if (!slots[i].bytes.empty()) {
      // push ds; push ax; mov ax, variables; mov ds, ax; mov [resume], next; pop ax; pop ds
      e.hex("1e 50 b8")
          .w(kVariables >> 4)
          .hex("8ed8 c7060000")
          .w(next)
          .hex("c7060200")
          .w(M::kCode >> 4)
          .hex("58 1f");
    }
    e.bytes.insert(e.bytes.end(), slots[i].bytes.begin(), slots[i].bytes.end());
    e.hex("e9").w(next - (kSlot * i + static_cast<u32>(e.bytes.size()) + 2));
    REQUIRE(e.bytes.size() <= kSlot);
    place(m, slot_address(i), e.bytes);
  }
}

std::string RandomGuest::describe() const {
  std::string text;
  const auto list = [&text](const char* title, const std::vector<Snippet>& snippets) {
    for (std::size_t i = 0; i < snippets.size(); ++i) {
      if (snippets[i].bytes.empty()) continue;
      text += fmt::format("{} {}: {}:", title, i, snippets[i].name);
      for (const u8 byte : snippets[i].bytes) text += fmt::format(" {:02x}", byte);
      text += '\n';
    }
  };
  list("slot", slots);
  list("inner", inner_slots);
  return text;
}

void run_guest(CodeMachine& m, Ticks ticks) {
  const Ticks end = m.cpu.ticks() + ticks;
  while (m.cpu.ticks() < end) {
    const Exit exit = m.run(end - m.cpu.ticks());
    if (exit.reason == ExitReason::Budget) return;
    const Picoseconds wake = m.scheduler.next_deadline();
    if (exit.reason != ExitReason::Halted || wake == Scheduler::kNeverTime) return;
    m.scheduler.skip_to(wake);
  }
}

}  // namespace ringdown::test

// The kinds of snippets: privileged and unprivileged, each with random operands.
#include "tests/support/random_snippets.h"

#include <array>
#include <span>
#include <string_view>

#include "cpu/control_registers.h"
#include "cpu/system/task_state.h"
#include "tests/support/emitter.h"
#include "tests/support/random_guest_layout.h"

namespace ringdown::test {

using namespace random_guest;

namespace {

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
    {"patch an operand ahead", 2,
     [](Emitter& e, Random& r) {
       // call; pop eax; mov byte [eax + a value's offset], value; mov ebx, imm32; add ecx, imm8; cmp edx,
       // imm32; jb +0; shl ebx, imm8; xor [kScratch + disp], ebx
       e.hex("e800000000 58 c640").b(one_of(r, {6u, 9u, 12u, 15u, 18u, 23u, 26u})).b(r());
       e.hex("bb").d(r()).hex("83c1").b(r()).hex("81fa").d(r()).hex("7200 c1e3").b(r()).hex("311d");
       e.d(kScratch + 64);
     }},
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

std::vector<const Kind*> weighted(std::initializer_list<std::span<const Kind>> lists) {
  std::vector<const Kind*> kinds;
  for (const std::span<const Kind> list : lists) {
    for (const Kind& kind : list) kinds.insert(kinds.end(), kind.weight, &kind);
  }
  return kinds;
}

std::vector<const Kind*> kinds_at(SnippetPlace place) {
  switch (place) {
    case SnippetPlace::Kernel:
      return weighted({kCommon, kKernel});
    case SnippetPlace::AnyRing:
      return weighted({kCommon});
    case SnippetPlace::Virtual8086:
      return weighted({kSixteenBit});
    case SnippetPlace::RealMode:
      return weighted({kSixteenBit, kRealMode});
  }
  return {};
}

}  // namespace

std::vector<Snippet> random_snippets(Random& random, SnippetPlace place, u32 count) {
  const std::vector<const Kind*> kinds = kinds_at(place);
  std::vector<Snippet> snippets;
  while (snippets.size() < count) {
    const Kind& kind = *kinds[pick(random, static_cast<u32>(kinds.size()))];
    Emitter emitter;
    kind.emit(emitter, random);
    snippets.push_back({kind.name, emitter.bytes});
  }
  return snippets;
}

}  // namespace ringdown::test

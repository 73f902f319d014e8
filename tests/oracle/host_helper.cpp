// The helper process: runs cases on the host's processor, in compatibility-mode code segments, and reports
// how they end. It lives in a signal handler: returning from it enters a case, and the fault that ends the
// case is a signal.
//
// Usage: oracle_host_helper EXCHANGE IMAGE COMMANDS REPLIES, four inherited file descriptors.
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/oracle/host_exchange.h"

namespace ringdown::test {
namespace {

constexpr std::size_t kAlternateStack = 1 << 18;
// Flags of ucontext that <ucontext.h> lacks: SS is saved, and restored as it stands.
constexpr unsigned long kStackSegmentSaved = 2, kStackSegmentStrict = 4;

struct Helper {
  HostExchange* exchange = nullptr;
  u8* image = nullptr;  // the pages again, all of them writable
  int commands = -1;
  int replies = -1;
  u32 current = 0;       // slot
  bool running = false;  // a case is
};
Helper helper;

}  // namespace

// Of the case that has ended, or is about to begin; read and written by the entry below.
extern "C" {
std::array<u16, kSegmentCount> oracle_selectors;
unsigned long oracle_fs_base;
void oracle_signal_entry(int, siginfo_t*, void*);
void oracle_signal(int signal, const siginfo_t* information, ucontext_t* context);
}

// The kernel leaves AC, NT and ID as the case had them, and the selectors: with FS, thread-local storage is
// gone.
asm(R"(
  .text
  .globl oracle_signal_entry
oracle_signal_entry:
  pushq $2
  popfq
  movw %es, oracle_selectors(%rip)
  movw %ds, oracle_selectors+6(%rip)
  movw %fs, oracle_selectors+8(%rip)
  movw %gs, oracle_selectors+10(%rip)
  pushq %rdi
  pushq %rsi
  pushq %rdx
  movl $158, %eax                    # arch_prctl(ARCH_SET_FS)
  movl $0x1002, %edi
  movq oracle_fs_base(%rip), %rsi
  syscall
  popq %rdx
  popq %rsi
  popq %rdi
  subq $8, %rsp
  call oracle_signal
  addq $8, %rsp
  movw oracle_selectors(%rip), %es
  movw oracle_selectors+6(%rip), %ds
  movw oracle_selectors+8(%rip), %fs
  movw oracle_selectors+10(%rip), %gs
  ret
)");

namespace {

constexpr std::array<int, 8> kRegisters = {REG_RAX, REG_RCX, REG_RDX, REG_RBX,
                                           REG_RSP, REG_RBP, REG_RSI, REG_RDI};

u8* fx_of(ucontext_t& context) { return reinterpret_cast<u8*>(context.uc_mcontext.fpregs); }

void record_fx(ucontext_t& context, FxImage& fx) {
  std::copy_n(fx_of(context), FxImage::kEnd, fx.bytes.begin());
  // Saved by a 64-bit XSAVE: the selectors' places hold the upper halves of the offsets.
  fx.set<u32>(FxImage::kInstructionSelector, 0);
  fx.set<u32>(FxImage::kDataSelector, 0);
  fx.set<u32>(FxImage::kMxcsrMask, 0);
}

void record_memory(HostSlot& slot) {
  slot.change_count = 0;
  for (u32 page = 0; page < slot.image.size(); page += kPageSize) {
    if (std::memcmp(slot.image.data() + page, helper.image + page, kPageSize) == 0) continue;
    for (u32 i = page; i < page + kPageSize; ++i) {
      if (slot.image[i] != helper.image[i])
        slot.changes[slot.change_count++] = {image_linear(i), helper.image[i]};
    }
  }
}

void record(int signal, ucontext_t& context, HostSlot& slot) {
  const greg_t* registers = context.uc_mcontext.gregs;
  const auto selectors = static_cast<u64>(registers[REG_CSGSFS]);
  constexpr u8 kPageFault = 14;
  slot.ended = signal != SIGALRM;
  slot.vector = static_cast<u8>(registers[REG_TRAPNO]);
  slot.error_code = static_cast<u32>(registers[REG_ERR]);
  slot.fault_address = slot.vector == kPageFault ? static_cast<u32>(registers[REG_CR2]) : 0;
  OracleState& after = slot.state;
  for (unsigned i = 0; i < kRegisters.size(); ++i) after.gpr[i] = static_cast<u32>(registers[kRegisters[i]]);
  after.eip = static_cast<u32>(registers[REG_RIP]);
  after.eflags = static_cast<u32>(registers[REG_EFL]);
  after.selectors = oracle_selectors;
  after.set_selector(Segment::Cs, static_cast<u16>(selectors));
  after.set_selector(Segment::Ss, static_cast<u16>(selectors >> 48));
  record_fx(context, after.fx);
  record_memory(slot);
}

void prepare(ucontext_t& context, const HostSlot& slot) {
  std::memcpy(helper.image, slot.image.data(), slot.image.size());
  greg_t* registers = context.uc_mcontext.gregs;
  const OracleState& before = slot.state;
  for (unsigned i = 0; i < kRegisters.size(); ++i) registers[kRegisters[i]] = before.gpr[i];
  registers[REG_RIP] = before.eip;
  registers[REG_EFL] = before.eflags;
  registers[REG_CSGSFS] =
      static_cast<greg_t>(u64{before.selector(Segment::Cs)} | u64{before.selector(Segment::Ss)} << 48);
  oracle_selectors = before.selectors;
  context.uc_flags |= kStackSegmentSaved | kStackSegmentStrict;
  std::copy_n(before.fx.bytes.begin(), FxImage::kMxcsrMask, fx_of(context));
  std::copy(before.fx.bytes.begin() + FxImage::kRegisters, before.fx.bytes.begin() + FxImage::kEnd,
            fx_of(context) + FxImage::kRegisters);
  // XSTATE_BV of the XSAVE header behind the image: x87 and SSE state are there.
  constexpr u32 kHeader = 512;
  constexpr u8 kX87AndSse = 3;
  fx_of(context)[kHeader] |= kX87AndSse;
}

void say(HostMessage message) {
  const char byte = static_cast<char>(message);
  if (write(helper.replies, &byte, 1) != 1) _exit(1);
}

/// Ends the process when the tester has gone.
void await_batch() {
  char byte = 0;
  if (read(helper.commands, &byte, 1) != 1) _exit(0);
  helper.current = helper.exchange->completed.load();
}

}  // namespace

extern "C" void oracle_signal(int signal, const siginfo_t*, ucontext_t* context) {
  HostExchange& exchange = *helper.exchange;
  if (helper.running) {
    record(signal, *context, exchange.slots[helper.current++]);
    exchange.completed.store(helper.current);
    if (helper.current == exchange.count) {
      say(HostMessage::Done);
      await_batch();
    }
  } else {
    helper.running = true;
    await_batch();
  }
  prepare(*context, exchange.slots[helper.current]);
}

namespace {

/// Whether there is room for the pages: nothing else may be mapped below 4 GiB.
bool low_memory_is_free() {
  std::FILE* maps = std::fopen("/proc/self/maps", "r");
  if (maps == nullptr) return false;
  unsigned long start = 0;
  bool free = true;
  while (std::fscanf(maps, "%lx%*[^\n]", &start) == 1) free = free && start > 0xffff'ffff;
  std::fclose(maps);
  return free;
}

bool map_pages(int image) {
  const auto map = [&](void* address, std::size_t size, int protection, int flags, off_t offset) {
    return mmap(address, size, protection, MAP_SHARED | flags, image, offset);
  };
  void* all = map(nullptr, sizeof(MemoryImage), PROT_READ | PROT_WRITE, 0, 0);
  if (all == MAP_FAILED) return false;
  helper.image = static_cast<u8*>(all);
  off_t offset = 0;
  for (const OraclePage& page : kOraclePages) {
    const int protection = page.kind == OraclePageKind::Writable   ? PROT_READ | PROT_WRITE
                           : page.kind == OraclePageKind::ReadOnly ? PROT_READ
                                                                   : PROT_READ | PROT_EXEC;
    void* address = reinterpret_cast<void*>(static_cast<std::uintptr_t>(page.linear));
    // Present from the start: what a page fault reports depends on it.
    constexpr int kFlags = MAP_FIXED_NOREPLACE | MAP_POPULATE | MAP_LOCKED;
    if (map(address, kPageSize, protection, kFlags, offset) != address) return false;
    offset += kPageSize;
  }
  return true;
}

bool fill_local_table() {
  constexpr int kWrite = 0x11;
  unsigned index = 0;
  for (const OracleDescriptor& d : oracle_descriptors()) {
    user_desc entry{};
    entry.entry_number = index++;
    entry.base_addr = d.base;
    entry.limit = d.limit;
    entry.seg_32bit = d.big;
    entry.contents = d.code()                                               ? MODIFY_LDT_CONTENTS_CODE
                     : d.contents == OracleDescriptor::Contents::ExpandDown ? MODIFY_LDT_CONTENTS_STACK
                                                                            : MODIFY_LDT_CONTENTS_DATA;
    entry.read_exec_only = d.restricted;
    entry.limit_in_pages = d.pages;
    entry.seg_not_present = !d.present;
    if (syscall(SYS_modify_ldt, kWrite, &entry, sizeof(entry)) != 0) return false;
  }
  return true;
}

void install_handlers() {
  stack_t stack{};
  stack.ss_size = kAlternateStack;
  stack.ss_sp = mmap(nullptr, kAlternateStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sigaltstack(&stack, nullptr);
  syscall(SYS_arch_prctl, ARCH_GET_FS, &oracle_fs_base);
  struct sigaction action {};
  action.sa_sigaction = oracle_signal_entry;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM, SIGUSR1})
    sigaction(signal, &action, nullptr);
}

HostMessage set_up(char** arguments) {
  helper.commands = std::atoi(arguments[2]);
  helper.replies = std::atoi(arguments[3]);
  void* exchange =
      mmap(nullptr, sizeof(HostExchange), PROT_READ | PROT_WRITE, MAP_SHARED, std::atoi(arguments[0]), 0);
  if (exchange == MAP_FAILED) _exit(1);
  helper.exchange = static_cast<HostExchange*>(exchange);
  if (!low_memory_is_free() || !map_pages(std::atoi(arguments[1]))) return HostMessage::Occupied;
  return fill_local_table() ? HostMessage::Ready : HostMessage::NoLocalTable;
}

}  // namespace
}  // namespace ringdown::test

int main(int argc, char** argv) {
  using namespace ringdown::test;
  constexpr int kArguments = 5;
  if (argc != kArguments) return 1;
  const HostMessage state = set_up(argv + 1);
  say(state);
  if (state == HostMessage::Occupied) return 1;
  install_handlers();
  raise(SIGUSR1);
}

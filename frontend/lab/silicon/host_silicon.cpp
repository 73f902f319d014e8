// A child process for each run: code at a fixed place below 4 GiB, system calls refused by seccomp, every
// exception recorded in memory that is shared with the parent. On other hosts than x86-64 Linux it says so.
#include "frontend/lab/silicon/host_silicon.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace {

/// What the child tells; shared with the parent.
struct Record {
  enum Stage : int { Starting, NoMemory, NoFilter, Running, Ended };
  volatile int stage;
  volatile int signal;
  volatile greg_t vector, error_code, rip, rbx, rcx;
};

Record* shared_record;

}  // namespace

extern "C" {
void ringdown_silicon_entry(int, siginfo_t*, void*);
[[noreturn]] void ringdown_silicon_signal(int signal, const siginfo_t*, const ucontext_t* context);
void ringdown_silicon_enter(unsigned long entry, unsigned long stack);
}

// The code may have set flags, and segment registers, with them thread-local storage: the handler uses none.
// The selectors are Linux's own for 32-bit processes.
asm(R"(
  .text
  .globl ringdown_silicon_entry
ringdown_silicon_entry:
  pushq $2
  popfq
  subq $8, %rsp
  call ringdown_silicon_signal
  ud2
  .globl ringdown_silicon_enter
ringdown_silicon_enter:
  movl $0x2b, %eax
  movl %eax, %ds
  movl %eax, %es
  movq %rsi, %rsp
  pushq $0x23
  pushq %rdi
  lretq
)");

extern "C" void ringdown_silicon_signal(int signal, const siginfo_t*, const ucontext_t* context) {
  const greg_t* const registers = context->uc_mcontext.gregs;
  Record& record = *shared_record;
  record.signal = signal;
  record.vector = registers[REG_TRAPNO];
  record.error_code = registers[REG_ERR];
  record.rip = registers[REG_RIP];
  record.rbx = registers[REG_RBX];
  record.rcx = registers[REG_RCX];
  record.stage = Record::Ended;
  while (true) asm volatile("syscall" : : "a"(SYS_exit_group), "D"(0) : "rcx", "r11", "memory");
}

namespace ringdown {

namespace {

constexpr std::size_t kPage = 4096;
/// Code takes microseconds; the first is of the processor, the second of the clock on the wall.
constexpr suseconds_t kMicroseconds = 200'000;
constexpr int kPatienceMilliseconds = 5'000;

struct CaughtSignal {
  int number;
  std::string_view name;
};
constexpr std::array kCaught{CaughtSignal{SIGSEGV, "SIGSEGV"}, CaughtSignal{SIGBUS, "SIGBUS"},
                             CaughtSignal{SIGILL, "SIGILL"},   CaughtSignal{SIGFPE, "SIGFPE"},
                             CaughtSignal{SIGTRAP, "SIGTRAP"}, CaughtSignal{SIGSYS, "SIGSYS"}};

std::string_view name_of_signal(int number) {
  const auto* const found = std::find_if(kCaught.begin(), kCaught.end(),
                                         [&](const CaughtSignal& caught) { return caught.number == number; });
  return found == kCaught.end() ? "" : found->name;
}

void* address_of(u32 linear) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(linear)); }

bool map_at(u32 linear, std::size_t size) {
  void* const wanted = address_of(linear);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  return mmap(wanted, size, PROT_READ | PROT_WRITE, kFlags, -1, 0) == wanted;
}

bool map_code(std::span<const u8> image) {
  const std::size_t size = (image.size() + kPage - 1) / kPage * kPage;
  if (!map_at(kSiliconOrigin, size) || !map_at(kSiliconScratch, kPage)) return false;
  std::memcpy(address_of(kSiliconOrigin), image.data(), image.size());
  return mprotect(address_of(kSiliconOrigin), size, PROT_READ | PROT_EXEC) == 0;
}

bool catch_signals() {
  constexpr std::size_t kStack = 1 << 16;
  stack_t stack{};
  stack.ss_size = kStack;
  stack.ss_sp = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, nullptr) != 0) return false;
  struct sigaction action {};
  action.sa_sigaction = ringdown_silicon_entry;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  return std::all_of(kCaught.begin(), kCaught.end(), [&](const CaughtSignal& caught) {
    return sigaction(caught.number, &action, nullptr) == 0;
  });
}

/// What runs for long is killed by a signal that nobody has caught.
void limit() {
  const rlimit nothing{0, 0};
  setrlimit(RLIMIT_CORE, &nothing);
  setrlimit(RLIMIT_AS, &nothing);
  signal(SIGVTALRM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const itimerval timer{{0, 0}, {0, kMicroseconds}};
  setitimer(ITIMER_VIRTUAL, &timer, nullptr);
}

/// From here on the process can end, and nothing else; all other system calls raise SIGSYS.
bool refuse_system_calls() {
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

[[noreturn]] void run_child(std::span<const u8> image, u32 entry, Record& record, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  shared_record = &record;
  record.stage = Record::NoMemory;
  if (!map_code(image) || !catch_signals()) _exit(0);
  limit();
  record.stage = Record::NoFilter;
  if (!refuse_system_calls()) _exit(0);
  record.stage = Record::Running;
  // Not declared as one that does not return: sanitizers would prepare for that by system calls.
  ringdown_silicon_enter(entry, kSiliconScratch + kPage);
  __builtin_unreachable();
}

/// Waits for the child, whose end of the pipe closes when it dies, and kills it if that takes long.
void await(pid_t child, int its_end) {
  pollfd watched{its_end, 0, 0};
  while (poll(&watched, 1, kPatienceMilliseconds) < 0 && errno == EINTR) {
  }
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<HostEnd> end_of(const Record& record) {
  HostEnd end;
  switch (record.stage) {
    case Record::NoMemory:
      return Error{"memory for its code below 4 GiB is not to be had"};
    case Record::NoFilter:
      return Error{"its kernel does not let a process give up system calls (seccomp)"};
    case Record::Ended:
      end.kind = record.signal == SIGSYS ? HostEnd::Kind::SystemCall : HostEnd::Kind::Exception;
      end.signal = name_of_signal(record.signal);
      end.vector = static_cast<u8>(record.vector);
      end.error_code = static_cast<u32>(record.error_code);
      end.rip = static_cast<u64>(record.rip);
      end.ebx = static_cast<u32>(record.rbx);
      end.ecx = static_cast<u32>(record.rcx);
      return end;
    default:
      return end;
  }
}

/// A child for the record in shared memory.
Result<HostEnd> run_recorded(std::span<const u8> image, u32 entry, Record& record) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return Error{"no pipe is to be had"};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    run_child(image, entry, record, parent);
  }
  close(ends[1]);
  if (child > 0) await(child, ends[0]);
  close(ends[0]);
  if (child < 0) return Error{"no process is to be had"};
  return end_of(record);
}

}  // namespace

Result<HostEnd> run_on_silicon(std::span<const u8> image, u32 entry) {
  void* const shared =
      mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return Error{"no shared memory is to be had"};
  Result<HostEnd> end = run_recorded(image, entry, *new (shared) Record{});
  munmap(shared, sizeof(Record));
  return end;
}

std::optional<Error> why_no_silicon() {
  constexpr std::array<u8, 1> kHalt{0xf4};
  constexpr u8 kGeneralProtection = 13;
  const Result<HostEnd> end = run_on_silicon(kHalt, kSiliconOrigin);
  if (!end) return end.error();
  if (end->kind == HostEnd::Kind::Exception && end->vector == kGeneralProtection &&
      end->rip == kSiliconOrigin)
    return std::nullopt;
  return Error{"its kernel or hypervisor lets no 32-bit code run"};
}

std::string silicon_name() {
  std::array<unsigned, 12> brand{};
  constexpr unsigned kFirst = 0x8000'0002;
  for (unsigned leaf = 0; leaf < 3; ++leaf)
    __get_cpuid(kFirst + leaf, &brand[4 * leaf], &brand[4 * leaf + 1], &brand[4 * leaf + 2],
                &brand[4 * leaf + 3]);
  std::string name(sizeof(brand), '\0');
  std::memcpy(name.data(), brand.data(), sizeof(brand));
  name.resize(std::strlen(name.c_str()));
  return name.substr(std::min(name.find_first_not_of(' '), name.size()));
}

bool silicon_has_umip() {
  constexpr unsigned kFeatures = 7;
  constexpr unsigned kUmip = 1 << 2;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid_count(kFeatures, 0, &eax, &ebx, &ecx, &edx) != 0 && (ecx & kUmip) != 0;
}

}  // namespace ringdown

#else

namespace ringdown {

std::optional<Error> why_no_silicon() { return Error{"this host is no x86-64 with Linux"}; }
Result<HostEnd> run_on_silicon(std::span<const u8>, u32) { return *why_no_silicon(); }
std::string silicon_name() { return {}; }
bool silicon_has_umip() { return false; }

}  // namespace ringdown

#endif

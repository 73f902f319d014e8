// The host's own MMX and SSE units: runs one instruction of the guest's encoding on them.
#include "tests/instruction/simd/host_simd.h"

#if defined(__x86_64__)
#include <sys/mman.h>

#include <cstring>
#endif

namespace ringdown::test {

#if defined(__x86_64__)

namespace {

constexpr std::size_t kCodeSize = 4096;
constexpr u8 kRet = 0xc3;

}  // namespace

bool HostSimd::available() { return true; }

HostSimd::HostSimd()
    : code_(static_cast<u8*>(mmap(nullptr, kCodeSize, PROT_READ | PROT_WRITE | PROT_EXEC,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}

HostSimd::~HostSimd() { munmap(code_, kCodeSize); }

void HostSimd::run(std::span<const u8> instruction, HostSimdState& state) {
  std::memcpy(code_, instruction.data(), instruction.size());
  code_[instruction.size()] = kRet;
  u32 host_mxcsr = 0;
  // The stack pointer is moved past the red zone before anything is pushed.
  asm volatile(
      "stmxcsr %[host_mxcsr]\n\t"
      "mov %[state], %%r12\n\t"
      "mov %[code], %%r13\n\t"
      "lea %c[memory](%%r12), %%rbx\n\t"
      "mov %c[eax](%%r12), %%rax\n\t"
      "mov %c[ecx](%%r12), %%rcx\n\t"
      "mov %c[edx](%%r12), %%rdx\n\t"
      "movdqa 0(%%r12), %%xmm0\n\t"
      "movdqa 16(%%r12), %%xmm1\n\t"
      "movdqa 32(%%r12), %%xmm2\n\t"
      "movdqa 48(%%r12), %%xmm3\n\t"
      "movq %c[mmx](%%r12), %%mm0\n\t"
      "movq %c[mmx]+8(%%r12), %%mm1\n\t"
      "movq %c[mmx]+16(%%r12), %%mm2\n\t"
      "movq %c[mmx]+24(%%r12), %%mm3\n\t"
      "ldmxcsr %c[mxcsr](%%r12)\n\t"
      "sub $128, %%rsp\n\t"
      "call *%%r13\n\t"
      "pushfq\n\t"
      "popq %c[eflags](%%r12)\n\t"
      "add $128, %%rsp\n\t"
      "stmxcsr %c[mxcsr](%%r12)\n\t"
      "movq %%mm0, %c[mmx](%%r12)\n\t"
      "movq %%mm1, %c[mmx]+8(%%r12)\n\t"
      "movq %%mm2, %c[mmx]+16(%%r12)\n\t"
      "movq %%mm3, %c[mmx]+24(%%r12)\n\t"
      "emms\n\t"
      "movdqa %%xmm0, 0(%%r12)\n\t"
      "movdqa %%xmm1, 16(%%r12)\n\t"
      "movdqa %%xmm2, 32(%%r12)\n\t"
      "movdqa %%xmm3, 48(%%r12)\n\t"
      "mov %%rax, %c[eax](%%r12)\n\t"
      "mov %%rcx, %c[ecx](%%r12)\n\t"
      "mov %%rdx, %c[edx](%%r12)\n\t"
      "ldmxcsr %[host_mxcsr]\n\t"
      : [host_mxcsr] "+m"(host_mxcsr)
      : [state] "r"(&state), [code] "r"(code_), [memory] "i"(offsetof(HostSimdState, memory)),
        [eax] "i"(offsetof(HostSimdState, eax)), [ecx] "i"(offsetof(HostSimdState, ecx)),
        [edx] "i"(offsetof(HostSimdState, edx)), [mmx] "i"(offsetof(HostSimdState, mmx)),
        [eflags] "i"(offsetof(HostSimdState, eflags)), [mxcsr] "i"(offsetof(HostSimdState, mxcsr))
      : "rax", "rbx", "rcx", "rdx", "r12", "r13", "xmm0", "xmm1", "xmm2", "xmm3", "mm0", "mm1", "mm2", "mm3",
        "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc", "memory");
}

#else

bool HostSimd::available() { return false; }
HostSimd::HostSimd() = default;
HostSimd::~HostSimd() = default;
void HostSimd::run(std::span<const u8>, HostSimdState&) {}

#endif

}  // namespace ringdown::test

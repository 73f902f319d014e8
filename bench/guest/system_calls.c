// System calls that do next to nothing, by INT 80h and by the kernel's fast entry (SYSENTER where CPUID has
// SEP).
#include <elf.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "rows.h"

enum { kCallsPerRound = 1000 };

static uintptr_t fast_entry;

static void find_fast_entry(uint32_t parameter) {
  (void)parameter;
  fast_entry = getauxval(AT_SYSINFO);
  if (fast_entry == 0) die("the kernel gives no AT_SYSINFO");
}

// umask(mask) returns the mask of before, so that every call's result can be checked.
static uint32_t umask_int80(uint32_t mask) {
  uint32_t result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(SYS_umask), "b"(mask) : "memory");
  return result;
}

static uint32_t umask_fast(uint32_t mask) {
  uint32_t result;
  __asm__ volatile("call *%1" : "=a"(result) : "m"(fast_entry), "a"(SYS_umask), "b"(mask) : "memory");
  return result;
}

static uint32_t call_rounds(uint32_t rounds, uint32_t (*set_umask)(uint32_t)) {
  uint32_t sum = 0;
  set_umask(0);
  for (uint32_t call = 0; call < rounds * kCallsPerRound; ++call) sum = mix(sum, set_umask(call & 0777));
  set_umask(022);
  return sum;
}

static uint32_t run_int80(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  return call_rounds(rounds, umask_int80);
}

static uint32_t run_sysenter(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  return call_rounds(rounds, umask_fast);
}

const Row kSystemCallRows[] = {
    {"syscall-int80", NULL, run_int80},
    {"syscall-sysenter", find_fast_entry, run_sysenter},
    {0},
};

// Generated code: functions that are patched before each call.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "rows.h"

enum { kFunctionBytes = 64, kFunctions = 16, kPatchesPerRound = 1000 };

static uint8_t* code;

// Function i is `mov eax, imm32; ret`.
static void prepare_functions(uint32_t parameter) {
  (void)parameter;
  code = arena(kFunctions * kFunctionBytes);
  if (mprotect(code, kFunctions * kFunctionBytes, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
    die("mprotect: %s", strerror(errno));
  }
  for (int i = 0; i < kFunctions; ++i) {
    code[i * kFunctionBytes] = 0xb8;
    code[i * kFunctionBytes + 5] = 0xc3;
  }
}

static uint32_t run_patch_and_call(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t call = 0; call < rounds * kPatchesPerRound; ++call) {
    uint8_t* const function = code + call % kFunctions * kFunctionBytes;
    const uint32_t value = sum + call;
    memcpy(function + 1, &value, sizeof value);
    __asm__ volatile("" ::: "memory");
    sum = mix(sum, ((uint32_t(*)(void))function)());
  }
  return sum;
}

const Row kCodeRows[] = {
    {"patch-and-call", prepare_functions, run_patch_and_call},
    {0},
};

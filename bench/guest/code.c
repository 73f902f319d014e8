// Generated code: functions that are patched before each call, and many that stay as they are.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "rows.h"

enum { kFunctionBytes = 64, kCallsPerRound = 1000 };

static uint8_t* code;

static void make_arena_of_code(size_t bytes) {
  code = arena(bytes);
  if (mprotect(code, bytes, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) die("mprotect: %s", strerror(errno));
}

static uint32_t call(const uint8_t* function) { return ((uint32_t(*)(void))function)(); }

// Function i is `mov eax, i; ret`.
static void make_functions(uint32_t count) {
  make_arena_of_code(count * kFunctionBytes);
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t* const function = code + i * kFunctionBytes;
    function[0] = 0xb8;
    memcpy(function + 1, &i, sizeof i);
    function[5] = 0xc3;
  }
}

static uint32_t run_patch_and_call(uint32_t rounds, uint32_t functions) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < rounds * kCallsPerRound; ++i) {
    uint8_t* const function = code + i % functions * kFunctionBytes;
    const uint32_t value = sum + i;
    memcpy(function + 1, &value, sizeof value);
    __asm__ volatile("" ::: "memory");
    sum = mix(sum, call(function));
  }
  return sum;
}

static uint32_t run_call(uint32_t rounds, uint32_t functions) {
  uint32_t sum = 0, next = 0;
  for (uint32_t i = 0; i < rounds * kCallsPerRound; ++i) {
    sum = mix(sum, call(code + next * kFunctionBytes));
    if (++next == functions) next = 0;
  }
  return sum;
}

// All are called once beforehand: translating or decoding them is not what is measured, keeping them is.
static void prepare_call(uint32_t functions) {
  make_functions(functions);
  for (uint32_t i = 0; i < functions; ++i) call(code + i * kFunctionBytes);
}

const Row kCodeRows[] = {
    {"patch-and-call", make_functions, run_patch_and_call},
    {"call-blocks", prepare_call, run_call},
    {0},
};

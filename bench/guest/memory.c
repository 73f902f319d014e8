// Memory rows: copies by loads and stores and by REP MOVS, REP STOS, string scan, pointer chase.
#include "rows.h"

enum { kBlockBytes = 256 << 10 };

static uint8_t* block;

// Two blocks whose starts are `apart` bytes apart; the first one is filled.
static void prepare_blocks(uint32_t apart) {
  block = arena(apart + kBlockBytes);
  uint32_t state = 7;
  for (uint32_t i = 0; i < kBlockBytes; ++i) block[i] = (uint8_t)next_random(&state);
}

static uint32_t sum_of(const uint8_t* bytes) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < kBlockBytes; i += 4096 - 4) sum = mix(sum, bytes[i]);
  return sum;
}

// A word at a time; the build forbids the compiler to make a call or a string instruction of it.
static void copy_words(uint32_t* to, const uint32_t* from) {
  for (uint32_t i = 0; i < kBlockBytes / sizeof *to; ++i) to[i] = from[i];
}

static uint32_t run_copy(uint32_t rounds, uint32_t apart) {
  for (uint32_t round = 0; round < rounds; ++round) {
    block[round % kBlockBytes] += 1;
    copy_words((uint32_t*)(block + apart), (const uint32_t*)block);
    __asm__ volatile("" ::: "memory");
  }
  return sum_of(block + apart);
}

static uint32_t run_rep_movs(uint32_t rounds, uint32_t apart) {
  for (uint32_t round = 0; round < rounds; ++round) {
    uint8_t* to = block + apart;
    const uint8_t* from = block;
    uint32_t count = kBlockBytes / 4;
    block[round % kBlockBytes] += 1;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count)::"memory");
  }
  return sum_of(block + apart);
}

static uint32_t run_rep_stos(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    uint8_t* to = block;
    uint32_t count = kBlockBytes / 4;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(round * 0x01010101u) : "memory");
    sum = mix(sum, block[round * 97 % kBlockBytes]);
  }
  return sum;
}

// String scan: the length of a string, a byte in it, and its comparison with a copy.

static void prepare_scan(uint32_t apart) {
  prepare_blocks(apart);
  for (uint32_t i = 0; i < kBlockBytes; ++i) block[i] = block[apart + i] = (uint8_t)(1 + block[i] % 254);
  block[kBlockBytes - 1] = block[apart + kBlockBytes - 1] = 0;
}

static uint32_t length_of(const char* text) {
  const char* end = text;
  while (*end != 0) ++end;
  return (uint32_t)(end - text);
}

static uint32_t find_byte(const uint8_t* text, uint8_t wanted, uint32_t length) {
  uint32_t at = 0;
  while (at < length && text[at] != wanted) ++at;
  return at;
}

static uint32_t equal_bytes(const uint8_t* a, const uint8_t* b) {
  uint32_t at = 0;
  while (a[at] != 0 && a[at] == b[at]) ++at;
  return at;
}

static uint32_t run_scan(uint32_t rounds, uint32_t apart) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    const uint32_t start = round % 4096;
    const uint32_t length = length_of((const char*)block + start);
    sum = mix(sum, find_byte(block + start, 255, length));
    sum = mix(sum, equal_bytes(block + start, block + apart + start));
    __asm__ volatile("" ::: "memory");
  }
  return sum;
}

// Pointer chase: one cycle through all cache lines, in random order.

enum { kLineBytes = 64, kChaseStepsPerRound = 50000 };

typedef struct Line {
  struct Line* next;
  uint8_t rest[kLineBytes - sizeof(void*)];
} Line;

static Line* lines;

static void prepare_chase(uint32_t bytes) {
  const uint32_t count = bytes / sizeof(Line);
  lines = arena(bytes);
  for (uint32_t i = 0; i < count; ++i) lines[i].next = &lines[i];
  // Sattolo's shuffle makes a permutation that is one cycle.
  uint32_t state = 42;
  for (uint32_t i = count - 1; i > 0; --i) {
    const uint32_t j = next_random(&state) % i;
    Line* const other = lines[i].next;
    lines[i].next = lines[j].next;
    lines[j].next = other;
  }
}

static uint32_t run_chase(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  const Line* line = lines;
  for (uint32_t step = 0; step < rounds * kChaseStepsPerRound; ++step) line = line->next;
  return (uint32_t)(line - lines);
}

const Row kMemoryRows[] = {
    {"copy", prepare_blocks, run_copy},          {"string-scan", prepare_scan, run_scan},
    {"rep-movs", prepare_blocks, run_rep_movs},  {"rep-stos", prepare_blocks, run_rep_stos},
    {"pointer-chase", prepare_chase, run_chase}, {0},
};

// The rows of the bench suite as the guest program sees them, and what their code shares.
#ifndef RINGDOWN_BENCH_GUEST_ROWS_H
#define RINGDOWN_BENCH_GUEST_ROWS_H

#include <stddef.h>
#include <stdint.h>

// One row: `prepare` (may be null) runs before the clock starts. `run` does the work `rounds` times and
// returns a checksum that depends on all of it and on nothing else. What `parameter` means is the row's
// affair.
typedef struct {
  const char* name;
  void (*prepare)(uint32_t parameter);
  uint32_t (*run)(uint32_t rounds, uint32_t parameter);
} Row;

// The tables of the groups, each ended by a row without a name.
extern const Row kIntegerRows[];
extern const Row kMemoryRows[];
extern const Row kX87Rows[];
extern const Row kSse2Rows[];
extern const Row kSystemCallRows[];
extern const Row kProcessRows[];
extern const Row kPagingRows[];
extern const Row kDiskRows[];
extern const Row kCodeRows[];

// Memory of the running row, page-aligned, zeroed and already mapped by the kernel; gone when the row has
// ended. At most once a row.
void* arena(size_t bytes);

// Prints what went wrong on the serial line and ends the program.
__attribute__((noreturn, format(printf, 1, 2))) void die(const char* format, ...);

// Takes one more word into a checksum (FNV-1a over words).
static inline uint32_t mix(uint32_t sum, uint32_t word) { return (sum ^ word) * 16777619u; }

// A repeatable sequence of words (xorshift).
static inline uint32_t next_random(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

#endif

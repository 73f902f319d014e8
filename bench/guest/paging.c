// Paging rows: first touches of fresh pages, small mappings that come and go, touches of pages that are
// there.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "rows.h"

enum { kPageBytes = 4096, kChurnPages = 16, kChurnsPerRound = 100 };

// Pages of their own, also where the kernel would take a large one.
static volatile uint8_t* map_fresh(size_t bytes) {
  void* start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) die("mmap: %s", strerror(errno));
  madvise(start, bytes, MADV_NOHUGEPAGE);
  return start;
}

static void unmap(volatile uint8_t* start, size_t bytes) {
  if (munmap((void*)start, bytes) != 0) die("munmap: %s", strerror(errno));
}

// Maps, touches, takes the right to write away from and gives it back to, and unmaps a few pages.
static uint32_t run_mmap_churn(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  enum { kBytes = kChurnPages * kPageBytes };
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds * kChurnsPerRound; ++round) {
    volatile uint8_t* const fresh = map_fresh(kBytes);
    for (size_t at = 0; at < kBytes; at += 4 * kPageBytes) fresh[at] = (uint8_t)round;
    if (mprotect((void*)fresh, kBytes, PROT_READ) != 0) die("mprotect: %s", strerror(errno));
    for (size_t at = 0; at < kBytes; at += kPageBytes) sum = mix(sum, fresh[at]);
    if (mprotect((void*)fresh, kBytes, PROT_READ | PROT_WRITE) != 0) die("mprotect: %s", strerror(errno));
    fresh[0] = 1;
    unmap(fresh, kBytes);
  }
  return sum;
}

// First touches of `bytes` of fresh pages a round.
static uint32_t run_touch_first(uint32_t rounds, uint32_t bytes) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    volatile uint8_t* const fresh = map_fresh(bytes);
    for (size_t at = 0; at < bytes; at += kPageBytes) sum = mix(sum, fresh[at] += (uint8_t)(at / kPageBytes));
    unmap(fresh, bytes);
  }
  return sum;
}

static volatile uint8_t* touched;

// One round beforehand, so that what only a first access costs does not count.
static uint32_t run_touch_again(uint32_t rounds, uint32_t bytes) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (size_t at = 0; at < bytes; at += kPageBytes) sum = mix(sum, touched[at] += 1);
  }
  return sum;
}

static void prepare_touch_again(uint32_t bytes) {
  touched = arena(bytes);
  run_touch_again(1, bytes);
}

const Row kPagingRows[] = {
    {"touch-first", NULL, run_touch_first},
    {"touch-again", prepare_touch_again, run_touch_again},
    {"mmap-churn", NULL, run_mmap_churn},
    {0},
};

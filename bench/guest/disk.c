// Disk reads past the page cache: the guest's first disk, or the file $BENCH_DISK on a native host.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rows.h"

enum { kReadBytes = 64 << 10, kReadsPerRound = 64, kSectorBytes = 512 };

static int disk;
static uint8_t* buffer;

// Opens without the page cache where that is possible; not every host's file system can.
static void open_disk(uint32_t parameter) {
  (void)parameter;
  const char* file = getenv("BENCH_DISK");
  if (file == NULL) file = "/dev/sda";
  disk = open(file, O_RDONLY | O_CLOEXEC | O_DIRECT);
  if (disk < 0) disk = open(file, O_RDONLY | O_CLOEXEC);
  if (disk < 0) die("%s: %s", file, strerror(errno));
  buffer = arena(kReadBytes);
}

// The driver's image ends each sector with the last digits of its number.
static uint32_t mix_sectors(uint32_t sum) {
  for (uint32_t end = kSectorBytes; end <= kReadBytes; end += kSectorBytes) {
    uint32_t word;
    memcpy(&word, buffer + end - sizeof word, sizeof word);
    sum = mix(sum, word);
  }
  return sum;
}

static uint32_t run_disk(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < kReadsPerRound; ++i) {
      if (pread(disk, buffer, kReadBytes, (off_t)i * kReadBytes) != kReadBytes)
        die("disk: %s", strerror(errno));
      sum = mix_sectors(sum);
    }
  }
  close(disk);
  return sum;
}

const Row kDiskRows[] = {
    {"disk-read", open_disk, run_disk},
    {0},
};

// The bench program: the guest's init, which obeys the driver on the second serial line, or the same on a
// native host, which it obeys on its standard input.
//
//   driver: run NAME ROUNDS PARAMETER     guest: @begin NAME
//   driver: (an empty line, once it has read the clock)
//                                         guest: @end NAME CHECKSUM
// The guest opens with `@ready SIGNATURE ECX EDX`, what CPUID's leaf 1 says. A line `@error TEXT` ends
// everything.
#include <cpuid.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"
#include "rows.h"

enum { kLineBytes = 256 };

static const Row* const kGroups[] = {kIntegerRows, kMemoryRows, kX87Rows,  kSse2Rows, kSystemCallRows,
                                     kProcessRows, kPagingRows, kDiskRows, kCodeRows};

static void* arena_start;
static size_t arena_bytes;

void* arena(size_t bytes) {
  arena_start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (arena_start == MAP_FAILED) die("no memory for %zu bytes", bytes);
  arena_bytes = bytes;
  return arena_start;
}

static void free_arena(void) {
  if (arena_bytes != 0) munmap(arena_start, arena_bytes);
  arena_bytes = 0;
}

void die(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("@error ");
  vprintf(format, arguments);
  printf("\n");
  fflush(stdout);
  va_end(arguments);
  _exit(1);
}

static const Row* find_row(const char* name) {
  for (size_t group = 0; group < sizeof kGroups / sizeof kGroups[0]; ++group) {
    for (const Row* row = kGroups[group]; row->name != NULL; ++row) {
      if (strcmp(row->name, name) == 0) return row;
    }
  }
  die("there is no row '%s'", name);
}

static void read_line(char line[kLineBytes]) {
  if (fgets(line, kLineBytes, stdin) == NULL) exit(0);
}

static void run_row(const char* name, uint32_t rounds, uint32_t parameter) {
  char line[kLineBytes];
  const Row* row = find_row(name);
  if (row->prepare != NULL) row->prepare(parameter);
  printf("@begin %s\n", name);
  fflush(stdout);
  read_line(line);
  const uint32_t checksum = row->run(rounds, parameter);
  printf("@end %s %08x\n", name, checksum);
  fflush(stdout);
  free_arena();
}

static void say_ready(void) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  __get_cpuid(1, &eax, &ebx, &ecx, &edx);
  printf("@ready %08x %08x %08x\n", eax, ecx, edx);
  fflush(stdout);
}

int main(int count, char** arguments) {
  if (count > 1 && strcmp(arguments[1], "exit") == 0) return 0;  // executed by the row fork-exec-wait
  const int is_init = getpid() == 1;
  if (is_init) open_serial_line();
  say_ready();
  if (is_init) load_modules();
  for (;;) {
    char line[kLineBytes], name[kLineBytes];
    unsigned rounds = 0, parameter = 0;
    read_line(line);
    if (sscanf(line, "run %s %u %u", name, &rounds, &parameter) != 3)
      die("cannot read the command '%s'", line);
    run_row(name, rounds, parameter);
  }
}

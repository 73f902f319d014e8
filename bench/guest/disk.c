// Disk work past the page cache: on the guest's first disk, or the file $BENCH_DISK on a native host; rows of images on
// any of the guest's disks.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rows.h"

enum { kSectorBytes = 512, kExtentBytes = 4 << 20 };

static int disk;
static uint8_t* buffer;

static void open_disk(size_t read_bytes, int flags) {
  const char* file = getenv("BENCH_DISK");
  if (file == NULL) file = "/dev/sda";
  disk = open(file, O_RDONLY | O_CLOEXEC | flags);
  if (disk < 0 && flags != 0) disk = open(file, O_RDONLY | O_CLOEXEC);
  if (disk < 0) die("%s: %s", file, strerror(errno));
  buffer = arena(read_bytes);
}

// Opens without the page cache where that is possible; not every host's file system can.
static void open_past_cache(uint32_t parameter) { open_disk(parameter, O_DIRECT); }

// The driver's image ends each sector with the last digits of its number.
static uint32_t mix_sectors(uint32_t sum, size_t size) {
  for (size_t end = kSectorBytes; end <= size; end += kSectorBytes) {
    uint32_t word;
    memcpy(&word, buffer + end - sizeof word, sizeof word);
    sum = mix(sum, word);
  }
  return sum;
}

static uint32_t read_at(uint32_t sum, off_t offset, size_t size) {
  if (pread(disk, buffer, size, offset) != (ssize_t)size) die("disk: %s", strerror(errno));
  return mix_sectors(sum, size);
}

// One extent in order, in pieces of `size`.
static uint32_t run_sequential(uint32_t rounds, uint32_t size) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (off_t at = 0; at < kExtentBytes; at += size) sum = read_at(sum, at, size);
  }
  close(disk);
  return sum;
}

// As many pieces of `size` as the extent has, anywhere in it.
static uint32_t run_random(uint32_t rounds, uint32_t size) {
  uint32_t sum = 0, state = 1;
  for (uint32_t read = 0; read < rounds * (kExtentBytes / size); ++read) {
    sum = read_at(sum, (off_t)(next_random(&state) % (kExtentBytes / size)) * size, size);
  }
  close(disk);
  return sum;
}

static void open_for_commands(uint32_t parameter) { open_disk(parameter, 0); }

// READ SECTORS by PIO, which the driver does on request (SAT: ATA PASS-THROUGH (16), PIO data-in). A native host's file
// is read as usual.
static uint32_t read_by_pio(uint32_t sum, uint32_t sector, size_t size) {
  enum { kPassThrough = 0x85, kPioIn = 4 << 1, kByCountOfBlocks = 0x0e, kReadSectors = 0x20, kLba = 0x40 };
  const uint8_t sectors = (uint8_t)(size / kSectorBytes);
  uint8_t command[16] = {kPassThrough, kPioIn, kByCountOfBlocks};
  command[6] = sectors;
  command[8] = (uint8_t)sector;
  command[10] = (uint8_t)(sector >> 8);
  command[12] = (uint8_t)(sector >> 16);
  command[13] = kLba;
  command[14] = kReadSectors;
  struct sg_io_hdr request = {.interface_id = 'S',
                              .dxfer_direction = SG_DXFER_FROM_DEV,
                              .cmd_len = sizeof command,
                              .cmdp = command,
                              .dxferp = buffer,
                              .dxfer_len = (unsigned)size,
                              .timeout = 30000};
  if (ioctl(disk, SG_IO, &request) < 0) {
    if (errno != ENOTTY && errno != EINVAL) die("SG_IO: %s", strerror(errno));
    return read_at(sum, (off_t)sector * kSectorBytes, size);
  }
  if (request.status != 0 || request.host_status != 0) die("the disk refuses a read by PIO");
  return mix_sectors(sum, size);
}

static uint32_t run_pio(uint32_t rounds, uint32_t size) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (uint32_t at = 0; at < kExtentBytes; at += size) sum = read_by_pio(sum, at / kSectorBytes, size);
  }
  close(disk);
  return sum;
}

// What rows of images work on, from the disk's begin on. Their parameter is a request's size plus the disk's number.
enum { kImageBytes = 256 << 20 };

static uint32_t request_bytes(uint32_t parameter) { return parameter - parameter % kSectorBytes; }

static void open_image(uint32_t parameter) {
  char file[] = "/dev/sda";
  file[sizeof file - 2] += (char)(parameter % kSectorBytes);
  disk = open(file, O_RDWR | O_CLOEXEC | O_DIRECT);
  if (disk < 0) die("%s: %s", file, strerror(errno));
  buffer = arena(request_bytes(parameter));
}

// Where a request begins.
typedef off_t Order(uint32_t request, uint32_t places);

static off_t in_order(uint32_t request, uint32_t places) { return request % places; }

static off_t anywhere(uint32_t request, uint32_t places) {
  uint32_t state = request + 1;
  return mix(next_random(&state), request) % places;
}

static uint32_t read_image(uint32_t requests, uint32_t parameter, Order* order) {
  const uint32_t size = request_bytes(parameter);
  uint32_t sum = 0;
  for (uint32_t request = 0; request < requests; ++request) {
    if (pread(disk, buffer, size, order(request, kImageBytes / size) * size) != (ssize_t)size)
      die("disk: %s", strerror(errno));
    uint32_t word;
    memcpy(&word, buffer, sizeof word);
    sum = mix(sum, word);
  }
  close(disk);
  return sum;
}

// Each request has its number in front. The drive's cache is flushed at the end.
static uint32_t write_image(uint32_t requests, uint32_t parameter, Order* order) {
  const uint32_t size = request_bytes(parameter);
  for (uint32_t request = 0; request < requests; ++request) {
    memcpy(buffer, &request, sizeof request);
    if (pwrite(disk, buffer, size, order(request, kImageBytes / size) * size) != (ssize_t)size)
      die("disk: %s", strerror(errno));
  }
  if (fsync(disk) != 0) die("disk: %s", strerror(errno));
  close(disk);
  return mix(requests, size);
}

static uint32_t run_image_read(uint32_t requests, uint32_t parameter) {
  return read_image(requests, parameter, in_order);
}
static uint32_t run_image_read_random(uint32_t requests, uint32_t parameter) {
  return read_image(requests, parameter, anywhere);
}
static uint32_t run_image_write(uint32_t requests, uint32_t parameter) {
  return write_image(requests, parameter, in_order);
}
static uint32_t run_image_write_random(uint32_t requests, uint32_t parameter) {
  return write_image(requests, parameter, anywhere);
}

const Row kDiskRows[] = {
    {"disk-read", open_past_cache, run_sequential},
    {"disk-random", open_past_cache, run_random},
    {"disk-pio", open_for_commands, run_pio},
    {"image-read", open_image, run_image_read},
    {"image-read-random", open_image, run_image_read_random},
    {"image-write", open_image, run_image_write},
    {"image-write-random", open_image, run_image_write_random},
    {0},
};

// Integer rows: sieve, LZ, CRC-32, quicksort.
#include <string.h>

#include "rows.h"

// The sieve of Eratosthenes.

enum { kSieveLimit = 1 << 18 };

static uint8_t* composite;

static void prepare_sieve(uint32_t parameter) {
  (void)parameter;
  composite = arena(kSieveLimit);
}

static uint32_t count_primes(void) {
  uint32_t primes = 0;
  for (uint32_t i = 0; i < kSieveLimit; ++i) composite[i] = 0;
  for (uint32_t i = 2; i < kSieveLimit; ++i) {
    if (composite[i]) continue;
    ++primes;
    for (uint32_t multiple = 2 * i; multiple < kSieveLimit; multiple += i) composite[multiple] = 1;
  }
  return primes;
}

static uint32_t run_sieve(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) sum = mix(sum, count_primes());
  return sum;
}

// LZ: a byte-oriented Lempel-Ziv coder with a table of hashed positions, and its decoder.

enum {
  kTextBytes = 1 << 16,
  kHashBits = 12,
  kMinimumMatch = 4,
  kMaximumMatch = 127 + kMinimumMatch,
  kMatchFlag = 0x80,  // of a token byte: the other seven bits count the match, or literals
  kMaximumLiterals = 0x7f,
  kPackedBytes = kTextBytes + kTextBytes / kMaximumLiterals + 16,
};

typedef struct {
  uint8_t text[kTextBytes];
  uint8_t packed[kPackedBytes];
  uint8_t unpacked[kTextBytes];
  uint32_t positions[1 << kHashBits];
} LzBuffers;

static LzBuffers* lz;

// Words drawn from a small vocabulary, short ones often: compresses to about a half, as prose does.
static void prepare_lz(uint32_t parameter) {
  (void)parameter;
  lz = arena(sizeof *lz);
  uint32_t state = 0x2545f491;
  for (uint32_t at = 0; at < kTextBytes;) {
    uint32_t word = next_random(&state) % (1 + next_random(&state) % 2000);
    uint32_t letters = 2 + word % 9;
    while (letters-- > 0 && at < kTextBytes) {
      word = word * 1103515245u + 12345u;
      lz->text[at++] = (uint8_t)('a' + (word >> 16) % 26);
    }
    if (at < kTextBytes) lz->text[at++] = ' ';
  }
}

static uint32_t hash_at(const uint8_t* text) {
  uint32_t word;
  memcpy(&word, text, sizeof word);
  return word * 2654435761u >> (32 - kHashBits);
}

static uint8_t* put_literals(uint8_t* out, const uint8_t* from, const uint8_t* to) {
  while (from < to) {
    uint32_t count = (uint32_t)(to - from);
    if (count > kMaximumLiterals) count = kMaximumLiterals;
    *out++ = (uint8_t)count;
    while (count-- > 0) *out++ = *from++;
  }
  return out;
}

static uint32_t match_length(const uint8_t* old, const uint8_t* now, const uint8_t* end) {
  uint32_t length = 0;
  while (now + length < end && length < kMaximumMatch && old[length] == now[length]) ++length;
  return length;
}

static uint32_t pack(void) {
  const uint8_t* const text = lz->text;
  const uint8_t* const end = text + kTextBytes;
  const uint8_t *now = text, *literals = text;
  uint8_t* out = lz->packed;
  for (uint32_t i = 0; i < 1 << kHashBits; ++i) lz->positions[i] = kTextBytes;
  while (now + kMinimumMatch <= end) {
    uint32_t* const slot = &lz->positions[hash_at(now)];
    const uint32_t candidate = *slot;
    *slot = (uint32_t)(now - text);
    const uint32_t length = candidate < kTextBytes ? match_length(text + candidate, now, end) : 0;
    if (length < kMinimumMatch) {
      ++now;
      continue;
    }
    const uint32_t distance = (uint32_t)(now - text) - candidate;  // below 64 KiB
    out = put_literals(out, literals, now);
    *out++ = (uint8_t)(kMatchFlag | (length - kMinimumMatch));
    *out++ = (uint8_t)distance;
    *out++ = (uint8_t)(distance >> 8);
    now += length;
    literals = now;
  }
  return (uint32_t)(put_literals(out, literals, end) - lz->packed);
}

static uint32_t unpack(uint32_t packed_bytes) {
  const uint8_t* in = lz->packed;
  const uint8_t* const end = in + packed_bytes;
  uint8_t* out = lz->unpacked;
  while (in < end) {
    const uint8_t token = *in++;
    uint32_t count = token & ~kMatchFlag & 0xff;
    if (token & kMatchFlag) {
      const uint8_t* from = out - (in[0] | in[1] << 8);
      in += 2;
      count += kMinimumMatch;
      while (count-- > 0) *out++ = *from++;
    } else {
      while (count-- > 0) *out++ = *in++;
    }
  }
  return (uint32_t)(out - lz->unpacked);
}

static uint32_t run_lz(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    const uint32_t packed_bytes = pack();
    if (unpack(packed_bytes) != kTextBytes || memcmp(lz->text, lz->unpacked, kTextBytes) != 0) {
      die("lz: unpacking does not give the text back");
    }
    sum = mix(mix(sum, packed_bytes), lz->packed[round % packed_bytes]);
  }
  return sum;
}

// CRC-32, by bytes and a table.

enum { kCrcBytes = 1 << 18, kCrcPolynomial = (int)0xedb88320 };

static struct {
  uint32_t table[256];
  uint8_t* data;
} crc;

static void prepare_crc(uint32_t parameter) {
  (void)parameter;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? (uint32_t)kCrcPolynomial : 0);
    crc.table[byte] = value;
  }
  crc.data = arena(kCrcBytes);
  uint32_t state = 1;
  for (uint32_t i = 0; i < kCrcBytes; ++i) crc.data[i] = (uint8_t)next_random(&state);
}

static uint32_t run_crc(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t value = ~0u;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (uint32_t i = 0; i < kCrcBytes; ++i) value = value >> 8 ^ crc.table[(value ^ crc.data[i]) & 0xff];
  }
  return ~value;
}

// Quicksort.

enum { kSorted = 1 << 15 };

static uint32_t* numbers;

static void prepare_quicksort(uint32_t parameter) {
  (void)parameter;
  numbers = arena(kSorted * sizeof *numbers);
}

static void quicksort(uint32_t* first, uint32_t* last) {
  while (first < last) {
    const uint32_t pivot = first[(last - first) / 2];
    uint32_t *low = first, *high = last;
    while (low <= high) {
      while (*low < pivot) ++low;
      while (*high > pivot) --high;
      if (low > high) break;
      const uint32_t value = *low;
      *low++ = *high;
      *high-- = value;
    }
    quicksort(first, high);
    first = low;
  }
}

static uint32_t run_quicksort(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0, state = 0x9e3779b9;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (uint32_t i = 0; i < kSorted; ++i) numbers[i] = next_random(&state);
    quicksort(numbers, numbers + kSorted - 1);
    for (uint32_t i = 0; i < kSorted; i += 64) sum = mix(sum, numbers[i]);
  }
  return sum;
}

const Row kIntegerRows[] = {
    {"sieve", prepare_sieve, run_sieve},
    {"lz", prepare_lz, run_lz},
    {"crc32", prepare_crc, run_crc},
    {"quicksort", prepare_quicksort, run_quicksort},
    {0},
};

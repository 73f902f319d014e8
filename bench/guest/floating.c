// Matrix multiplication and n-body in double precision: the same source is compiled once for the x87 and once
// for SSE2. NAME_PREFIX and FLOATING_ROWS say what the rows and their table are called.
#include <string.h>

#include "rows.h"

static uint32_t mix_double(uint32_t sum, double value) {
  uint32_t words[2];
  memcpy(words, &value, sizeof words);
  return mix(mix(sum, words[0]), words[1]);
}

enum { kSide = 48, kMatrixBytes = kSide * kSide * sizeof(double) };

typedef double Matrix[kSide][kSide];

static Matrix* matrices;  // product, left, right

static void prepare_matrices(uint32_t parameter) {
  (void)parameter;
  matrices = arena(3 * kMatrixBytes);
  uint32_t state = 3;
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      matrices[1][i][j] = next_random(&state) % 1000 / 1000.0;
      matrices[2][i][j] = next_random(&state) % 1000 / 1000.0;
    }
  }
}

static void multiply(double (*restrict product)[kSide], double (*restrict left)[kSide],
                     double (*restrict right)[kSide]) {
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) product[i][j] = 0;
    for (int k = 0; k < kSide; ++k) {
      const double factor = left[i][k];
      for (int j = 0; j < kSide; ++j) product[i][j] += factor * right[k][j];
    }
  }
}

static uint32_t run_matrices(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    matrices[1][round % kSide][round % 7] += 0.25;
    multiply(matrices[0], matrices[1], matrices[2]);
    sum = mix_double(sum, matrices[0][round % kSide][round % 11]);
  }
  return sum;
}

enum { kBodies = 5, kStepsPerRound = 1000 };

typedef struct {
  double position[3], velocity[3], mass;
} Body;

static Body bodies[kBodies];

static void prepare_bodies(uint32_t parameter) {
  (void)parameter;
  uint32_t state = 11;
  for (int i = 0; i < kBodies; ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      bodies[i].position[axis] = (i * 3 + 1) * (next_random(&state) % 2000 / 1000.0 - 1);
      bodies[i].velocity[axis] = next_random(&state) % 2000 / 1000.0 - 1;
    }
    bodies[i].mass = i == 0 ? 40 : 0.01 * (1 + i);
  }
}

static void attract(Body* a, Body* b, double time) {
  double apart[3], square = 0.01;  // softened, so that no meeting throws bodies out
  for (int axis = 0; axis < 3; ++axis) {
    apart[axis] = a->position[axis] - b->position[axis];
    square += apart[axis] * apart[axis];
  }
  const double pull = time / (square * __builtin_sqrt(square));
  for (int axis = 0; axis < 3; ++axis) {
    a->velocity[axis] -= apart[axis] * b->mass * pull;
    b->velocity[axis] += apart[axis] * a->mass * pull;
  }
}

static void step(double time) {
  for (int i = 0; i < kBodies; ++i) {
    for (int j = i + 1; j < kBodies; ++j) attract(&bodies[i], &bodies[j], time);
  }
  for (int i = 0; i < kBodies; ++i) {
    for (int axis = 0; axis < 3; ++axis) bodies[i].position[axis] += time * bodies[i].velocity[axis];
  }
}

static uint32_t run_bodies(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < kStepsPerRound; ++i) step(0.001);
    sum = mix_double(sum, bodies[1].position[0]);
  }
  return sum;
}

const Row FLOATING_ROWS[] = {
    {NAME_PREFIX "-matrix", prepare_matrices, run_matrices},
    {NAME_PREFIX "-nbody", prepare_bodies, run_bodies},
    {0},
};

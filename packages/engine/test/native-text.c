#define THREADS 2
#define GLOBAL_BYTES 1408
#define PARTIAL_FLOATS 128
#define SCRATCH_BYTES 640
#define PHASES 2
#define CHUNKS 4
#include "program.h"

static const long first_block[] = {0, 3, 5, 7, 8};

KERNEL pack0(const float *restrict p0, float *restrict p1, long from, long to) {
if (from >= to) return;
const long first = from * 16, last = to * 16 < 5 ? to * 16 : 5;
pack_f32(p1 + first * 6, p0 + first * 1, 6, last - first, 5, 1);
}

KERNEL product_1x5x6_1(const float *a, const float *b, float *c) {
for (long q = 0; q < 1; q++) {
const long i = 0, j = 0, l = 0;
(void)i; (void)j;
gemm_f32(1, 5, 6, a + i, 6, 1, b + j, 96, 16, c + l, 5, 0, 0);
}
}

KERNEL loop2(const float *restrict p0, float *restrict p1, float *restrict p2) {
float kv0[5];
for (long r0 = 0; r0 < 1; r0++) {
for (long c = 0; c < 4; c++) {
const float v0 = sigmoid_f32(p0[(r0) * 5 + c]);
kv0[c] = v0;
const float v3 = (1.0f - v0);
const float v4 = (v0 * v3);
p1[(r0) * 5 + c] = v4;
}
for (long c = 4; c < 5; c++) {
const float v0 = sigmoid_f32(p0[(r0) * 5 + c]);
kv0[c] = v0;
const float v3 = (1.0f - v0);
const float v4 = (v0 * v3);
p1[(r0) * 5 + c] = v4;
}
const float v1 = sum_f32(kv0, 5);
const float v2 = (v1 * (1.0f / 5.0f));
p2[r0] = v2;
}
}

KERNEL product_6x5x1_3(const float *a, const float *b, float *c) {
for (long q = 0; q < 1; q++) {
const long i = 0, j = 0, l = 0;
(void)i; (void)j;
gemm_f32(6, 5, 1, a + i, 1, 6, b + j, 16, 5, c + l, 5, 1, 0);
}
}

KERNEL loop4(const float *restrict p0, const float *restrict p1, float *restrict p2, long from, long to) {
#pragma omp simd
for (long c = from; c < to; c++) {
const float v0 = (p0[c + 0L] + p0[c + 32L] + p0[c + 64L] + p0[c + 96L]);
const float v1 = (v0 * 0.10000000149011612f);
const float v2 = (p1[c] - v1);
p2[c] = v2;
}
}

static void program(int thread, void *addresses) {
  void **A = addresses;
  char *L = scratch[thread];
  (void)A; (void)L;
  pack0((float *)A[1], (float *)(global + 0), range_start(1, thread, 1, 1), range_start(1, thread + 1, 1, 1));
  barrier();
  for (int chunk; (chunk = take_chunk(0)) < CHUNKS;) {
    memset(partial + 0 + chunk * 32L, 0, 128);
    for (long block = first_block[chunk]; block < first_block[chunk + 1]; block++) {
      const long first_example = block * 1;
      product_1x5x6_1((float *)A[0] + first_example * 6, (float *)(global + 0), (float *)(L + 0));
      loop2((float *)(L + 0), (float *)(L + 320), (float *)A[2] + first_example * 1);
      product_6x5x1_3((float *)A[0] + first_example * 6, (float *)(L + 320), partial + 0 + chunk * 32L + 0);
    }
  }
  barrier();
  loop4(partial + 0, (float *)A[1], (float *)A[3], range_start(30, thread, 4096, 64), range_start(30, thread + 1, 4096, 64));
  barrier();
}

/*
 * Copies of matrices in the order in which a product reads them.
 */
#ifndef PACK_H
#define PACK_H

#include "simd.h"

INLINE long gemm_min(long x, long limit) { return x < limit ? x : limit; }

/* Transposes 4x4 words; strides in bytes. */
#ifdef HAS_SHUFFLE
INLINE void gemm_transpose(char *to, long to_stride, const char *from, long from_stride) {
  typedef float four __attribute__((vector_size(16)));
  four x[4], y[4];
  UNROLL for (int i = 0; i < 4; i++) memcpy(&x[i], from + i * from_stride, 16);
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define HIGH(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
  y[0] = LOW(x[0], x[2]), y[1] = HIGH(x[0], x[2]), y[2] = LOW(x[1], x[3]), y[3] = HIGH(x[1], x[3]);
  x[0] = LOW(y[0], y[2]), x[1] = HIGH(y[0], y[2]), x[2] = LOW(y[1], y[3]), x[3] = HIGH(y[1], y[3]);
#undef LOW
#undef HIGH
  UNROLL for (int i = 0; i < 4; i++) memcpy(to + i * to_stride, &x[i], 16);
}
#else
INLINE void gemm_transpose(char *to, long to_stride, const char *from, long from_stride) {
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) memcpy(to + i * to_stride + 4 * j, from + j * from_stride + 4 * i, 4);
}
#endif

/* The copies that are not inline are for all sizes: compiled for each size they are no faster, and were a sixth of a program's compile time. */

/* Transposes 32-bit words: from[r + c*stride] goes to to[r*columns + c]. The loop over rows is the inner one, so that each cache line of
   `from` is read once. */
static __attribute__((noinline)) void columns_to_rows(void *to, const void *from, long rows, long columns, long stride) {
  long r4 = rows / 4 * 4, c4 = columns / 4 * 4;
  for (long c = 0; c < c4; c += 4)
    for (long r = 0; r < r4; r += 4)
      gemm_transpose((char *)to + 4 * (r * columns + c), 4 * columns, (const char *)from + 4 * (r + c * stride), 4 * stride);
  for (long r = 0; r < rows; r++)
    for (long c = r < r4 ? c4 : 0; c < columns; c++)
      memcpy((char *)to + 4 * (r * columns + c), (const char *)from + 4 * (r + c * stride), 4);
}

/* One panel of 32-bit words: `width` columns of K words each, source strides in bytes. */
static __attribute__((noinline)) void gemm_pack_panel(uint32_t *to, const char *b, long K, long width, long rs, long cs) {
  if (width == PANEL && cs == 4) {
    for (long k = 0; k < K; k++) memcpy(to + k * PANEL, b + k * rs, 4 * PANEL);
    return;
  }
  if (width < PANEL) memset(to, 0, 4 * PANEL * K);
  long k4 = rs == 4 ? K / 4 * 4 : 0, n4 = width / 4 * 4;
  for (long k = 0; k < k4; k += 4)
    for (long j = 0; j < n4; j += 4)
      gemm_transpose((char *)(to + k * PANEL + j), 4 * PANEL, b + k * rs + j * cs, cs);
  for (long k = 0; k < K; k++) {
    long j = k < k4 ? n4 : 0;
    if (cs == 4)
      for (; j < n4; j += 4) memcpy(to + k * PANEL + j, b + k * rs + 4 * j, 16);
    for (; j < width; j++) memcpy(to + k * PANEL + j, b + k * rs + j * cs, 4);
  }
}

/* B as panels: for each panel of PANEL columns, for each k, PANEL numbers; missing columns are zero.
   Element (k,n) of the source is b[k*rs + n*cs]; `to` holds ceil(N/PANEL)*PANEL*K floats. */
INLINE void pack_f32(float *to, const float *b, long K, long N, long rs, long cs) {
  for (long n = 0; n < N; n += PANEL, to += PANEL * K, b += PANEL * cs)
    gemm_pack_panel((uint32_t *)to, (const char *)b, K, gemm_min(N - n, PANEL), 4 * rs, 4 * cs);
}

/* The length of nearly equal parts of a whole, each at most `most`. */
INLINE long gemm_part(long whole, long most) {
  long parts = (whole + most - 1) / most;
  return (whole + parts - 1) / parts;
}

/* A whose columns are rows in memory (element (m,k) is a[m + k*ks]), tile by tile, so that a product reads
   it front to back. `to` holds M rounded up to whole tiles, times K. */
INLINE void pack_a_f32(float *to, const float *a, long M, long K, long ks) {
  long rows = gemm_part(M, ROWS);
  for (long k = 0; k < K; k++, a += ks)
    for (long m = 0; m < M; m += rows)
      memcpy(to + m * K + k * rows, a + m, 4 * (m + rows <= M ? rows : M - m));
}

#ifdef TWO_BYTE_BF16
/* The same for bf16, with pairs of k next to each other: for each panel, for each pair of k, PANEL
   pairs. An odd K is padded with zero; `to` holds ceil(N/PANEL)*PANEL*roundup2(K) numbers. */
INLINE void pack_bf16(bf16 *to, const bf16 *b, long K, long N, long rs, long cs) {
  for (long n = 0; n < N; n += PANEL, b += PANEL * cs) {
    long width = gemm_min(N - n, PANEL), k = 0;
    if (rs == 1) { /* the source has the pairs as words already */
      gemm_pack_panel((uint32_t *)to, (const char *)b, K / 2, width, 4, 2 * cs);
      k = K / 2 * 2, to += k * PANEL;
    }
    for (; k < K; k += 2, to += 2 * PANEL) {
      for (long j = 0; j < width; j++) {
        to[2 * j] = b[k * rs + j * cs];
        to[2 * j + 1] = k + 1 < K ? b[(k + 1) * rs + j * cs] : 0;
      }
      for (long j = 2 * width; j < 2 * PANEL; j++) to[j] = 0;
    }
  }
}

/* A for bf16 products, pairs of k next to each other: the pair (m, k/2) is at to[k/2*2*M + 2*m].
   Source element (m,k) is a[m*ms + k*ks]; `to` holds M*roundup2(K) numbers. */
INLINE void pack_a_bf16(bf16 *to, const bf16 *a, long M, long K, long ms, long ks) {
  for (long k = 0; k < K; k += 2, to += 2 * M) {
    const bf16 *even = a + k * ks, *odd = even + ks;
    for (long m = 0; m < M; m++) {
      to[2 * m] = even[m * ms];
      to[2 * m + 1] = k + 1 < K ? odd[m * ms] : 0;
    }
  }
}
#endif

#endif

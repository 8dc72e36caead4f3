/*
 * Matrix products for the C code that compile() generates: C = A·B or C += A·B, in float32, or with
 * bfloat16 inputs and float32 sums where the processor has instructions for that. Where it has none, a
 * bfloat16 is stored as a rounded float32, of which the lower half is zero.
 *
 * A register tile of ROWS rows by one panel (two vectors) of columns is summed over all of K without
 * touching C; the columns of B come as panels so that the tile reads B front to back. All functions
 * are inlined into calls with constant sizes: every loop over the tile is unrolled and every
 * remainder becomes straight code of just its own size. (Other sizes give the same, slowly.)
 */
#ifndef GEMM_H
#define GEMM_H

#include "pack.h"
#include "simd.h"

/* ---- the register tile ---- */

/* What a tile needs besides its addresses; strides in bytes (ats: from tile to tile of A; 0 if tiles follow each other).
   For bf16 a "step" of K is a pair, so that in both types a step of A is one 32-bit word and a step of B is
   PANEL words. */
typedef struct {
  long steps, ams, aks, ats, bps, bks, ldc;
  int pairs, accumulate, out_bf16;
} GemmShape;

/* Defines the vectors of N floats (NAME##_f32), of N words (NAME##_u32), of N bf16 (NAME##_b16). */
#define VECTORS(NAME, N)                                                                  \
  typedef float NAME##_f32 __attribute__((vector_size(4 * N), aligned(4), may_alias));    \
  typedef uint32_t NAME##_u32 __attribute__((vector_size(4 * N), aligned(4), may_alias)); \
  typedef bf16 NAME##_b16 __attribute__((vector_size(2 * N), aligned(2), may_alias));

VECTORS(full, LANES)
VECTORS(half, LANES / 2)

/* ADD: adds a step of K to sums: a*b, or of bf16 a0*b0 + a1*b1 for the pairs (a0, a1) and (b0, b1) in each
   word. NAME##_round: to bf16, as it is stored (NAME##_stored, of BF16_BYTES each). (The instructions take numbers
   below 2^-126 for zero, the others do not.) */
#ifdef __AVX512BF16__
#define ADD(NAME, p, sums, a, b)                  \
  if (p.pairs) sums = NAME##_dot(sums, a, b);     \
  else sums += (NAME##_f32)a * (NAME##_f32)b
#define BF16_BYTES 2
typedef full_b16 full_stored;
typedef half_b16 half_stored;
INLINE full_f32 full_dot(full_f32 sums, full_u32 a, full_u32 b) {
  return (full_f32)_mm512_dpbf16_ps((__m512)sums, (__m512bh)a, (__m512bh)b);
}
INLINE half_f32 half_dot(half_f32 sums, half_u32 a, half_u32 b) {
  return (half_f32)_mm256_dpbf16_ps((__m256)sums, (__m256bh)a, (__m256bh)b);
}
INLINE full_b16 full_round(full_f32 x) { return (full_b16)_mm512_cvtneps_pbh((__m512)x); }
INLINE half_b16 half_round(half_f32 x) { return (half_b16)_mm256_cvtneps_pbh((__m256)x); }
#else
#define ADD(NAME, p, sums, a, b) sums += (NAME##_f32)a * (NAME##_f32)b
#define BF16_BYTES 4
typedef full_f32 full_stored;
typedef half_f32 half_stored;
#define ROUND(NAME)                                                               \
  INLINE NAME##_f32 NAME##_round(NAME##_f32 x) {                                  \
    NAME##_u32 bits = (NAME##_u32)x, nan = (NAME##_u32)(x != x);                  \
    NAME##_u32 nearest = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;        \
    return (NAME##_f32)((nearest & ~nan) | (bits & nan));                         \
  }
ROUND(full)
ROUND(half)
#endif

/* NAME##_put: stores the first `n` of a vector of sums to C, or adds them to it.
   NAME##_tile: a tile of `rows` rows of `cols` columns in `vecs` vectors; what the last vector holds
   outside of C is computed and dropped. */
#define TILE(NAME)                                                                                 \
  INLINE void NAME##_put(GemmShape p, void *to, NAME##_f32 sum, long n) {                          \
    enum { N = sizeof sum / 4 };                                                                   \
    if (p.out_bf16) {                                                                             \
      NAME##_stored rounded = NAME##_round(sum);                                                    \
      if (n == N) *(NAME##_stored *)to = rounded;                                                   \
      else memcpy(to, &rounded, BF16_BYTES * n);                                                  \
    } else if (n == N) {                                                                           \
      if (p.accumulate) sum += *(NAME##_f32 *)to;                                                  \
      *(NAME##_f32 *)to = sum;                                                                     \
    } else if (p.accumulate) {                                                                     \
      for (long i = 0; i < n; i++) ((float *)to)[i] += sum[i];                                     \
    } else {                                                                                       \
      memcpy(to, &sum, 4 * n);                                                                     \
    }                                                                                              \
  }                                                                                                \
  INLINE void NAME##_tile(GemmShape p, int rows, int vecs, int cols, const char *a, const char *b, \
                          char *c) {                                                               \
    enum { N = sizeof(NAME##_f32) / 4 };                                                           \
    NAME##_f32 sum[ROWS][2];                                                                       \
    UNROLL for (int i = 0; i < rows; i++)                                                          \
      UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = (NAME##_f32){0};                           \
    for (long k = 0; k < p.steps; k++, a += p.aks, b += p.bks) {                                   \
      NAME##_u32 bs[2];                                                                            \
      UNROLL for (int j = 0; j < vecs; j++) bs[j] = *(NAME##_u32 *)(b + 4 * N * j);                \
      UNROLL for (int i = 0; i < rows; i++) {                                                      \
        uint32_t word;                                                                             \
        memcpy(&word, a + i * p.ams, 4);                                                           \
        NAME##_u32 as = (NAME##_u32){0} + word;                                                    \
        UNROLL for (int j = 0; j < vecs; j++) {                                                    \
          ADD(NAME, p, sum[i][j], as, bs[j]);                                                      \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
    UNROLL for (int i = 0; i < rows; i++)                                                          \
      UNROLL for (int j = 0; j < vecs; j++)                                                        \
        NAME##_put(p, c + i * p.ldc + (p.out_bf16 ? BF16_BYTES : 4) * N * j, sum[i][j],          \
                   gemm_min(cols - j * N, N));                                                     \
  }

TILE(full)
TILE(half)

/* `tiles` tiles of `rows` rows each, over `cols` columns of C. With wide vectors, up to half a vector of
   columns takes half the time. */
INLINE void gemm_columns(GemmShape p, int rows, long tiles, int cols, const char *a, const char *b,
                         char *c) {
  for (long i = 0; i < tiles; i++, a += p.ats, c += rows * p.ldc) {
    if (LANES == 16 && cols <= LANES / 2) half_tile(p, rows, 1, cols, a, b, c);
    else full_tile(p, rows, (cols + LANES - 1) / LANES, cols, a, b, c);
  }
}

/* The same of all N columns. */
INLINE void gemm_rows(GemmShape p, int rows, long tiles, long N, const char *a, const char *b,
                      char *c) {
  long rest = N % PANEL, size = p.out_bf16 ? BF16_BYTES : 4;
  for (long i = 0; i < N / PANEL; i++, b += p.bps, c += PANEL * size)
    gemm_columns(p, rows, tiles, PANEL, a, b, c);
  /* slightly more than one vector: the vector, then the rest */
  if (LANES == 16 && rest > LANES && rest <= LANES + LANES / 2) {
    gemm_columns(p, rows, tiles, LANES, a, b, c);
    b += 4 * LANES, c += LANES * size, rest -= LANES;
  }
  if (rest) gemm_columns(p, rows, tiles, rest, a, b, c);
}

enum { SLICE_BYTES = 256 << 10 }; /* half of a small L2 cache */

/* All of C: tiles of nearly equal height, then the remaining rows. With short vectors, A is read in slices of SLICE_BYTES: with
   512 KB of L2 cache and large weights this saves a fifth of the time. With AVX-512 and 1 MB it did not measure faster, because
   the tiles of a panel read A in order, which suits the prefetcher. */
INLINE void gemm_all(GemmShape p, long M, long N, const char *a, const char *b, char *c) {
  long rows = gemm_part(M, ROWS), whole = M / rows, rest = M % rows;
  if (p.ats == 0) p.ats = rows * p.ams;
  if (LANES == 16) {
    gemm_rows(p, rows, whole, N, a, b, c);
  } else {
    long slice = gemm_part(whole, SLICE_BYTES / (4 * rows * p.steps) + 1);
    for (long i = 0; i < whole; i += slice)
      gemm_rows(p, rows, gemm_min(slice, whole - i), N, a + i * p.ats, b, c + i * rows * p.ldc);
  }
  if (rest) gemm_rows(p, rest, 1, N, a + whole * p.ats, b, c + whole * rows * p.ldc);
}

/* ---- the products ---- */

/* C[M,N] (row-major, row stride ldc) = A·B, or += where accumulate. Element (m,k) of A is
   a[m*ams + k*aks]. B: the k-th row of panel i is at b + i*bps + k*bks (packed: bps = K*PANEL,
   bks = PANEL; a row-major [K,N] matrix as it is: bps = PANEL, bks = N, of which up to PANEL-1 floats
   past the end of a row are read). If out_bf16, which is for processors without bf16 instructions, C is rounded
   to bf16 (then accumulate is 0). */
INLINE void gemm_f32(long M, long N, long K, const float *a, long ams, long aks, const float *b,
                     long bps, long bks, float *c, long ldc, int accumulate, int out_bf16) {
  GemmShape p = {K, 4 * ams, 4 * aks, 0, 4 * bps, 4 * bks, 4 * ldc, 0, accumulate, out_bf16};
  gemm_all(p, M, N, (const char *)a, (const char *)b, (char *)c);
}

/* A gradient of weights, C += A·B, by blocks: element (m,k) of A is a[m + k*aks], (k,n) of B is b[k*bks + n].
   Rows of A are far apart at equal distances, so they compete for a few cache sets; the copy of a block is contiguous.
   `scratch` holds BLOCK_M * BLOCK_K floats and a B of BLOCK_K rows in panels. */
enum { BLOCK_M = 96, BLOCK_K = 256 };

INLINE void gemm_block(long M, long N, long K, const float *a, long aks, const float *panels, float *c,
                       long ldc, float *scratch) {
  long step = 4 * gemm_part(M, ROWS);
  GemmShape p = {K, 4, step, K * step, 4 * K * PANEL, 4 * PANEL, 4 * ldc, 0, 1, 0};
  pack_a_f32(scratch, a, M, K, aks);
  gemm_all(p, M, N, (const char *)scratch, (const char *)panels, (char *)c);
}

INLINE void gemm_chunk(long M, long N, long K, const float *a, long aks, const float *b, long bks, float *c,
                       long ldc, float *scratch) {
  float *panels = scratch + BLOCK_M * BLOCK_K;
  pack_f32(panels, b, K, N, bks, 1);
  long rows = gemm_part(M, BLOCK_M), m = 0;
  for (; m + rows <= M; m += rows)
    gemm_block(rows, N, K, a + m, aks, panels, c + m * ldc, ldc, scratch);
  if (m < M) gemm_block(M % rows, N, K, a + m, aks, panels, c + m * ldc, ldc, scratch);
}

INLINE void gemm_by_blocks(long M, long N, long K, const float *a, long aks, const float *b, long bks,
                           float *c, long ldc, float *scratch) {
  long depth = gemm_part(K, BLOCK_K), k = 0;
  for (; k + depth <= K; k += depth)
    gemm_chunk(M, N, depth, a + k * aks, aks, b + k * bks, bks, c, ldc, scratch);
  if (k < K) gemm_chunk(M, N, K % depth, a + k * aks, aks, b + k * bks, bks, c, ldc, scratch);
}

#ifdef __AVX512BF16__
/* The same of bf16, summed in float32; C is float, or rounded to bf16 if out_bf16 (then accumulate
   is 0). The pair (m, k/2) of A is the word at a[m*ams + k/2*aks] (a row-major A with even K: ams = K,
   aks = 2; from pack_a_bf16: ams = 2, aks = 2*M). B comes from pack_bf16. */
INLINE void gemm_bf16(long M, long N, long K, const bf16 *a, long ams, long aks, const bf16 *b,
                      void *c, long ldc, int accumulate, int out_bf16) {
  long steps = (K + 1) / 2;
  GemmShape p = {steps,     2 * ams, 2 * aks, 0, 4 * PANEL * steps,
                 4 * PANEL, (out_bf16 ? BF16_BYTES : 4) * ldc, 1, accumulate, out_bf16};
  gemm_all(p, M, N, (const char *)a, (const char *)b, (char *)c);
}
#endif

#undef ROWS
#undef UNROLL
#undef VECTORS
#undef ADD
#undef BF16_BYTES
#undef ROUND
#undef TILE

#endif

/*
 * Products of bfloat16 by the processor's matrix unit, Intel's AMX: tiles of up to 16 rows of 64 bytes, and an instruction that adds
 * the product of two tiles of bfloat16 to a tile of 16 by 16 sums in float32.
 *
 * The left side is row-major. The right side is packed as for the other bfloat16 instructions, in panels of 32 columns with pairs of
 * rows side by side: half of a panel is what a tile reads. K is divided into equal steps of at most 16 pairs, so that most K need
 * no padding; both sides are padded with zeros where they do. Rows are divided into tiles of the same height, of which the last begins
 * earlier where they do not fill it. So a product needs one configuration of the tiles, and reads nothing outside its operands.
 */
#ifndef AMX_H
#define AMX_H

#include "pack.h"
#ifdef AMX_EMULATED
#include "amx-emulated.h"
#endif

_Static_assert(PANEL == 32, "a panel holds the columns of two tiles");

/* What ldtilecfg reads. */
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16]; /* in a row of each tile */
  uint8_t rows[16];
} AmxConfig;

/* gcc does not know that the unit reads what is at an address, and could write it later. */
#define AMX_READS(address) __asm__ volatile("" ::"r"(address) : "memory")

/* Rows and pairs of the tiles as this thread has configured them; 0: not at all. */
OF_PROGRAM _Thread_local long amx_shape;

/* Tiles 0 to 3 hold sums, 4 and 5 `rows` rows of the left side, 6 and 7 as many pairs of rows of the right side as a step has. */
static inline void amx_configure(long rows, long pairs) {
  long shape = 32 * rows + pairs;
  if (shape == amx_shape) return;
  AmxConfig config = {1};
  for (int tile = 0; tile < 8; tile++) {
    config.rows[tile] = tile < 6 ? rows : pairs;
    config.bytes[tile] = tile == 4 || tile == 5 ? 4 * pairs : 64;
  }
  AMX_READS(&config);
  _tile_loadconfig(&config);
  amx_shape = shape;
}

/* At the end of a thread's work: the system then no longer saves the tiles, and other code may configure them. */
static inline void amx_release(void) {
  if (amx_shape) _tile_release();
  amx_shape = 0;
}

/* Pairs in a step of K, and K rounded up to whole steps. */
INLINE long amx_pairs(long K) { return gemm_part((K + 1) / 2, 16); }
INLINE long amx_depth(long K) { return ((K + 1) / 2 + amx_pairs(K) - 1) / amx_pairs(K) * amx_pairs(K) * 2; }

/* pack_bf16 with amx_depth(K) rows, of which the last are zero. */
INLINE void pack_amx(bf16 *to, const bf16 *b, long K, long N, long rs, long cs) {
  long height = (K + 1) / 2 * 2, depth = amx_depth(K);
  for (long n = 0; n < N; n += PANEL, to += PANEL * depth, b += PANEL * cs) {
    pack_bf16(to, b, K, gemm_min(N - n, PANEL), rs, cs);
    memset(to + PANEL * height, 0, 2 * PANEL * (depth - height));
  }
}

/* A left side that is not row-major as rows of amx_depth(K); `to` holds M + 32 of them, the last 32 for a copy on the way. */
static inline void pack_a_amx(bf16 *to, const bf16 *a, long M, long K, long ms, long ks) {
  long depth = amx_depth(K), height = (K + 1) / 2 * 2;
  bf16 *pairs = to + M * depth;
  for (long m = 0; m < M; m += 32) {
    long rows = gemm_min(M - m, 32);
    pack_a_bf16(pairs, a + m * ms, rows, K, ms, ks);
    memset(pairs + rows * height, 0, 2 * rows * (depth - height));
    columns_to_rows(to + m * depth, pairs, rows, depth / 2, rows);
  }
}

/* The left side from its first row on, and the columns of its last step; strides in bytes. */
typedef struct {
  const char *a, *last;
  long stride, last_stride, rows, pairs, steps;
} AmxLeft;

/* Where sums go: the columns from the first one of a panel on, `columns` of them. */
typedef struct {
  char *c;
  long ldc, columns;
  int accumulate, out_bf16;
} AmxSums;

/* The rows from `skip` on, and the first `columns` columns, of a tile of sums. */
static inline void amx_put(AmxSums to, const float *sums, long row, long column, long skip, long rows) {
  long columns = gemm_min(to.columns - column, 16);
  for (long r = skip; r < rows; r++) {
    const float *from = sums + 16 * r;
    long at = (row + r) * to.ldc + column;
    float *c = (float *)to.c + at;
    if (to.out_bf16) round_to_bf16((bf16 *)to.c + at, from, columns);
    else if (to.accumulate) for (long i = 0; i < columns; i++) c[i] += from[i];
    else memcpy(c, from, 4 * columns);
  }
}

/* A tile of sums before and after the steps. In float32 and of whole columns it goes straight from and to C. */
#define AMX_BEGIN(TILE, ROW, COLUMN, SKIP)                                                                         \
  if (DIRECT(COLUMN, SKIP) && to.accumulate) _tile_loadd(TILE, (float *)to.c + (ROW) * to.ldc + COLUMN, 4 * to.ldc); \
  else _tile_zero(TILE)
#define AMX_END(TILE, ROW, COLUMN, SKIP)                                                                           \
  if (DIRECT(COLUMN, SKIP)) _tile_stored(TILE, (float *)to.c + (ROW) * to.ldc + COLUMN, 4 * to.ldc);                 \
  else {                                                                                                           \
    _tile_stored(TILE, sums, 64);                                                                                  \
    amx_put(to, sums, ROW, COLUMN, SKIP, a.rows);                                                                  \
  }
#define DIRECT(COLUMN, SKIP) (!to.out_bf16 && to.columns >= COLUMN + 16 && (SKIP == 0 || !to.accumulate))

/* The rows from `first` and, if `tall`, from `second` on, of one tile each, times one or, if `wide`, two tiles of a panel. `skip` rows
   of the last of the two are done already. */
INLINE void amx_tiles(int tall, int wide, AmxLeft a, const bf16 *b, AmxSums to, long first, long second, long skip) {
  _Alignas(64) float sums[16 * 16];
  long above = tall ? 0 : skip;
  AMX_READS(sums);
  AMX_BEGIN(0, first, 0, above);
  if (wide) { AMX_BEGIN(1, first, 16, above); }
  if (tall) { AMX_BEGIN(2, second, 0, skip); }
  if (tall && wide) { AMX_BEGIN(3, second, 16, skip); }
  for (long step = 0; step < a.steps; step++, b += 2 * PANEL * a.pairs) {
    int end = step == a.steps - 1;
    const char *left = end ? a.last : a.a + 4 * a.pairs * step;
    long stride = end ? a.last_stride : a.stride;
    _tile_loadd(4, left + first * stride, stride);
    _tile_loadd(6, b, 4 * PANEL);
    _tile_dpbf16ps(0, 4, 6);
    if (wide) {
      _tile_loadd(7, b + 32, 4 * PANEL);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (tall) {
      _tile_loadd(5, left + second * stride, stride);
      _tile_dpbf16ps(2, 5, 6);
      if (wide) _tile_dpbf16ps(3, 5, 7);
    }
  }
  AMX_END(0, first, 0, above);
  if (wide) { AMX_END(1, first, 16, above); }
  if (tall) { AMX_END(2, second, 0, skip); }
  if (tall && wide) { AMX_END(3, second, 16, skip); }
}

/* All rows of a panel, two tiles at a time. */
INLINE void amx_panel(int wide, long M, AmxLeft a, const bf16 *b, AmxSums to) {
  long row = 0;
  for (; row + a.rows < M; row += 2 * a.rows) {
    long second = gemm_min(row + a.rows, M - a.rows);
    amx_tiles(1, wide, a, b, to, row, second, row + a.rows - second);
  }
  if (row < M) amx_tiles(0, wide, a, b, to, M - a.rows, 0, row - (M - a.rows));
}

/* C[M,N] (row-major, row stride ldc) = A·B, or += where accumulate. Element (m,k) of A is a[m*ams + k*aks]; B comes from pack_amx.
   C is float, or rounded to bf16 if out_bf16 (then accumulate is 0). `scratch` holds M * 2 * amx_pairs(K) numbers if A is row-major
   and K is not in whole steps, (M + 32) * amx_depth(K) if A is not row-major. Not inlined: the unit's time does not depend on what
   the compiler knows. */
static __attribute__((noinline, noclone)) void gemm_amx(long M, long N, long K, const bf16 *a, long ams, long aks, const bf16 *b, void *c,
                                               long ldc, int accumulate, int out_bf16, bf16 *scratch) {
  long pairs = amx_pairs(K), depth = amx_depth(K), before = depth - 2 * pairs;
  AmxLeft left = {(const char *)a, (const char *)(a + before), 2 * ams, 2 * ams, gemm_min(M, 16), pairs, depth / (2 * pairs)};
  if (aks != 1) {
    pack_a_amx(scratch, a, M, K, ams, aks);
    left.a = (const char *)scratch, left.last = (const char *)(scratch + before), left.stride = left.last_stride = 2 * depth;
  } else if (depth != K) {
    for (long m = 0; m < M; m++) {
      bf16 *row = scratch + m * 2 * pairs;
      memcpy(row, a + m * ams + before, 2 * (K - before));
      memset(row + K - before, 0, 2 * (depth - K));
    }
    left.last = (const char *)scratch, left.last_stride = 4 * pairs;
  }
  amx_configure(left.rows, pairs);
  for (long n = 0; n < N; n += PANEL, b += PANEL * depth) {
    AmxSums to = {(char *)c + (out_bf16 ? 2 : 4) * n, ldc, gemm_min(N - n, PANEL), accumulate, out_bf16};
    if (to.columns > 16) amx_panel(1, M, left, b, to);
    else amx_panel(0, M, left, b, to);
  }
}

#undef AMX_BEGIN
#undef AMX_END
#undef DIRECT

#endif

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

#ifdef HAS_SHUFFLE
typedef uint16_t halves_32 __attribute__((vector_size(64)));
typedef uint32_t words_16 __attribute__((vector_size(64)));
typedef uint64_t pairs_8 __attribute__((vector_size(64)));

/* Transposes 16 vectors of 16 words: within lanes of four words, then the lanes. */
INLINE void transpose_words(words_16 x[16]) {
  words_16 y[16];
#define PAIRS(a, b, ...) (words_16)__builtin_shufflevector((pairs_8)(a), (pairs_8)(b), __VA_ARGS__)
#define EVEN_LANES(a, b) PAIRS(a, b, 0, 1, 4, 5, 8, 9, 12, 13)
#define ODD_LANES(a, b) PAIRS(a, b, 2, 3, 6, 7, 10, 11, 14, 15)
  UNROLL for (int i = 0; i < 16; i += 2) {
    y[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    y[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  UNROLL for (int i = 0; i < 16; i += 4)
    UNROLL for (int j = 0; j < 2; j++) {
      x[i + 2 * j] = PAIRS(y[i + j], y[i + j + 2], 0, 8, 2, 10, 4, 12, 6, 14);
      x[i + 2 * j + 1] = PAIRS(y[i + j], y[i + j + 2], 1, 9, 3, 11, 5, 13, 7, 15);
    }
  /* lane l of x[i + j] is now column 4 * l + j of the rows i to i + 3 */
  UNROLL for (int j = 0; j < 4; j++) {
    words_16 even = EVEN_LANES(x[j], x[4 + j]), odd = ODD_LANES(x[j], x[4 + j]);
    words_16 even_after = EVEN_LANES(x[8 + j], x[12 + j]), odd_after = ODD_LANES(x[8 + j], x[12 + j]);
    y[j] = EVEN_LANES(even, even_after), y[8 + j] = ODD_LANES(even, even_after);
    y[4 + j] = EVEN_LANES(odd, odd_after), y[12 + j] = ODD_LANES(odd, odd_after);
  }
#undef PAIRS
#undef EVEN_LANES
#undef ODD_LANES
  UNROLL for (int i = 0; i < 16; i++) x[i] = y[i];
}

/* Transposes 32 rows of 32 bf16; strides in numbers. */
static __attribute__((noinline)) void transpose_bf16(bf16 *to, long to_stride, const bf16 *from, long from_stride) {
  words_16 low[16], high[16]; /* pairs of rows side by side: columns 0 to 3 and 4 to 7 of each eight */
  UNROLL for (int i = 0; i < 16; i++) {
    halves_32 a, b;
    memcpy(&a, from + 2 * i * from_stride, 64);
    memcpy(&b, from + (2 * i + 1) * from_stride, 64);
    low[i] = (words_16)__builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 8, 40, 9, 41, 10, 42, 11, 43, 16, 48, 17, 49, 18, 50,
                                               19, 51, 24, 56, 25, 57, 26, 58, 27, 59);
    high[i] = (words_16)__builtin_shufflevector(a, b, 4, 36, 5, 37, 6, 38, 7, 39, 12, 44, 13, 45, 14, 46, 15, 47, 20, 52, 21, 53, 22, 54,
                                                23, 55, 28, 60, 29, 61, 30, 62, 31, 63);
  }
  transpose_words(low), transpose_words(high);
  UNROLL for (int i = 0; i < 16; i++) {
    bf16 *column = to + (i / 4 * 8 + i % 4) * to_stride;
    memcpy(column, &low[i], 64);
    memcpy(column + 4 * to_stride, &high[i], 64);
  }
}
#endif

/* Numbers from row to row of a left side that pack_a_amx has copied: an odd number of cache lines, so that rows do not compete for one
   place in the cache. */
INLINE long amx_stride(long K) { return 32 * ((amx_depth(K) + 31) / 32 | 1); }

/* A left side that is not row-major as rows, amx_stride(K) apart. */
static inline void pack_a_amx(bf16 *to, const bf16 *a, long M, long K, long ms, long ks) {
  long stride = amx_stride(K), missing = amx_depth(K) - K;
#ifdef HAS_SHUFFLE
  if (ms == 1 && M >= 32 && K >= 32) {
    for (long k = 0; k < K; k += 32)
      for (long m = 0; m < M; m += 32) {
        long row = gemm_min(m, M - 32), column = gemm_min(k, K - 32); /* the last ones begin earlier */
        transpose_bf16(to + row * stride + column, stride, a + row + column * ks, ks);
      }
  } else
#endif
    for (long m = 0; m < M; m++)
      for (long k = 0; k < K; k++) to[m * stride + k] = a[m * ms + k * ks];
  for (long m = 0; missing && m < M; m++) memset(to + m * stride + K, 0, 2 * missing);
}

/* Up to 32 numbers, and zeros up to 32. */
INLINE void copy_padded(bf16 *to, const bf16 *from, long n) {
#ifdef __AVX512BF16__
  _mm512_storeu_si512(to, _mm512_maskz_loadu_epi16((__mmask32)((1ull << n) - 1), from));
#else
  memset(to, 0, 64);
  memcpy(to, from, 2 * n);
#endif
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

/* The rows from `skip` on of up to two tiles of sums, side by side in rows of PANEL sums. */
static inline void amx_put(AmxSums to, const float *sums, long row, long skip, long rows) {
  for (long r = skip; r < rows; r++) {
    const float *from = sums + PANEL * r;
    long at = (row + r) * to.ldc;
    float *c = (float *)to.c + at;
    if (to.out_bf16) round_to_bf16((bf16 *)to.c + at, from, to.columns);
    else if (to.accumulate) for (long i = 0; i < to.columns; i++) c[i] += from[i];
    else memcpy(c, from, 4 * to.columns);
  }
}

/* Sums in float32 and of whole tiles go straight from and to C. */
INLINE int amx_direct(AmxSums to, int wide, long skip) {
  return !to.out_bf16 && to.columns >= (wide ? 32 : 16) && (skip == 0 || !to.accumulate);
}

/* One tile or, if `wide`, two side by side, before and after the steps. */
#define AMX_BEGIN(LEFT, RIGHT, ROW, SKIP)                                      \
  if (amx_direct(to, wide, SKIP) && to.accumulate) {                           \
    const float *c = (const float *)to.c + (ROW) * to.ldc;                     \
    _tile_loadd(LEFT, c, 4 * to.ldc);                                          \
    if (wide) _tile_loadd(RIGHT, c + 16, 4 * to.ldc);                          \
  } else {                                                                     \
    _tile_zero(LEFT);                                                          \
    if (wide) _tile_zero(RIGHT);                                               \
  }
#define AMX_END(LEFT, RIGHT, ROW, SKIP)                                        \
  {                                                                            \
    int direct = amx_direct(to, wide, SKIP);                                   \
    float *c = direct ? (float *)to.c + (ROW) * to.ldc : sums;                 \
    long stride = direct ? 4 * to.ldc : 4 * PANEL;                             \
    _tile_stored(LEFT, c, stride);                                             \
    if (wide) _tile_stored(RIGHT, c + 16, stride);                             \
    if (!direct) amx_put(to, sums, ROW, SKIP, a.rows);                         \
  }

/* The rows from `first` and, if `tall`, from `second` on, of one tile each, times one or, if `wide`, two tiles of a panel. `skip` rows
   of the last of the two are done already. */
INLINE void amx_tiles(int tall, int wide, AmxLeft a, const bf16 *b, AmxSums to, long first, long second, long skip) {
  _Alignas(64) float sums[16 * PANEL];
  long above = tall ? 0 : skip;
  AMX_READS(sums);
  AMX_BEGIN(0, 1, first, above);
  if (tall) AMX_BEGIN(2, 3, second, skip);
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
  AMX_END(0, 1, first, above);
  if (tall) AMX_END(2, 3, second, skip);
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

/* A left side of M rows, ready to be read; element (m,k) is a[m*ams + k*aks]. `scratch` holds M * 32 numbers if it is row-major and K is
   not in whole steps, M * amx_stride(K) if it is not row-major. */
static inline AmxLeft amx_left(long M, long K, const bf16 *a, long ams, long aks, bf16 *scratch) {
  long pairs = amx_pairs(K), depth = amx_depth(K), before = depth - 2 * pairs;
  AmxLeft left = {(const char *)a, (const char *)(a + before), 2 * ams, 2 * ams, gemm_min(M, 16), pairs, depth / (2 * pairs)};
  if (aks != 1) {
    pack_a_amx(scratch, a, M, K, ams, aks);
    left.a = (const char *)scratch, left.last = (const char *)(scratch + before), left.stride = left.last_stride = 2 * amx_stride(K);
  } else if (depth != K) {
    for (long m = 0; m < M; m++) copy_padded(scratch + 32 * m, a + m * ams + before, K - before);
    left.last = (const char *)scratch, left.last_stride = 64;
  }
  amx_configure(left.rows, pairs);
  return left;
}

/* C[M,N] (row-major, row stride ldc) = A·B, or += where accumulate. A and `scratch` are those of amx_left; B comes from pack_amx.
   C is float, or rounded to bf16 if out_bf16 (then accumulate is 0). Not inlined: the unit's time does not depend on what the compiler
   knows. */
static __attribute__((noinline, noclone)) void gemm_amx(long M, long N, long K, const bf16 *a, long ams, long aks, const bf16 *b, void *c,
                                               long ldc, int accumulate, int out_bf16, bf16 *scratch) {
  AmxLeft left = amx_left(M, K, a, ams, aks, scratch);
  for (long n = 0; n < N; n += PANEL, b += PANEL * amx_depth(K)) {
    AmxSums to = {(char *)c + (out_bf16 ? 2 : 4) * n, ldc, gemm_min(N - n, PANEL), accumulate, out_bf16};
    if (to.columns > 16) amx_panel(1, M, left, b, to);
    else amx_panel(0, M, left, b, to);
  }
}

/* The sums of up to 32 of M rows, from `row` on, times a panel, in rows of PANEL floats. M is at least 16. A last tile that begins earlier
   writes the sums of up to 15 rows before. */
static __attribute__((noinline, noclone)) void amx_block(float *sums, AmxLeft left, const bf16 *b, long M, long row) {
  AmxSums to = {(char *)sums, PANEL, PANEL, 0, 0};
  left.a += row * left.stride, left.last += row * left.last_stride;
  if (M - row > 16) amx_tiles(1, 1, left, b, to, 0, gemm_min(M - row, 32) - 16, 0);
  else amx_tiles(0, 1, left, b, to, M - row - 16, 0, 0);
}

#undef AMX_BEGIN
#undef AMX_END

#endif

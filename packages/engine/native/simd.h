/*
 * The vectors of the processor, and bfloat16: the upper half of a float32.
 */
#ifndef SIMD_H
#define SIMD_H

#include <stdint.h>
#include <string.h>
#if defined __AVX512BF16__ || defined AMX && !defined AMX_EMULATED
#include <immintrin.h>
#endif

/* A bfloat16 takes two bytes where products read them; elsewhere it is a rounded float32. */
#if defined __AVX512BF16__ || defined AMX
#define TWO_BYTE_BF16
#endif

typedef uint16_t bf16;

#define INLINE static inline __attribute__((always_inline))

/* A large program can be compiled by several compilers, each with its number as COMPILER, which share its parts. OF_PROGRAM declares what
   all of them use; the first defines it. */
#if !defined COMPILER
#define IN_PART(part) 1
#define OF_PROGRAM static
#else
#define IN_PART(part) (part % COMPILERS == COMPILER)
#if COMPILER == 0
#define OF_PROGRAM __attribute__((visibility("hidden")))
#else
#define OF_PROGRAM extern __attribute__((visibility("hidden")))
#endif
#endif

/* LANES: floats in a vector. ROWS: rows of the register tile, so that 2 * ROWS sums, two vectors of
   B and one of A fit the registers (32 with AVX-512 and NEON, else 16). Processors with AMX have AVX-512, and its
   emulation runs their programs. */
#if defined __AVX512F__ || defined AMX
#define LANES 16
#define ROWS 12
#elif defined __AVX__
#define LANES 8
#define ROWS 6
#elif defined __aarch64__
#define LANES 4
#define ROWS 12
#else
#define LANES 4
#define ROWS 6
#endif

/* width of a packed panel of columns */
#define PANEL (2 * LANES)

/* Loops over the tile must be gone before sums are given registers: gcc needs to be told, clang does
   it by itself (and too late when told). */
#ifdef __clang__
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* __builtin_shufflevector */
#if defined __clang__ || __GNUC__ >= 12
#define HAS_SHUFFLE
#endif

/* ---- bfloat16 ---- */

/* the nearest bfloat16, ties to even, as a float32; a NaN stays a NaN */
INLINE float round_as_bf16(float x) {
  uint32_t bits;
  float y;
  memcpy(&bits, &x, 4);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  memcpy(&y, &bits, 4);
  return x == x ? y : x;
}

#ifdef TWO_BYTE_BF16
INLINE float bf16_to_f32(bf16 x) {
  uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, 4);
  return y;
}

/* to the nearest bfloat16, ties to even; a NaN stays a NaN */
INLINE bf16 f32_to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  uint32_t nearest = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  uint32_t nan = bits >> 16 | 0x40;
  return (bf16)((bits & 0x7fffffff) > 0x7f800000 ? nan : nearest);
}

/* Rounds many. */
static inline void round_to_bf16(bf16 *to, const float *from, long n) {
  long i = 0;
#ifdef __AVX512BF16__
  for (; i + 32 <= n; i += 32)
    _mm512_storeu_si512(to + i, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + i + 16), _mm512_loadu_ps(from + i)));
  for (; i + 16 <= n; i += 16)
    _mm256_storeu_si256((void *)(to + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i)));
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128((void *)(to + i), (__m128i)_mm256_cvtneps_pbh(_mm256_loadu_ps(from + i)));
  for (; i + 4 <= n; i += 4)
    _mm_storel_epi64((void *)(to + i), (__m128i)_mm_cvtneps_pbh(_mm_loadu_ps(from + i)));
#endif
  for (; i < n; i++) to[i] = f32_to_bf16(from[i]);
}
#endif

#endif

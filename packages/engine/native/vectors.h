/*
 * Sixteen numbers at a time, for loops that compile() writes vector by vector: those that store bfloat16, as programs for processors
 * with instructions for it do.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include "functions.h"
#include "gemm.h"

#ifdef TWO_BYTE_BF16

INLINE floats_16 load_f32(const float *from) { return *(const floats_16 *)from; }
INLINE void store_f32(float *to, floats_16 x) { *(floats_16 *)to = x; }

#ifdef __AVX512BF16__
INLINE floats_16 load_bf16(const bf16 *from) {
  return (floats_16)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)from)), 16);
}
INLINE void store_bf16(bf16 *to, floats_16 x) { _mm256_storeu_si256((void *)to, (__m256i)_mm512_cvtneps_pbh((__m512)x)); }

/* e^-x = 2^n 2^f with |f| <= 1/2; 2^f by a polynomial (minimax) that is off by 2^-18 of it. Where e^-x is infinite, the sigmoid is 0. */
INLINE floats_16 sigmoid_16(floats_16 x) {
  __m512 t = (__m512)(x * -1.44269504f), n = _mm512_roundscale_ps(t, 0);
  floats_16 f = (floats_16)_mm512_reduce_ps(t, 0), p = f * 9.58257665e-3f + 5.59068300e-2f;
  p = p * f + 2.40241073e-1f;
  p = p * f + 6.93124118e-1f;
  p = p * f + 1.0f;
  return 1.0f / (1.0f + (floats_16)_mm512_scalef_ps((__m512)p, n));
}

#else
/* The same without these instructions, for programs on an emulated matrix unit. */
INLINE floats_16 load_bf16(const bf16 *from) {
  floats_16 x;
  for (int i = 0; i < 16; i++) x[i] = bf16_to_f32(from[i]);
  return x;
}
INLINE void store_bf16(bf16 *to, floats_16 x) {
  for (int i = 0; i < 16; i++) to[i] = f32_to_bf16(x[i]);
}
INLINE floats_16 sigmoid_16(floats_16 x) {
  for (int i = 0; i < 16; i++) x[i] = sigmoid_f32(x[i]);
  return x;
}
#endif

/* The sigmoid with the digits that a bfloat16 has: of a vector, or of a number where a loop is not one for vectors. */
#define sigmoid_bf16(x) _Generic((x), floats_16: sigmoid_16, default: sigmoid_f32)(x)

#else
#define sigmoid_bf16 sigmoid_f32
#endif
#endif

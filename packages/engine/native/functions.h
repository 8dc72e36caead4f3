/*
 * Scalar float functions for the C that compile() generates, and sums over rows.
 *
 * The compiler turns a loop `for (c...) y[c] = exp_f32(x[c])` into vector instructions, because the functions inline, call
 * nothing, look nothing up in tables, and choose only by `a ? b : c` with both sides harmless (the compiler blends them).
 * The exceptions, which call the C library and stay scalar: pow_f32, erf_f32, floormod_f32.
 *
 * They need IEEE arithmetic (no -ffast-math): NaN goes in and out, infinities and signed zeros are C's. Against libm in double
 * they are off by less than 3 units in the last place (sigmoid and the angles; the others by less than 2), with or without
 * fused multiply-add. Results too small for a normal float (below 1.2e-38) may be 0.
 */
#ifndef RUNTIME_FUNCTIONS_H
#define RUNTIME_FUNCTIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The 32 bits of a float, and back; memcpy of 4 bytes costs nothing. */
static inline uint32_t bits_of(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
static inline float float_of(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }

/* 2^n for -126 <= n <= 127, n given as the two's complement of an integer. */
static inline float power_of_two(uint32_t n) { return float_of((n + 127u) << 23); }

/* ---- comparing and rounding ------------------------------------------------------------------------------------------ */

/* A NaN on either side wins: as `a` by the second test, as `b` because a > b is then false. */
static inline float max_f32(float a, float b) { float m = a > b ? a : b; return a != a ? a : m; }
static inline float min_f32(float a, float b) { float m = a < b ? a : b; return a != a ? a : m; }

/* NaN is not below 0 and stays. */
static inline float relu_f32(float x) { return x < 0.0f ? 0.0f : x; }

/* Zeros and NaN stay what they are. */
static inline float sign_f32(float x) { float s = x < 0.0f ? -1.0f : x; return x > 0.0f ? 1.0f : s; }

/* To the nearest integer, halves to the even one. */
static inline float round_even_f32(float x) { return rintf(x); }

/* ---- division rounded down, and what remains, as TensorFlow's FloorDiv and FloorMod ----------------------------------- */

static inline float floordiv_f32(float x, float y) { return floorf(x / y); }

/* The remainder takes the sign of y. */
static inline float floormod_f32(float x, float y) {
  float r = fmodf(x, y);
  return r != 0.0f && (r < 0.0f) != (y < 0.0f) ? r + y : r;
}

/* In double, where there are vector divisions: a quotient of int32 is never rounded across an integer there.
 * x/0 is 0 (TensorFlow raises an error); the one quotient that does not fit, -2^31/-1, wraps around to -2^31. */
static inline int32_t floordiv_i32(int32_t x, int32_t y) {
  double q = floor((double)x / (double)(y == 0 ? 1 : y));
  int32_t whole = (int32_t)(q > 2147483647.0 ? -2147483648.0 : q);
  return y == 0 ? 0 : whole;
}

/* Unsigned, where overflow is defined; x mod 0 is x. */
static inline int32_t floormod_i32(int32_t x, int32_t y) {
  return (int32_t)((uint32_t)x - (uint32_t)floordiv_i32(x, y) * (uint32_t)y);
}

/* ---- exponentials ----------------------------------------------------------------------------------------------------- */

/* exp(x) = 2^n e^r with |r| <= ln(2)/2. */
typedef struct { uint32_t n; float r; } exp_parts;

static inline exp_parts exp_split(float x) {
  const float shift = 0x1.8p23f;                /* added to it, a small number is rounded to an integer in the low bits */
  float t = x * 1.44269504f + shift, n = t - shift;
  float r = x - n * 0.693145751953125f;         /* ln 2 in two parts (as in fdlibm), the first short: n * it is exact */
  return (exp_parts){ bits_of(t) - bits_of(shift), r - n * 1.42860677e-6f };
}

/* e^r - 1 - r by the polynomial of Cephes expf. */
static inline float exp_tail(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r);
}

/* exp for -87.3 < x < 88. */
static inline float exp_inner(float x) {
  exp_parts e = exp_split(x);
  return (exp_tail(e.r) + e.r + 1.0f) * power_of_two(e.n);
}

/* 2^n in two factors, because 2^128 is no float though e^r 2^128 may be one. At -176 both factors are exactly 0, so that
 * e^-1e9, as in masked attention, does not pass through subnormal numbers, which are slow on some processors. */
static inline float exp_f32(float x) {
  float c = x < -176.0f ? -176.0f : x;
  exp_parts e = exp_split(c > 88.8f ? 88.8f : c);
  uint32_t half = (uint32_t)((int32_t)e.n >> 1);
  return (exp_tail(e.r) + e.r + 1.0f) * power_of_two(half) * power_of_two(e.n - half);
}

/* 2^n (e^r - 1) + (2^n - 1), halved on the way because 2^128 is no float. */
static inline float expm1_f32(float x) {
  float c = x < -20.0f ? -20.0f : x;            /* below, -1 */
  exp_parts e = exp_split(c > 88.8f ? 88.8f : c);
  float s = power_of_two(e.n - 1u);
  float y = 2.0f * ((exp_tail(e.r) + e.r) * s + (s - 0.5f));
  return fabsf(x) < 0x1p-25f ? x : y;           /* keeps -0 */
}

/* e^-x in one factor: where that is infinite, or 0, the sigmoid is 0, or 1. */
static inline float sigmoid_f32(float x) {
  float c = x < -88.7f ? -88.7f : x;
  exp_parts e = exp_split(c > 88.0f ? -88.0f : -c);
  return 1.0f / (1.0f + (exp_tail(e.r) + e.r + 1.0f) * power_of_two(e.n));
}

/* Cephes tanhf: a polynomial near 0, elsewhere 1 - 2 / (e^2x + 1). */
static inline float tanh_f32(float x) {
  float a = fabsf(x), z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  float near = p * z * x + x;
  float far = 1.0f - 2.0f / (exp_inner(a > 10.0f ? 20.0f : 2.0f * a) + 1.0f); /* beyond 10 tanh is 1 */
  return copysignf(a < 0.625f ? near : far, x); /* near loses the sign of -0 */
}

/* ---- logarithms ------------------------------------------------------------------------------------------------------- */

/* log((1 + f) 2^e) for 1 + f between sqrt(1/2) and sqrt(2), by the polynomial of Cephes logf; ln 2 is in two parts. */
static inline float log_joined(float f, float e) {
  float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float y = p * f * z + e * 1.42860677e-6f - 0.5f * z;
  return f + y + e * 0.693145751953125f;
}

#define SQRT_HALF 0x3f3504f3u                   /* the bits of sqrt(1/2) */

/* u = m 2^e with m in [sqrt(1/2), sqrt(2)): e, and m by its bits. */
static inline int32_t log_exponent(float u) { return (int32_t)(bits_of(u) - SQRT_HALF) >> 23; }
static inline float log_mantissa(float u) { return float_of(((bits_of(u) - SQRT_HALF) & 0x7fffffu) + SQRT_HALF); }

/* What the logarithm of u is: y where u is positive and finite, otherwise -inf, inf or NaN. */
static inline float log_special(float u, float y) {
  float positive = u < INFINITY ? y : u, other = u == 0.0f ? -INFINITY : NAN;
  return u > 0.0f ? positive : other;
}

static inline float log_f32(float x) {
  float tiny = x < 0x1p-126f ? 23.0f : 0.0f;    /* subnormals have no exponent to take apart */
  float u = x < 0x1p-126f ? x * 0x1p23f : x;
  return log_special(x, log_joined(log_mantissa(u) - 1.0f, (float)log_exponent(u) - tiny));
}

/* The exponent is that of the rounded 1 + x, but f = (1 + x) / 2^e - 1 is computed from x itself, which keeps its digits. */
static inline float log1p_f32(float x) {
  float u = 1.0f + x;
  int32_t e = log_exponent(u);
  float t = power_of_two(0u - (uint32_t)e);
  float f = x < 0x1p25f ? x * t + (t - 1.0f) : log_mantissa(u) - 1.0f;
  float y = log_special(u, log_joined(f, (float)e));
  return fabsf(x) < 0x1p-25f ? x : y;           /* keeps -0 */
}

/* log(1 + e^x) = max(x, 0) + log(1 + z) with z = e^-|x|, which cannot overflow. As 1 + z is between 1 and 2, its exponent
 * is 0 or, where 1 + z is nearer to 2, 1. */
static inline float softplus_f32(float x) {
  float z = exp_f32(-fabsf(x)), e = z > 0.41421356f ? 1.0f : 0.0f;
  float f = z > 0.41421356f ? 0.5f * z - 0.5f : z;
  return (x < 0.0f ? 0.0f : x) + log_joined(f, e);
}

/* ---- angles ----------------------------------------------------------------------------------------------------------- */

/* atan for 0 <= t <= 1, by the polynomial of SLEEF's atan2f (3.5 ULP version). */
static inline float atan_unit(float t) {
  float z = t * t;
  float p = 2.82363896258175373e-3f;
  p = p * z - 1.59569028764963150e-2f;
  p = p * z + 4.25049886107444763e-2f;
  p = p * z - 7.48900920152664185e-2f;
  p = p * z + 1.06347933411598206e-1f;
  p = p * z - 1.42027363181114197e-1f;
  p = p * z + 1.99926957488059998e-1f;
  p = p * z - 3.33331018686294556e-1f;
  return p * z * t + t;
}

/* atan(a) = pi/2 - atan(1/a). */
static inline float atan_f32(float x) {
  float a = fabsf(x);
  float y = atan_unit(a > 1.0f ? 1.0f / a : a);
  return copysignf(a > 1.0f ? 1.57079633f - y : y, x);
}

/* The angle of the smaller side over the larger one, then mirrored into the right eighth of the circle. */
static inline float atan2_f32(float y, float x) {
  float a = fabsf(y), b = fabsf(x);
  float large = a > b ? a : b, small = a > b ? b : a;
  float equal = large == 0.0f ? 0.0f : 1.0f;    /* 0/0 and inf/inf would be NaN */
  float r = atan_unit(small == large ? equal : small / large);
  r = a > b ? 1.57079633f - r : r;
  r = bits_of(x) >> 31 ? 3.14159265f - r : r;   /* the sign bit, because atan2(0, -0) is pi */
  return copysignf(r, y);
}

/* ---- the others ------------------------------------------------------------------------------------------------------- */

static inline float rsqrt_f32(float x) { return 1.0f / sqrtf(x); }
static inline float pow_f32(float x, float y) { return powf(x, y); }
static inline float erf_f32(float x) { return erff(x); }

/* ---- sums over rows --------------------------------------------------------------------------------------------------- */

typedef float floats_16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float floats_8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float floats_4 __attribute__((vector_size(16), aligned(4), may_alias));

/* Sixteen sums side by side, then halves onto halves: one after the other, additions would wait for each other. */
static inline float sum_f32(const float *x, long n) {
  floats_16 s = {0};
  for (; n >= 16; n -= 16, x += 16) s += *(const floats_16 *)x;
  floats_8 eight[2];
  memcpy(eight, &s, sizeof s);
  eight[0] += eight[1];
  if (n >= 8) eight[0] += *(const floats_8 *)x, x += 8, n -= 8;
  floats_4 four[2];
  memcpy(four, eight, sizeof four);
  four[0] += four[1];
  if (n >= 4) four[0] += *(const floats_4 *)x, x += 4, n -= 4;
  float sum = (four[0][0] + four[0][2]) + (four[0][1] + four[0][3]);
  for (; n > 0; n--) sum += *x++;
  return sum;
}

#endif

/* The C library's functions that are instructions of WebAssembly. It has no others: a program that needs them does not link. */
#ifndef WASM_MATH_H
#define WASM_MATH_H

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

static inline float rintf(float x) { return __builtin_rintf(x); }
static inline float floorf(float x) { return __builtin_floorf(x); }
static inline double floor(double x) { return __builtin_floor(x); }
static inline float sqrtf(float x) { return __builtin_sqrtf(x); }
static inline float fabsf(float x) { return __builtin_fabsf(x); }
static inline float copysignf(float x, float y) { return __builtin_copysignf(x, y); }

float fmodf(float, float);
float powf(float, float);
float erff(float);

#endif

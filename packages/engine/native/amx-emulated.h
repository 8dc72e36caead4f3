/*
 * The intrinsics of AMX that amx.h uses, as plain functions after the pseudo-code of Intel's "Software Developer's Manual", volume 2
 * (LDTILECFG, TILELOADD, TILESTORED, TDPBF16PS, TILEZERO, TILERELEASE), for tests on machines without the unit. What the processor
 * would refuse ends the process with a message.
 */
#ifndef AMX_EMULATED_H
#define AMX_EMULATED_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the place of the compiler's own, functions or macros, which simd.h includes where the processor has bfloat16 instructions. */
#undef _tile_release
#undef _tile_loadconfig
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_release emulated_tile_release
#define _tile_loadconfig emulated_tile_loadconfig
#define _tile_zero emulated_tile_zero
#define _tile_loadd emulated_tile_loadd
#define _tile_stored emulated_tile_stored
#define _tile_dpbf16ps emulated_tile_dpbf16ps

/* Palette 1: eight tiles of up to 16 rows of up to 64 bytes. */
OF_PROGRAM _Thread_local struct {
  int palette;
  uint16_t colsb[16];
  uint8_t rows[16];
  _Alignas(64) uint8_t row[8][16][64];
} amx_unit;

static inline void amx_require(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "emulated AMX: %s\n", what);
  abort();
}

static inline void _tile_release(void) { memset(&amx_unit, 0, sizeof amx_unit); }

static inline void _tile_loadconfig(const void *config) {
  const uint8_t *bytes = config;
  _tile_release();
  amx_require(bytes[0] <= 1, "ldtilecfg: unknown palette");
  if (bytes[0] == 0) return;
  amx_require(bytes[1] == 0, "ldtilecfg: a start row");
  for (int i = 2; i < 16; i++) amx_require(bytes[i] == 0, "ldtilecfg: reserved bytes");
  memcpy(amx_unit.colsb, bytes + 16, 32);
  memcpy(amx_unit.rows, bytes + 48, 16);
  for (int t = 0; t < 16; t++) {
    uint16_t colsb = amx_unit.colsb[t];
    uint8_t rows = amx_unit.rows[t];
    amx_require(colsb <= 64 && rows <= 16, "ldtilecfg: a tile is too large");
    amx_require((colsb == 0) == (rows == 0), "ldtilecfg: rows without columns, or columns without rows");
    amx_require(t < 8 || rows == 0, "ldtilecfg: more than eight tiles");
  }
  amx_unit.palette = 1;
}

/* The tile exists: its instructions are otherwise undefined. */
static inline void amx_tile(int t) { amx_require(amx_unit.palette == 1 && amx_unit.rows[t] > 0, "a tile is not configured"); }

static inline void _tile_zero(int t) {
  amx_tile(t);
  memset(amx_unit.row[t], 0, sizeof amx_unit.row[t]);
}

static inline void _tile_loadd(int t, const void *base, long stride) {
  _tile_zero(t);
  for (int r = 0; r < amx_unit.rows[t]; r++) memcpy(amx_unit.row[t][r], (const char *)base + r * stride, amx_unit.colsb[t]);
}

static inline void _tile_stored(int t, void *base, long stride) {
  amx_tile(t);
  for (int r = 0; r < amx_unit.rows[t]; r++) memcpy((char *)base + r * stride, amx_unit.row[t][r], amx_unit.colsb[t]);
}

/* DAZ and FTZ: what is smaller than a normal number is a zero of its sign. */
static inline float amx_flush(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  bits = (bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits;
  memcpy(&x, &bits, 4);
  return x;
}

/* make_fp32 of the manual, with DAZ: the lower or the upper bfloat16 of a pair. */
static inline float amx_number(uint32_t pair, int upper) {
  uint32_t bits = upper ? pair & 0xffff0000 : pair << 16;
  float x;
  memcpy(&x, &bits, 4);
  return amx_flush(x);
}

/* The even and the odd elements of K are summed apart, each by fused multiply-adds, and then added to the tile. */
static inline void _tile_dpbf16ps(int dst, int a, int b) {
  amx_tile(dst), amx_tile(a), amx_tile(b);
  amx_require(dst != a && dst != b && a != b, "tdpbf16ps: one tile twice");
  int rows = amx_unit.rows[dst], pairs = amx_unit.colsb[a] / 4, columns = amx_unit.colsb[dst] / 4;
  amx_require((amx_unit.colsb[a] | amx_unit.colsb[b] | amx_unit.colsb[dst]) % 4 == 0, "tdpbf16ps: columns are not words");
  amx_require(amx_unit.rows[a] == rows && amx_unit.rows[b] == pairs && amx_unit.colsb[b] == amx_unit.colsb[dst],
              "tdpbf16ps: the sizes of the tiles differ");
  float right[16][2][16];
  for (int k = 0; k < pairs; k++) {
    uint32_t words[16];
    memcpy(words, amx_unit.row[b][k], 64);
    for (int n = 0; n < 16; n++) right[k][0][n] = amx_number(words[n], 0), right[k][1][n] = amx_number(words[n], 1);
  }
  for (int m = 0; m < rows; m++) {
    uint32_t left[16];
    float even[16] = {0}, odd[16] = {0}, sums[16];
    memcpy(left, amx_unit.row[a][m], 64);
    memcpy(sums, amx_unit.row[dst][m], 64);
    for (int k = 0; k < pairs; k++) {
      float low = amx_number(left[k], 0), high = amx_number(left[k], 1);
      for (int n = 0; n < 16; n++) {
        even[n] = amx_flush(fmaf(low, right[k][0][n], even[n]));
        odd[n] = amx_flush(fmaf(high, right[k][1][n], odd[n]));
      }
    }
    for (int n = 0; n < columns; n++) sums[n] = amx_flush(amx_flush(sums[n]) + amx_flush(even[n] + odd[n]));
    memcpy(amx_unit.row[dst][m], sums, 64);
  }
}

#endif

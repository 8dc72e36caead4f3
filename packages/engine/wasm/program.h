/*
 * The runtime of a program for WebAssembly, in place of `native/program.h`: one thread, memory of fixed size, no C library.
 *
 * The program defines the same names before it includes this file, and `program` after it. A module holds several programs; the
 * page gives each the addresses of its inputs and results.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "functions.h"
#include "gemm.h"
#include "vectors.h"

/* Zero at first, because padding is read and must not hold NaN. */
static _Alignas(64) char global[GLOBAL_BYTES + 64], scratch_of_thread[SCRATCH_BYTES + 64];
static _Alignas(64) float partial[PARTIAL_FLOATS + 16];
static char *const scratch[] = {scratch_of_thread};
static int fault;
static int next_chunk[PHASES];

#define KERNEL static void

static void program(int thread, void *addresses);

static inline int take_chunk(int phase) { return next_chunk[phase]++; }

/* The only thread takes all items. */
static inline long range_start(long n, int thread, long few, long step) {
  (void)few, (void)step;
  return thread == 0 ? 0 : n;
}

static inline void barrier(void) {}

/* Runs the program on the addresses of inputs, results and constants. Returns 0; 2 if an index is outside its table. */
static int run(void **addresses) {
  fault = 0;
  for (int phase = 0; phase < PHASES; phase++) next_chunk[phase] = 0;
  program(0, addresses);
  return fault;
}

#endif

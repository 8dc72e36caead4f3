/*
 * The runtime of a program for WebAssembly, in place of `native/program.h`: memory of fixed size, no C library; one thread, or several
 * where the module's memory is shared.
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
static _Alignas(64) char global[GLOBAL_BYTES + 64], scratch[THREADS][(SCRATCH_BYTES + 127) / 64 * 64];
static _Alignas(64) float partial[PARTIAL_FLOATS + 16];
static int fault;
static int next_chunk[PHASES];

#define KERNEL static void

static void program(int thread, void *addresses);

#if THREADS > 1
#include "threads.h"
#define RUNNING pool.threads
static inline int take_chunk(int phase) { return __atomic_fetch_add(&next_chunk[phase], 1, __ATOMIC_RELAXED); }
#else
#define RUNNING 1
static inline int take_chunk(int phase) { return next_chunk[phase]++; }
static inline void barrier(void) {}
static inline void parallel(void (*fn)(int, void *), void *context) { fn(0, context); }
#endif

/* The start of a thread's range of n items; if there are only a few, the first thread gets all. */
static inline long range_start(long n, int thread, long few, long step) {
  if (n < few) return thread == 0 ? 0 : n;
  return thread == RUNNING ? n : n * thread / RUNNING / step * step;
}

/* Runs the program on the addresses of inputs, results and constants. Returns 0; 2 if an index is outside its table. */
static int run(void **addresses) {
  fault = 0;
  for (int phase = 0; phase < PHASES; phase++) next_chunk[phase] = 0;
  parallel(program, addresses);
  return fault;
}

#endif

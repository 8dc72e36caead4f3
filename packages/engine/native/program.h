/*
 * The runtime of a program that compile() writes: its memory, its chunks of the batch, and its entry points.
 *
 * The program defines THREADS, GLOBAL_BYTES, PARTIAL_FLOATS (partial sums over the batch, of all chunks), SCRATCH_BYTES (per thread),
 * PHASES and CHUNKS before it includes this file, and the function `program`, which all threads run, after it. The first part of a
 * program holds all but kernels.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#define _GNU_SOURCE /* for the cores in threads.h; before any header of the system */

#ifdef AMX
#include "amx.h"
#endif
#include "functions.h"
#include "gemm.h"
#include "vectors.h"

/* Each kernel is compiled by itself. Inlined into the program, which they would be because most are called once, kernels took two to
   four times as long to compile. */
#define KERNEL OF_PROGRAM __attribute__((noinline)) void

OF_PROGRAM int fault;

#if IN_PART(0)
#include "threads.h"
#include <stdlib.h>

static char *global, *scratch[THREADS];
static float *partial;
static atomic_int next_chunk[PHASES];

/* The program only calls kernels: hundreds of calls, which it would take a second to optimize for nothing. */
#ifdef __clang__
#define ONLY_CALLS __attribute__((noinline, optnone))
#else
#define ONLY_CALLS __attribute__((noinline, optimize("O0")))
#endif

ONLY_CALLS static void program(int thread, void *addresses);

/* Takes the next chunk of a phase. A thread that is faster takes more of them. */
static inline int take_chunk(int phase) { return atomic_fetch_add_explicit(&next_chunk[phase], 1, memory_order_relaxed); }

/* The start of a thread's range of n items; if there are only a few, the first thread gets all. */
static inline long range_start(long n, int thread, long few, long step) {
  if (n < few) return thread == 0 ? 0 : n;
  return thread == THREADS ? n : n * thread / THREADS / step * step;
}

/* Memory aligned for vectors. It is set to zero, because padding is read and must not hold NaN. */
static void *allocate(size_t bytes) {
  void *address = 0;
  if (posix_memalign(&address, 64, bytes + 64) != 0) return 0;
  return memset(address, 0, bytes + 64);
}

static int allocate_all(void) {
  if (global == 0) global = allocate(GLOBAL_BYTES);
  if (partial == 0) partial = allocate(4 * (size_t)PARTIAL_FLOATS);
  int complete = global != 0 && partial != 0;
  for (int i = 0; i < THREADS; i++) {
    if (scratch[i] == 0) scratch[i] = allocate(SCRATCH_BYTES);
    complete &= scratch[i] != 0;
  }
  return complete;
}

#ifdef AMX
static void run_thread(int thread, void *addresses) {
  program(thread, addresses);
  amx_release();
}
#else
#define run_thread program
#endif

static pthread_mutex_t run_lock = PTHREAD_MUTEX_INITIALIZER;

/* Runs the program on the addresses of inputs, results and constants. Returns 0; 1 if memory or threads are missing; 2 if an
   index is outside its table. Calls use the same memory, so they wait for each other. */
int run(void **addresses) {
  pthread_mutex_lock(&run_lock);
  fault = 0;
  for (int phase = 0; phase < PHASES; phase++) atomic_store_explicit(&next_chunk[phase], 0, memory_order_relaxed);
  int result = allocate_all() && parallel(THREADS, run_thread, addresses) ? fault : 1;
  pthread_mutex_unlock(&run_lock);
  return result;
}

/* Frees the memory and ends the threads. A later run allocates and starts them again. */
void free_program(void) {
  stop_threads();
  free(global), free(partial);
  global = 0, partial = 0;
  for (int i = 0; i < THREADS; i++) free(scratch[i]), scratch[i] = 0;
}

#endif
#endif

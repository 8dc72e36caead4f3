/*
 * The frame of a program that compile() writes: its memory, and how it is called.
 *
 * Before this is included, THREADS, GLOBAL_BYTES, PARTIAL_FLOATS (sums over the batch, each share's own), SCRATCH_BYTES (for each
 * thread) and PARTS (of which each is done in shares of the batch) are defined. Behind it comes `program`, which all threads run.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#define _GNU_SOURCE /* for the cores in threads.h; before any header of the system */

#include "functions.h"
#include "gemm.h"
#include "threads.h"
#include "vectors.h"
#include <stdlib.h>

static char *global, *scratch[THREADS];
static float *partial;
static int fault;
static atomic_int taken[PARTS];

static void program(int thread, void *addresses);

/* The next share of a part: whoever is done early takes more of them. */
static inline int take(int part) { return atomic_fetch_add_explicit(&taken[part], 1, memory_order_relaxed); }

/* Where the part of n begins that a thread does; few are left to the first. */
static inline long share(long n, int thread, long few, long step) {
  if (n < few) return thread == 0 ? 0 : n;
  return thread == THREADS ? n : n * thread / THREADS / step * step;
}

/* On a vector's boundary; zero, so that what padding holds is a number. */
static void *memory(size_t bytes) {
  void *place = 0;
  if (posix_memalign(&place, 64, bytes + 64) != 0) return 0;
  return memset(place, 0, bytes + 64);
}

static int have_memory(void) {
  if (global == 0) global = memory(GLOBAL_BYTES);
  if (partial == 0) partial = memory(4 * (size_t)PARTIAL_FLOATS);
  int complete = global != 0 && partial != 0;
  for (int i = 0; i < THREADS; i++) {
    if (scratch[i] == 0) scratch[i] = memory(SCRATCH_BYTES);
    complete &= scratch[i] != 0;
  }
  return complete;
}

static pthread_mutex_t one_call = PTHREAD_MUTEX_INITIALIZER;

/* Runs the program on the addresses of inputs, results and constants. Gives 0; 1 where memory or threads are missing; 2 where
   an index was not in its table. Calls share the memory, so one waits for another. */
int run(void **addresses) {
  pthread_mutex_lock(&one_call);
  fault = 0;
  for (int part = 0; part < PARTS; part++) atomic_store_explicit(&taken[part], 0, memory_order_relaxed);
  int result = have_memory() && parallel(THREADS, program, addresses) ? fault : 1;
  pthread_mutex_unlock(&one_call);
  return result;
}

/* Frees the memory and ends the threads; a later run starts anew. */
void leave(void) {
  stop_threads();
  free(global), free(partial);
  global = 0, partial = 0;
  for (int i = 0; i < THREADS; i++) free(scratch[i]), scratch[i] = 0;
}

#endif

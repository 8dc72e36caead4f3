/*
 * The threads of a module in shared memory. A helper is a worker of the page with an instance of the module and a stack of its own, in a call
 * of `help` that never ends. All programs of the module share the pool. A program gives the same numbers on one thread.
 */
#ifndef WASM_THREADS_H
#define WASM_THREADS_H

enum { SPINS_BEFORE_SLEEP = 2000 };

typedef struct {
  int wanted, helpers;       /* until all that are wanted have come, the caller works alone */
  int threads;               /* of the present call, as are fn and context */
  void (*fn)(int thread, void *context);
  void *context;
  _Alignas(64) int calls;    /* helpers wait for the next one */
  _Alignas(64) int running;  /* helpers that have not finished the present one */
  _Alignas(64) int arrived;  /* threads waiting at the present barrier */
  _Alignas(64) int passed;   /* barriers completed so far */
} Pool;

__attribute__((weak)) Pool pool = {.threads = 1};

static inline int pool_load(int *address) { return __atomic_load_n(address, __ATOMIC_SEQ_CST); }

/* Waits until a number is another one: first brief, then asleep. */
static inline void pool_wait_while(int *address, int value) {
  for (int turns = 0; pool_load(address) == value; turns++)
    if (turns >= SPINS_BEFORE_SLEEP) __builtin_wasm_memory_atomic_wait32(address, value, -1);
}

static inline void pool_wake(int *address) { __builtin_wasm_memory_atomic_notify(address, ~0u); }

static inline void barrier(void) {
  if (pool.threads == 1) return;
  int before = pool_load(&pool.passed); /* cannot change before we arrive */
  if (__atomic_add_fetch(&pool.arrived, 1, __ATOMIC_SEQ_CST) == pool.threads) {
    __atomic_store_n(&pool.arrived, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&pool.passed, before + 1, __ATOMIC_SEQ_CST);
    pool_wake(&pool.passed);
  } else {
    pool_wait_while(&pool.passed, before);
  }
}

/* Runs fn(0, context) here and fn(1, context) … on the helpers; returns when all are done. */
static inline void parallel(void (*fn)(int, void *), void *context) {
  int helpers = pool_load(&pool.helpers) == pool.wanted ? pool.wanted : 0;
  pool.threads = helpers + 1;
  if (helpers > 0) {
    pool.fn = fn;
    pool.context = context;
    __atomic_store_n(&pool.running, helpers, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&pool.calls, 1, __ATOMIC_SEQ_CST);
    pool_wake(&pool.calls);
  }
  fn(0, context);
  for (int left; (left = pool_load(&pool.running)) > 0;) pool_wait_while(&pool.running, left);
}

/* How many helpers will come. */
__attribute__((weak, export_name("want"))) void want(int helpers) { pool.wanted = helpers; }

/* How many threads the last call had. */
__attribute__((weak, export_name("threads"))) int threads(void) { return pool.threads; }

/* The life of a helper. */
__attribute__((weak, export_name("help"))) void help(void) {
  /* Read first: the caller calls nobody before the last helper has come. */
  int seen = pool_load(&pool.calls);
  int thread = __atomic_add_fetch(&pool.helpers, 1, __ATOMIC_SEQ_CST);
  for (;; seen++) {
    pool_wait_while(&pool.calls, seen);
    pool.fn(thread, pool.context);
    if (__atomic_sub_fetch(&pool.running, 1, __ATOMIC_SEQ_CST) == 0) pool_wake(&pool.running);
  }
}

#endif

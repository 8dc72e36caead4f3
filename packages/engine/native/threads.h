/*
 * A small pool of threads for programs of the form "all threads execute the same function, with barriers inside".
 *
 * parallel(threads, fn, context) wakes the workers through one mailbox each, runs fn(0, context) itself, and waits for them.
 * Everybody who waits first spins, because the next step usually comes within microseconds, and then lets others have the
 * core; a worker without work goes to sleep after a while.
 *
 * C11 atomics and pthreads only; on Linux, with _GNU_SOURCE, also its word on which core a thread may run. Each C file that
 * includes this has its own pool.
 */
#ifndef RUNTIME_THREADS_H
#define RUNTIME_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
  MOST_THREADS = 256,
  STACK_BYTES = 8 << 20,         /* the default of Linux; that of macOS is half a megabyte */
  SPINS_BEFORE_YIELD = 100,      /* two or three microseconds */
  IDLE_SPIN_NANOSECONDS = 50000, /* between calls */
};

typedef void (*parallel_fn)(int thread, void *context);

/* Aligned so that no two workers share a cache line (128 bytes on Apple's processors). */
typedef struct {
  _Alignas(128) atomic_int posted; /* the mailbox: 1 = there is work */
  atomic_int asleep;               /* 1 = spinning will not notice, signal `wake` */
  int thread;
  pthread_t id;
  pthread_mutex_t lock;            /* guards the way from `asleep = 1` into the wait */
  pthread_cond_t wake;
} pool_worker;

static struct {
  pthread_mutex_t one_call;        /* held during a whole call */
  int workers;                     /* how many are started: workers[1] ... workers[pool.workers] */
  int stopping;
  int threads;                     /* of the current call, as are fn and context; the mailboxes publish them */
  parallel_fn fn;
  void *context;
  _Alignas(128) atomic_int running; /* workers that have not finished the current call */
  _Alignas(128) atomic_int arrived; /* threads waiting at the current barrier */
  _Alignas(128) atomic_uint passed; /* barriers completed so far */
} pool = { .one_call = PTHREAD_MUTEX_INITIALIZER };

static pool_worker pool_workers[MOST_THREADS];

/* ---- waiting ---------------------------------------------------------------------------------------------------------- */

/* Tells the processor that this is a waiting loop. */
static inline void pool_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");         /* `yield` does nothing on most arm processors, isb takes about as long as x86's pause */
#endif
}

/* One turn of a waiting loop: first brief, later in favour of whoever needs the core. */
static inline void pool_wait_a_little(int *turns) {
  if (*turns < SPINS_BEFORE_YIELD) {
    ++*turns;
    pool_pause();
  } else {
    sched_yield();
  }
}

static inline int64_t pool_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Whether work came while spinning. */
static inline int pool_spin_for_work(pool_worker *worker) {
  int64_t end = pool_nanoseconds() + IDLE_SPIN_NANOSECONDS;
  for (int turns = 0; turns < SPINS_BEFORE_YIELD || pool_nanoseconds() < end;) {
    if (atomic_load_explicit(&worker->posted, memory_order_acquire)) return 1;
    pool_wait_a_little(&turns);
  }
  return 0;
}

/* No wake-up is lost: `asleep` is set before `posted` is read here, and the other way round in pool_post. */
static inline void pool_sleep_until_work(pool_worker *worker) {
  pthread_mutex_lock(&worker->lock);
  atomic_store(&worker->asleep, 1);
  while (!atomic_load(&worker->posted)) pthread_cond_wait(&worker->wake, &worker->lock);
  atomic_store(&worker->asleep, 0);
  pthread_mutex_unlock(&worker->lock);
}

static inline void pool_post(pool_worker *worker) {
  atomic_store(&worker->posted, 1);
  if (!atomic_load(&worker->asleep)) return;
  pthread_mutex_lock(&worker->lock);
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->lock);
}

/* ---- workers ---------------------------------------------------------------------------------------------------------- */

static void *pool_work(void *self) {
  pool_worker *worker = self;
  for (;;) {
    if (!pool_spin_for_work(worker)) pool_sleep_until_work(worker);
    atomic_store_explicit(&worker->posted, 0, memory_order_relaxed);
    if (pool.stopping) return NULL;
    pool.fn(worker->thread, pool.context);
    atomic_fetch_sub_explicit(&pool.running, 1, memory_order_release);
  }
}

static inline int pool_create(pool_worker *worker) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes)) return 0;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int failed = pthread_create(&worker->id, &attributes, pool_work, worker);
  pthread_attr_destroy(&attributes);
  return !failed;
}

/* Signals are the host's affair: a thread inherits the mask of its creator, so all are blocked meanwhile. */
static inline int pool_start(int thread) {
  pool_worker *worker = &pool_workers[thread];
  worker->thread = thread;
  pthread_mutex_init(&worker->lock, NULL);
  pthread_cond_init(&worker->wake, NULL);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int started = pool_create(worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (started) return 1;
  pthread_cond_destroy(&worker->wake);
  pthread_mutex_destroy(&worker->lock);
  return 0;
}

static inline int pool_grow(int workers) {
  for (; pool.workers < workers; pool.workers++)
    if (!pool_start(pool.workers + 1)) return 0;
  return 1;
}

static inline void pool_join(pool_worker *worker) {
  pool_post(worker);
  pthread_join(worker->id, NULL);
  pthread_cond_destroy(&worker->wake);
  pthread_mutex_destroy(&worker->lock);
}

/* ---- the interface ---------------------------------------------------------------------------------------------------- */

/* Waits until all threads of the running fn are here; what they wrote before is then visible to all. */
static inline void barrier(void) {
  if (pool.threads == 1) return;
  unsigned before = atomic_load_explicit(&pool.passed, memory_order_relaxed); /* cannot change before we arrive */
  if (atomic_fetch_add_explicit(&pool.arrived, 1, memory_order_acq_rel) == pool.threads - 1) {
    atomic_store_explicit(&pool.arrived, 0, memory_order_relaxed);            /* the last one opens the gate */
    atomic_store_explicit(&pool.passed, before + 1, memory_order_release);
  } else {
    for (int turns = 0; atomic_load_explicit(&pool.passed, memory_order_acquire) == before;) pool_wait_a_little(&turns);
  }
}

/* Keeps the workers off the caller's core. Linux may wake one there, behind the caller, and leave it waiting for milliseconds
 * though another core has nothing to do. */
#if defined(__linux__)
static inline void pool_spread(int workers) {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) || CPU_COUNT(&cores) <= workers) return;
  CPU_CLR(sched_getcpu(), &cores);
  for (int i = 1; i <= workers; i++) pthread_setaffinity_np(pool_workers[i].id, sizeof cores, &cores);
}
#else
static inline void pool_spread(int workers) { (void)workers; }
#endif

static inline void pool_run(int threads, parallel_fn fn, void *context) {
  pool_spread(threads - 1);
  pool.threads = threads;
  pool.fn = fn;
  pool.context = context;
  atomic_store_explicit(&pool.running, threads - 1, memory_order_relaxed);
  for (int thread = 1; thread < threads; thread++) pool_post(&pool_workers[thread]);
  fn(0, context);
  for (int turns = 0; atomic_load_explicit(&pool.running, memory_order_acquire);) pool_wait_a_little(&turns);
}

/* Runs fn(0, context) ... fn(threads - 1, context), each on a thread of its own, 0 on the caller's; returns when all are done.
 * Returns 1; or 0, and nothing ran, if a worker could not be started. Calls from several threads wait for each other; a call
 * from inside fn would wait forever. */
static inline int parallel(int threads, parallel_fn fn, void *context) {
  if (threads < 1 || threads > MOST_THREADS) return 0;
  pthread_mutex_lock(&pool.one_call);
  int ready = pool_grow(threads - 1);
  if (ready) pool_run(threads, fn, context);
  pthread_mutex_unlock(&pool.one_call);
  return ready;
}

/* Ends the workers and waits until they are gone, so that the library can be unloaded. parallel() would start new ones. */
static inline void stop_threads(void) {
  pthread_mutex_lock(&pool.one_call);
  pool.stopping = 1;
  for (; pool.workers > 0; pool.workers--) pool_join(&pool_workers[pool.workers]);
  pool.stopping = 0;
  pthread_mutex_unlock(&pool.one_call);
}

#endif

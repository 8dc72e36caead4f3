/*
 * Whether this process may use the matrix unit, and whether the unit computes what it should.
 */
#define _GNU_SOURCE
#include "amx.h"
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Small whole numbers, of which every sum is exact. */
static bf16 whole(long i) { return f32_to_bf16((float)(i * 37 % 17 - 8)); }

/* 64x96 times 96x48, and sizes that leave a rest everywhere, of a transposed left side too, against scalar code. */
static int is_right(long M, long K, long N, int transposed) {
  enum { MOST = 96 * 128 };
  static bf16 a[MOST], b[MOST], packed[MOST], scratch[2 * MOST];
  static float c[MOST];
  for (long i = 0; i < M * K; i++) a[i] = whole(i);
  for (long i = 0; i < K * N; i++) b[i] = whole(i + 5);
  for (long i = 0; i < M * N; i++) c[i] = (float)i;
  long ms = transposed ? 1 : K, ks = transposed ? M : 1;
  pack_amx(packed, b, K, N, N, 1);
  gemm_amx(M, N, K, a, ms, ks, packed, c, N, 1, 0, scratch);
  for (long m = 0; m < M; m++)
    for (long n = 0; n < N; n++) {
      float sum = (float)(m * N + n);
      for (long k = 0; k < K; k++) sum += bf16_to_f32(a[m * ms + k * ks]) * bf16_to_f32(b[k * N + n]);
      if (c[m * N + n] != sum) return 0;
    }
  return 1;
}

/* Asks the system for permission, which is then that of the whole process: XFEATURE_XTILEDATA by ARCH_REQ_XCOMP_PERM. */
static int permission(void) {
#ifdef AMX_EMULATED
  return 0;
#else
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0 ? 0 : errno;
#endif
}

/* 0 if the unit can be used; -1 if it computes wrongly, -2 if it ends the process that tries it, -3 if that process cannot be made;
   else the error with which the system refuses it. */
int check(void) {
  int refused = permission();
  if (refused) return refused;
  pid_t child = fork();
  if (child < 0) return -3;
  if (child == 0) {
    int right = is_right(64, 96, 48, 0) && is_right(37, 71, 43, 0) && is_right(37, 71, 43, 1);
    amx_release();
    _exit(right ? 0 : 1);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -3;
  return WIFEXITED(status) ? -WEXITSTATUS(status) : -2;
}

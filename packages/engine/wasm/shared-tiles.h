/*
 * `gemm_columns` for native/gemm.h, with one function for each height of a tile that all products of a program share. Made for each
 * size of product instead, as native programs do, a training step has 20 times as much code, which a page would have to load.
 */
#define COLUMNS(ROWS)                                                                                          \
  static __attribute__((noinline)) void columns_##ROWS(const GemmShape *p, long tiles, int cols, const char *a, \
                                                       const char *b, char *c) {                               \
    for (long i = 0; i < tiles; i++, a += p->ats, c += ROWS * p->ldc) {                                        \
      if (cols == PANEL) full_tile(*p, ROWS, 2, PANEL, a, b, c);                                               \
      else if (cols > LANES) full_tile(*p, ROWS, 2, cols, a, b, c);                                            \
      else full_tile(*p, ROWS, 1, cols, a, b, c);                                                              \
    }                                                                                                          \
  }
COLUMNS(1)
COLUMNS(2)
COLUMNS(3)
COLUMNS(4)
COLUMNS(5)
COLUMNS(6)
#undef COLUMNS

static inline void gemm_columns(GemmShape p, int rows, long tiles, int cols, const char *a, const char *b, char *c) {
  static void (*const columns[])(const GemmShape *, long, int, const char *, const char *, char *) = {
      0, columns_1, columns_2, columns_3, columns_4, columns_5, columns_6};
  columns[rows](&p, tiles, cols, a, b, c);
}

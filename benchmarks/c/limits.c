/* What the machine allows: bandwidth of a triad (McCalpin's STREAM) from memory and from the cache,
 * and a bare loop that adds to random targets, as synapses do. One line of JSON. */
#include "bench.h"

enum { LARGE = 1 << 24, SMALL = 1 << 14 }; /* doubles in each of three arrays: 128 MB, 128 kB */
enum { CELLS = 12500, IN_ROW = 1250, ROWS = 12500 };

__attribute__((noinline)) static void triad(double *restrict a, const double *restrict b,
                                            const double *restrict c, int n) {
    for (int i = 0; i < n; i++) a[i] = b[i] + 3.0 * c[i];
}

/* bytes read and written in a second, the best of a few; a line that is written is not read first
 * in this count, as in STREAM */
static double bandwidth(int n, int inner) {
    size_t size = sizeof(double);
    double *a = allocate((size_t)n, size), *b = allocate((size_t)n, size), *c = allocate((size_t)n, size);
    double best = 1e9;
    for (int trial = 0; trial < 7; trial++) {
        double begun = now();
        for (int k = 0; k < inner; k++) triad(a, b, c, n);
        double took = now() - begun;
        if (took < best) best = took;
    }
    free(a);
    free(b);
    free(c);
    return 3.0 * 8.0 * n * inner / best;
}

__attribute__((noinline)) static void gather(double *restrict input, const int32_t *restrict target,
                                             int n) {
    for (int s = 0; s < n; s++) input[target[s]] += 1.0;
}

/* ns for each target, rows of brunel.c in random order */
static double gather_ns(void) {
    Rng rng = rng_make(1);
    Rows rows = connect_random(&rng, ROWS, CELLS, (double)IN_ROW / CELLS);
    double *input = allocate(CELLS, sizeof(double)), best = 1e9;
    for (int trial = 0; trial < 7; trial++) {
        int64_t events = 0;
        double begun = now();
        for (int k = 0; k < 2000; k++) {
            int i = (int)(rng_uniform(&rng) * ROWS);
            int n = (int)(rows.start[i + 1] - rows.start[i]);
            gather(input, rows.target + rows.start[i], n);
            events += n;
        }
        double each = (now() - begun) / (double)events;
        if (each < best) best = each;
    }
    return 1e9 * best;
}

int main(void) {
    double memory = bandwidth(LARGE, 1), cache = bandwidth(SMALL, 1000);
    printf("{\"memory_bytes_per_second\": %.4g, \"cache_bytes_per_second\": %.4g, "
           "\"gather_ns\": %.3f}\n", memory, cache, gather_ns());
    return 0;
}

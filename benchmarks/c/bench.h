/* What the benchmark programs share: random numbers, sparse rows, a spike log, the report.
 *
 * C11 and POSIX, one thread, nothing but libc and libm. Each program includes this file once.
 * Loops are written so that gcc -O3 -march=native -ffast-math vectorises them, calls of exp, log,
 * sin and cos included (libmvec).
 */
#ifndef BENCH_H
#define BENCH_H

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* ---------------------------------------------------------------- arguments, memory, time */

typedef struct {
    double duration; /* s of biological time */
    uint64_t seed;
    int size; /* neurons */
} Options;

static inline Options parse_options(int argc, char **argv, double duration, int size) {
    Options o = {duration, 1, size};
    for (int k = 1; k + 1 < argc; k += 2) {
        if (!strcmp(argv[k], "--duration")) o.duration = atof(argv[k + 1]);
        else if (!strcmp(argv[k], "--size")) o.size = atoi(argv[k + 1]);
        else if (!strcmp(argv[k], "--seed")) o.seed = strtoull(argv[k + 1], NULL, 10);
        else { fprintf(stderr, "unknown option %s\n", argv[k]); exit(2); }
    }
    return o;
}

static inline void *allocate(size_t count, size_t size) {
    /* 64 bytes: the widest vector register and one cache line */
    size_t bytes = (count * size + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes ? bytes : 64);
    if (!p) { fprintf(stderr, "out of memory (%zu bytes)\n", bytes); exit(1); }
    memset(p, 0, bytes);
    return p;
}

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Linux counts in ru_maxrss what the process held before exec, that is, the parent's memory. */
static inline double peak_rss_bytes(void) {
#ifdef __APPLE__
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss;
#else
    char line[256];
    double kilobytes = 0.0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
    if (status) fclose(status);
    return 1024.0 * kilobytes;
#endif
}

/* ---------------------------------------------------------------- random numbers */

/* xoshiro256++ of Blackman & Vigna 2021, ACM Trans. Math. Softw. 47:36, seeded by splitmix64. */
typedef struct { uint64_t s[4]; } Rng;

static inline uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static inline uint64_t rng_next(Rng *r) {
    uint64_t *s = r->s, result = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3];
    s[2] ^= t; s[3] = rotl(s[3], 45);
    return result;
}

static inline Rng rng_make(uint64_t seed) {
    Rng r;
    for (int k = 0; k < 4; k++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        r.s[k] = z ^ (z >> 31);
    }
    return r;
}

/* uniform in (0, 1): never 0, so that its logarithm is finite */
static inline double rng_uniform(Rng *r) {
    return ((double)(rng_next(r) >> 11) + 0.5) * 0x1p-53;
}

/* Eight xoshiro256+ side by side, one in each lane of a 512-bit vector, and standard normal numbers
 * from them: Box & Muller 1958, Ann. Math. Stat. 29:610-611. Vectorised, this takes less time than
 * the ziggurat of Marsaglia & Tsang does in scalar code. */
#define TWO_PI 6.283185307179586
enum { LANES = 8, BATCH = 256 };
typedef uint64_t U8 __attribute__((vector_size(64)));
typedef double F8 __attribute__((vector_size(64)));
typedef struct { U8 s[4]; } Rng8;

static inline Rng8 rng8_make(Rng *seeds) {
    Rng8 r;
    for (int k = 0; k < LANES; k++) {
        Rng one = rng_make(rng_next(seeds));
        for (int j = 0; j < 4; j++) r.s[j][k] = one.s[j];
    }
    return r;
}

/* BATCH numbers in (0, 1); out is aligned to 64 bytes */
static inline void fill_uniform(Rng8 *restrict r, double *restrict out) {
    U8 s0 = r->s[0], s1 = r->s[1], s2 = r->s[2], s3 = r->s[3];
    for (int k = 0; k < BATCH; k += LANES) {
        *(F8 *)(out + k) = (__builtin_convertvector((s0 + s3) >> 12, F8) + 0.5) * 0x1p-52;
        U8 t = s1 << 17;
        s2 ^= s0; s3 ^= s1; s1 ^= s2; s0 ^= s3; s2 ^= t;
        s3 = (s3 << 45) | (s3 >> 19);
    }
    r->s[0] = s0; r->s[1] = s1; r->s[2] = s2; r->s[3] = s3;
}

/* BATCH numbers; out is aligned to 64 bytes. Sine and cosine in loops of their own: in one loop,
 * gcc makes one call of them, which it cannot vectorise. */
__attribute__((noinline, unused)) static void fill_normal(Rng8 *restrict r, double *restrict out) {
    enum { HALF = BATCH / 2 };
    _Alignas(64) double u[BATCH], radius[HALF];
    fill_uniform(r, u);
    for (int k = 0; k < HALF; k++) radius[k] = sqrt(-2.0 * log(u[k]));
    for (int k = 0; k < HALF; k++) out[k] = radius[k] * cos(TWO_PI * u[k + HALF]);
    for (int k = 0; k < HALF; k++) out[k + HALF] = radius[k] * sin(TWO_PI * u[k + HALF]);
}

/* One standard normal number, for initial values. */
static inline double rng_normal(Rng *r) {
    double radius = sqrt(-2.0 * log(rng_uniform(r)));
    return radius * cos(TWO_PI * rng_uniform(r));
}

/* ---------------------------------------------------------------- sparse connections */

/* Row s holds the targets target[start[s]] ... target[start[s + 1] - 1], ascending. */
typedef struct {
    int64_t *start;
    int32_t *target;
    int64_t count;
} Rows;

/* Every pair (source, target), self-connections included, exists with probability p. The gaps
 * between chosen pairs are geometric, so the work is proportional to the synapses made. */
static inline Rows connect_random(Rng *rng, int n_source, int n_target, double p) {
    double mean = (double)n_source * n_target * p;
    int64_t capacity = (int64_t)(mean + 10.0 * sqrt(mean) + 1024.0);
    Rows r = {allocate((size_t)n_source + 1, sizeof(int64_t)), NULL, 0};
    /* not cleared: untouched pages of the margin cost no memory */
    r.target = malloc((size_t)capacity * sizeof(int32_t));
    if (!r.target) { fprintf(stderr, "out of memory for %lld synapses\n", (long long)capacity); exit(1); }
    double scale = 1.0 / log1p(-p);
    int64_t column = (int64_t)(log(rng_uniform(rng)) * scale);
    for (int source = 0; source < n_source; source++) {
        for (; column < n_target; column += 1 + (int64_t)(log(rng_uniform(rng)) * scale)) {
            if (r.count == capacity) { fprintf(stderr, "margin for synapses too small\n"); exit(1); }
            r.target[r.count++] = (int32_t)column;
        }
        column -= n_target;
        r.start[source + 1] = r.count;
    }
    return r;
}

/* ---------------------------------------------------------------- spikes of the last steps */

/* Lists of the neurons that spiked in each of the last `depth` steps, a ring. */
typedef struct {
    int32_t **neuron;
    int *count, depth;
} Recent;

static inline Recent recent_make(int depth, int size) {
    Recent r = {allocate((size_t)depth, sizeof(int32_t *)), allocate((size_t)depth, sizeof(int)), depth};
    for (int k = 0; k < depth; k++) r.neuron[k] = malloc((size_t)size * sizeof(int32_t));
    return r;
}

/* Neurons held at a value after a spike are advanced with all others, which keeps the loop free of
 * conditions, and put back: that is every neuron that spiked in the last `held` steps before `step`. */
static inline void put_back(double *restrict v, double value, const Recent *r, int step, int held) {
    for (int past = step < held ? step : held; past > 0; past--) {
        int slot = (step - past) % r->depth;
        for (int k = 0; k < r->count[slot]; k++) v[r->neuron[slot][k]] = value;
    }
}

/* ---------------------------------------------------------------- spikes and the report */

/* What a spike monitor keeps: the neuron and the step of every spike. */
typedef struct {
    int32_t *neuron, *step;
    int64_t count, capacity;
} SpikeLog;

static inline void log_spikes(SpikeLog *log, const int32_t *neurons, int n, int step) {
    if (log->count + n > log->capacity) {
        log->capacity = 2 * log->capacity + n + 4096;
        log->neuron = realloc(log->neuron, (size_t)log->capacity * sizeof(int32_t));
        log->step = realloc(log->step, (size_t)log->capacity * sizeof(int32_t));
        if (!log->neuron || !log->step) { fprintf(stderr, "out of memory for spikes\n"); exit(1); }
    }
    memcpy(log->neuron + log->count, neurons, (size_t)n * sizeof(int32_t));
    for (int k = 0; k < n; k++) log->step[log->count + k] = step;
    log->count += n;
}

/* Two populations, the first of n_first neurons; or one, if the second is NULL. */
typedef struct { const char *first, *second; int n_first, n_second; } Populations;

/* One line of JSON. */
static inline void print_report(const char *model, Options o, const SpikeLog *log, Populations p,
                                int64_t synapses, double build, double loop) {
    int64_t first = 0;
    for (int64_t k = 0; k < log->count; k++) first += log->neuron[k] < p.n_first;
    printf("{\"model\": \"%s\", \"duration\": %g, \"seed\": %llu, \"synapses\": %lld, "
           "\"build_seconds\": %.6f, \"loop_seconds\": %.6f, \"spikes\": %lld, "
           "\"rates\": {\"%s\": %.4f",
           model, o.duration, (unsigned long long)o.seed, (long long)synapses, build, loop,
           (long long)log->count, p.first, (double)first / (p.n_first * o.duration));
    if (p.second)
        printf(", \"%s\": %.4f", p.second, (double)(log->count - first) / (p.n_second * o.duration));
    printf("}, \"peak_rss_bytes\": %.0f}\n", peak_rss_bytes());
}

#endif

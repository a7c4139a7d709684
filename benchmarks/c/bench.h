/* What the three benchmark programs share: random numbers, sparse rows, a spike log, the report.
 *
 * C11 and POSIX, one thread, nothing but libc and libm. Each program includes this file once.
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
} Options;

static inline Options parse_options(int argc, char **argv, double duration) {
    Options o = {duration, 1};
    for (int k = 1; k + 1 < argc; k += 2) {
        if (!strcmp(argv[k], "--duration")) o.duration = atof(argv[k + 1]);
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

/* Standard normal numbers by the ziggurat of Marsaglia & Tsang 2000, J. Stat. Softw. 5(8), with
 * 256 layers; layer and position come from disjoint bits, as Doornik 2005 asks. */
#define ZIG_N 256
#define ZIG_R 3.6541528853610088
#define ZIG_V 0.00492867323399
static double zig_x[ZIG_N + 1], zig_f[ZIG_N + 1];

static inline void normal_init(void) {
    zig_x[0] = ZIG_V / exp(-0.5 * ZIG_R * ZIG_R);
    zig_x[1] = ZIG_R;
    for (int k = 1; k < ZIG_N - 1; k++)
        zig_x[k + 1] = sqrt(-2.0 * log(ZIG_V / zig_x[k] + exp(-0.5 * zig_x[k] * zig_x[k])));
    zig_x[ZIG_N] = 0.0;
    for (int k = 0; k <= ZIG_N; k++) zig_f[k] = exp(-0.5 * zig_x[k] * zig_x[k]);
}

static inline double normal_slow(Rng *r, int layer, double x, int *accepted) {
    *accepted = 1;
    if (layer == 0) { /* the tail beyond R: Marsaglia 1964 */
        double a, b;
        do {
            a = -log(rng_uniform(r)) / ZIG_R;
            b = -log(rng_uniform(r));
        } while (b + b < a * a);
        return x < 0 ? -(ZIG_R + a) : ZIG_R + a;
    }
    double y = zig_f[layer] + rng_uniform(r) * (zig_f[layer + 1] - zig_f[layer]);
    *accepted = y < exp(-0.5 * x * x);
    return x;
}

static inline double rng_normal(Rng *r) {
    for (;;) {
        uint64_t bits = rng_next(r);
        int layer = (int)(bits & (ZIG_N - 1));
        double x = (double)((int64_t)bits >> 11) * 0x1p-52 * zig_x[layer];
        if (fabs(x) < zig_x[layer + 1]) return x;
        int accepted;
        x = normal_slow(r, layer, x, &accepted);
        if (accepted) return x;
    }
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

/* One line of JSON; neurons below n_exc are excitatory. */
static inline void print_report(const char *model, Options o, const SpikeLog *log, int n_exc,
                                int n_inh, int64_t synapses, double build, double loop) {
    int64_t exc = 0;
    for (int64_t k = 0; k < log->count; k++) exc += log->neuron[k] < n_exc;
    printf("{\"model\": \"%s\", \"duration\": %g, \"seed\": %llu, \"synapses\": %lld, "
           "\"build_seconds\": %.6f, \"loop_seconds\": %.6f, \"spikes\": %lld, "
           "\"rate_exc\": %.4f, \"rate_inh\": %.4f, \"peak_rss_bytes\": %.0f}\n",
           model, o.duration, (unsigned long long)o.seed, (long long)synapses, build, loop,
           (long long)log->count, (double)exc / (n_exc * o.duration),
           (double)(log->count - exc) / (n_inh * o.duration), peak_rss_bytes());
}

#endif

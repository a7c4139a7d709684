/* The network of brunel.c with a delay of its own for each synapse: 0.5 to 5 ms, uniform, in whole
 * steps.
 *
 * Each row of synapses is cut into segments of one delay. In a step, for each delay d, the neurons
 * that spiked d steps ago deliver their segment of d: 4 bytes a synapse, and the input of a step is
 * one array that stays in the cache.
 */
#include "noisy.h"

static const double J = 0.1e-3, mu_ext = 40e-3, sigma_ext = 2e-3; /* V */
static const double g = 5.0, p = 0.1;
enum { SHORTEST = 5, LONGEST = 50, DELAYS = LONGEST - SHORTEST + 1, DEPTH = 64 };

typedef struct {
    int32_t *target;
    uint32_t *start; /* (n, DELAYS) and the end: of the segment of a neuron and a delay */
    int n;
} Segments;

/* Draws delays and sorts each row by them; within a segment, targets stay in order. */
static Segments cut(Rows rows, int n, Rng *rng) {
    Segments s = {rows.target, allocate((size_t)DELAYS * (size_t)n + 1, sizeof(uint32_t)), n};
    int32_t *copy = malloc((size_t)n * sizeof *copy);
    uint8_t *delay = malloc((size_t)n);
    for (int i = 0; i < n; i++) {
        int64_t size = rows.start[i + 1] - rows.start[i];
        uint32_t at[DELAYS + 1] = {0};
        int32_t *row = rows.target + rows.start[i];
        for (int64_t k = 0; k < size; k++) {
            copy[k] = row[k];
            delay[k] = (uint8_t)(rng_uniform(rng) * DELAYS);
            at[delay[k] + 1]++;
        }
        for (int d = 0; d < DELAYS; d++) {
            at[d + 1] += at[d];
            s.start[(size_t)i * DELAYS + (size_t)d] = (uint32_t)rows.start[i] + at[d];
        }
        for (int64_t k = 0; k < size; k++) row[at[delay[k]]++] = copy[k];
    }
    s.start[(size_t)n * DELAYS] = (uint32_t)rows.count;
    free(copy);
    free(delay);
    return s;
}

/* The segments of one delay of all neurons that spiked that long ago */
__attribute__((noinline)) static void deliver(double *restrict input, const int32_t *spikes, int n,
                                              int n_exc, Segments s, int d) {
    enum { AHEAD = 4 };
    for (int k = 0; k < n; k++) {
        int i = spikes[k];
        double w = i < n_exc ? J : -g * J;
        if (k + AHEAD < n) {
            const int32_t *next = s.target + s.start[(size_t)spikes[k + AHEAD] * DELAYS + (size_t)d];
            __builtin_prefetch(next);
            __builtin_prefetch(next + 16);
        }
        const uint32_t *range = s.start + (size_t)i * DELAYS + d;
        for (uint32_t x = range[0]; x < range[1]; x++) input[s.target[x]] += w;
    }
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 1.0, 12500);
    const int N = o.size, n_exc = N * 4 / 5;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    Rng8 noise = rng8_make(&rng);
    Cells c = cells_make(N, &rng);
    Rows rows = connect_random(&rng, N, N, p);
    Segments segments = cut(rows, N, &rng);
    Recent recent = recent_make(DEPTH, N);
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int32_t *restrict spiking = recent.neuron[step % DEPTH];
        forget_input(c, &recent, step);
        int n = advance(c, mu_ext, sigma_ext, &noise, spiking);
        n = hold(c, &recent, step, spiking, n);
        recent.count[step % DEPTH] = n;
        for (int d = 0; d < DELAYS && d + SHORTEST <= step; d++) {
            int slot = (step - d - SHORTEST) % DEPTH;
            deliver(c.input, recent.neuron[slot], recent.count[slot], n_exc, segments, d);
        }
        for (int k = 0; k < n; k++) c.v[spiking[k]] = Vr;
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("brunel_delays", o, &log, (Populations){"exc", "inh", n_exc, N - n_exc},
                 rows.count, t1 - t0, now() - t1);
    return 0;
}

/* The cortical microcircuit of Potjans & Diesmann 2014 (Cereb. Cortex 24:785-806) at any scale; see
 * models/microcircuit/rheobase.py for where the numbers come from and how scales are corrected.
 *
 *     taum dv/dt = El - v + R (I + I_mean),   tau_syn dI/dt = -I     v held for 2 ms after a spike
 *
 * Both are advanced by an exact propagator. Background input is a Poisson number of spikes for each
 * cell and step, drawn by inversion from a table. Each row of synapses is cut into segments of one
 * delay (as in brunel_delays.c); a synapse takes its target and a weight in single precision.
 */
#include "bench.h"

enum { POPULATIONS = 8, BLOCK = 64, REFRACTORY_STEPS = 20, DELAYS = 45, DEPTH = 64 };
static const char *const NAMES[POPULATIONS] = {"L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"};
static const int FULL[POPULATIONS] = {20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948};
static const double K_EXT[POPULATIONS] = {1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100};
static const double RATES[POPULATIONS] = {0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829};
static const double V0[POPULATIONS] = {-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43};
static const double V0_SD[POPULATIONS] = {5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48};
static const double P[POPULATIONS][POPULATIONS] = { /* target, source */
    {0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000},
    {0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000},
    {0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000},
    {0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000},
    {0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000},
    {0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000},
    {0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252},
    {0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443}};
static const double dt = 0.1, taum = 10.0, tau_syn = 0.5, Cm = 250.0; /* ms, pF */
static const double El = -65.0, Vt = -50.0, Vr = -65.0;                /* mV */
static const double J = 87.81, rate_ext = 8.0;                         /* pA, Hz */

/* ---------------------------------------------------------------- the network */

typedef struct {
    double scale;
    int size[POPULATIONS], begin[POPULATIONS + 1];
} Layout;

static Layout layout_make(int n) {
    Layout l = {.scale = n / 77169.0};
    for (int k = 0; k < POPULATIONS; k++) {
        l.size[k] = (int)lround(FULL[k] * l.scale);
        l.begin[k + 1] = l.begin[k] + l.size[k];
    }
    return l;
}

static double synapse_number(int target, int source) {
    return log1p(-P[target][source]) / log1p(-1.0 / ((double)FULL[target] * FULL[source]));
}

static double weight(int target, int source) {
    double w = source % 2 ? -4.0 * J : J;
    return target == 0 && source == 2 ? 2.0 * w : w;
}

/* Segment d of cell i holds start[i * DELAYS + d] <= s < start[i * DELAYS + d + 1]. */
typedef struct {
    int32_t *target;
    float *w;
    uint32_t *start;
} Segments;

/* Chances of delays of 1, 2, ... steps: normal, half as wide as its mean, cut off at both ends. */
static void delay_chances(int source, double *cumulated) {
    double mean = source % 2 ? 0.75 : 1.5, sd = mean / 2, sum = 0.0;
    for (int d = 0; d < DELAYS; d++) {
        double low = ((d + 0.5) * dt - mean) / sd, high = ((d + 1.5) * dt - mean) / sd;
        sum += 0.5 * (erf(high / sqrt(2.0)) - erf(low / sqrt(2.0)));
        cumulated[d] = sum;
    }
    for (int d = 0; d < DELAYS; d++) cumulated[d] /= sum;
}

static int draw(const double *cumulated, double u) {
    int d = 0;
    while (u > cumulated[d]) d++;
    return d;
}

/* The numbers of synapses of each source cell and target population are drawn first: for each
 * synapse its source. Then each row is filled, delays are drawn, and it is sorted by them. */
static Segments connect(Layout l, Rng *rng) {
    int n = l.begin[POPULATIONS];
    uint32_t *count = allocate((size_t)n * POPULATIONS, sizeof *count);
    int64_t total = 0;
    for (int s = 0; s < POPULATIONS; s++)
        for (int t = 0; t < POPULATIONS; t++) {
            int64_t number = llround(synapse_number(t, s) * l.scale * l.scale);
            for (int64_t k = 0; k < number; k++) {
                int i = l.begin[s] + (int)(rng_uniform(rng) * l.size[s]);
                count[(size_t)i * POPULATIONS + (size_t)t]++;
            }
            total += number;
        }
    Segments g = {malloc((size_t)total * 4), malloc((size_t)total * 4),
                  allocate((size_t)n * DELAYS + 1, sizeof(uint32_t))};
    int32_t *target = malloc(1 << 20);
    float *w = malloc(1 << 20);
    uint8_t *delay = malloc(1 << 18);
    uint32_t at = 0;
    for (int s = 0; s < POPULATIONS; s++) {
        double cumulated[DELAYS];
        delay_chances(s, cumulated);
        for (int i = l.begin[s]; i < l.begin[s + 1]; i++) {
            int size = 0;
            uint32_t place[DELAYS + 1] = {0};
            for (int t = 0; t < POPULATIONS; t++)
                for (uint32_t k = 0; k < count[(size_t)i * POPULATIONS + (size_t)t]; k++, size++) {
                    target[size] = l.begin[t] + (int)(rng_uniform(rng) * l.size[t]);
                    double mean = weight(t, s) / sqrt(l.scale);
                    w[size] = (float)(mean * (1.0 + 0.1 * rng_normal(rng)));
                    delay[size] = (uint8_t)draw(cumulated, rng_uniform(rng));
                    place[delay[size] + 1]++;
                }
            for (int d = 0; d < DELAYS; d++) {
                place[d + 1] += place[d];
                g.start[(size_t)i * DELAYS + (size_t)d] = at + place[d];
            }
            for (int k = 0; k < size; k++) {
                uint32_t where = at + place[delay[k]]++;
                g.target[where] = target[k];
                g.w[where] = w[k];
            }
            at += (uint32_t)size;
        }
    }
    g.start[(size_t)n * DELAYS] = at;
    free(count);
    free(target);
    free(w);
    free(delay);
    return g;
}

/* ---------------------------------------------------------------- a step */

typedef struct { double *restrict v, *restrict I, *restrict mean; int n, padded; } Cells;

__attribute__((noinline)) static int advance(Cells c, int32_t *restrict spiking) {
    const double Pv = exp(-dt / taum), Pi = exp(-dt / tau_syn);
    const double C = tau_syn * taum / (taum - tau_syn) / Cm * (Pv - Pi), M = taum / Cm * (1.0 - Pv);
    double *restrict v = c.v, *restrict I = c.I, *restrict mean = c.mean;
    int count = 0;
    for (int b = 0; b < c.padded; b += BLOCK) {
        double highest = -1e9;
        for (int i = b; i < b + BLOCK; i++) {
            double x = El + Pv * (v[i] - El) + C * I[i] + M * mean[i];
            v[i] = x;
            I[i] *= Pi;
            highest = x > highest ? x : highest;
        }
        if (highest > Vt)
            for (int i = b; i < b + BLOCK && i < c.n; i++)
                if (v[i] > Vt) spiking[count++] = i;
    }
    return count;
}

/* A Poisson number for each cell of a population, added with a weight: as many thresholds of the
 * distribution as the uniform number exceeds. All lanes look at all thresholds. */
enum { MOST = 24 };
__attribute__((noinline)) static void background(double *restrict I, int n, double mean, double w,
                                                 Rng8 *rng) {
    double threshold[MOST], p = exp(-mean), sum = 0.0;
    int m = 0;
    for (; m < MOST && sum < 1.0 - 1e-12; m++) {
        sum += p;
        threshold[m] = sum;
        p *= mean / (m + 1);
    }
    _Alignas(64) double u[BATCH];
    for (int b = 0; b < n; b += BATCH) {
        fill_uniform(rng, u);
        int size = n - b < BATCH ? n - b : BATCH;
        for (int k = 0; k < size; k++) {
            double number = 0.0;
            for (int j = 0; j < m; j++) number += u[k] > threshold[j] ? 1.0 : 0.0;
            I[b + k] += w * number;
        }
    }
}

__attribute__((noinline)) static void deliver(double *restrict I, const int32_t *spikes, int n,
                                              Segments g, int d) {
    enum { AHEAD = 4 };
    for (int k = 0; k < n; k++) {
        if (k + AHEAD < n) {
            uint32_t next = g.start[(size_t)spikes[k + AHEAD] * DELAYS + (size_t)d];
            for (int line = 0; line < 64; line += 16) {
                __builtin_prefetch(g.target + next + line);
                __builtin_prefetch(g.w + next + line);
            }
        }
        const uint32_t *range = g.start + (size_t)spikes[k] * DELAYS + d;
        for (uint32_t s = range[0]; s < range[1]; s++) I[g.target[s]] += (double)g.w[s];
    }
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 0.5, 77169);
    Layout l = layout_make(o.size);
    const int N = l.begin[POPULATIONS], padded = (N + BLOCK - 1) / BLOCK * BLOCK;
    double t0 = now(), root = sqrt(l.scale);
    Rng rng = rng_make(o.seed);
    Rng8 rng8 = rng8_make(&rng);
    size_t size = sizeof(double);
    Cells c = {allocate((size_t)padded, size), allocate((size_t)padded, size),
               allocate((size_t)padded, size), N, padded};
    for (int t = 0; t < POPULATIONS; t++) {
        double missing = J * K_EXT[t] * rate_ext;
        for (int s = 0; s < POPULATIONS; s++)
            missing += weight(t, s) * synapse_number(t, s) / FULL[t] * RATES[s];
        for (int i = l.begin[t]; i < l.begin[t + 1]; i++) {
            c.v[i] = V0[t] + V0_SD[t] * rng_normal(&rng);
            c.mean[i] = (1.0 - root) * 1e-3 * tau_syn * missing;
        }
    }
    Segments g = connect(l, &rng);
    Recent recent = recent_make(DEPTH, N);
    SpikeLog log = {0};
    const int steps = (int)lround(1e3 * o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int32_t *restrict spiking = recent.neuron[step % DEPTH];
        int n = advance(c, spiking);
        put_back(c.v, Vr, &recent, step, REFRACTORY_STEPS - 1);
        recent.count[step % DEPTH] = n;
        for (int d = 0; d < DELAYS && d < step; d++) {
            int slot = (step - d - 1) % DEPTH;
            deliver(c.I, recent.neuron[slot], recent.count[slot], g, d);
        }
        for (int t = 0; t < POPULATIONS; t++)
            background(c.I + l.begin[t], l.size[t], K_EXT[t] * l.scale * rate_ext * 1e-3 * dt,
                       J / root, &rng8);
        for (int k = 0; k < n; k++) c.v[spiking[k]] = Vr;
        if (n) log_spikes(&log, spiking, n, step);
    }
    double t2 = now();
    int64_t spikes[POPULATIONS] = {0};
    for (int64_t k = 0; k < log.count; k++)
        for (int t = 0; t < POPULATIONS; t++)
            spikes[t] += log.neuron[k] >= l.begin[t] && log.neuron[k] < l.begin[t + 1];
    printf("{\"model\": \"microcircuit\", \"synapses\": %u, \"build_seconds\": %.6f, "
           "\"loop_seconds\": %.6f, \"peak_rss_bytes\": %.0f, \"rates\": {",
           g.start[(size_t)N * DELAYS], t1 - t0, t2 - t1, peak_rss_bytes());
    for (int t = 0; t < POPULATIONS; t++)
        printf("%s\"%s\": %.4f", t ? ", " : "", NAMES[t], (double)spikes[t] / (l.size[t] * o.duration));
    printf("}}\n");
    return 0;
}

/* Adaptive exponential cells without synapses: Brette & Gerstner 2005 (J. Neurophysiol. 94:3637).
 *
 *     C dv/dt = gL (EL - v) + gL DeltaT exp((v - VT) / DeltaT) + I - w
 *     tauw dw/dt = a (v - EL) - w          v > Vcut: v = Vr, w += b
 *
 * Euler's method. Cells that do not hear of each other may go several steps at a time, as long as
 * their state is in the cache: blocks of CHUNK cells make ROUND steps each. The log keeps the order
 * of time.
 */
#include "bench.h"

static const double dt = 0.1e-3, tauw = 144e-3;                            /* s */
static const double Cm = 281e-12, gL = 30e-9, a = 4e-9;                    /* F, S */
static const double EL = -70.6e-3, VT = -50.4e-3, DeltaT = 2e-3;           /* V */
static const double Vcut = -40.4e-3, Vr = -70.6e-3, b = 80.5e-12, I = 1e-9; /* V, A */
enum { CHUNK = 2048, ROUND = 50, BLOCK = 64 };

__attribute__((noinline)) static int advance(double *restrict v, double *restrict w, int n,
                                             int32_t *restrict spiking) {
    int count = 0;
    for (int k = 0; k < n; k += BLOCK) {
        double highest = -1e9;
        for (int i = k; i < k + BLOCK; i++) {
            double x = v[i], rise = gL * DeltaT * exp((x - VT) * (1.0 / DeltaT));
            double moved = x + dt / Cm * (gL * (EL - x) + rise + I - w[i]);
            w[i] += dt / tauw * (a * (x - EL) - w[i]);
            v[i] = moved;
            highest = moved > highest ? moved : highest;
        }
        if (highest > Vcut)
            for (int i = k; i < k + BLOCK && i < n; i++)
                if (v[i] > Vcut) spiking[count++] = i;
    }
    return count;
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 0.1, 1000000);
    const int N = o.size, chunks = (N + CHUNK - 1) / CHUNK;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    double *v = allocate((size_t)chunks * CHUNK, sizeof *v), *w = allocate((size_t)chunks * CHUNK, sizeof *w);
    for (int i = 0; i < N; i++) v[i] = EL + (VT - EL) * rng_uniform(&rng);
    Recent *recent = allocate((size_t)chunks, sizeof *recent); /* of each chunk */
    for (int k = 0; k < chunks; k++) recent[k] = recent_make(ROUND, CHUNK);
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int begin = 0; begin < steps; begin += ROUND) {
        int end = begin + ROUND < steps ? begin + ROUND : steps;
        for (int k = 0; k < chunks; k++) {
            int first = k * CHUNK, n = N - first < CHUNK ? N - first : CHUNK;
            for (int step = begin; step < end; step++) {
                int32_t *restrict spiking = recent[k].neuron[step % ROUND];
                int count = advance(v + first, w + first, n, spiking);
                recent[k].count[step % ROUND] = count;
                for (int j = 0; j < count; j++) v[first + spiking[j]] = Vr;
                for (int j = 0; j < count; j++) w[first + spiking[j]] += b;
            }
        }
        for (int step = begin; step < end; step++)
            for (int k = 0; k < chunks; k++) {
                int64_t at = log.count;
                log_spikes(&log, recent[k].neuron[step % ROUND], recent[k].count[step % ROUND], step);
                for (; at < log.count; at++) log.neuron[at] += k * CHUNK;
            }
    }
    print_report("adex", o, &log, (Populations){"cells", NULL, N, 0}, 0, t1 - t0, now() - t1);
    return 0;
}

/* A network as large and as quiet as a fly's brain: 139,000 cells of Shiu et al. 2024 (Nature
 * 634:210-219), 15 million random connections, 100 driven cells; see models/fly/rheobase.py.
 *
 *     t_mbr dv/dt = x - (v - v0),   tau dx/dt = -x     both held for 2.2 ms after a spike
 *
 * An exact propagator for both. Order within a step: state, threshold, synapses and drive, reset. A
 * spike arrives after 18 steps. Held cells do not hear what arrives.
 */
#include "bench.h"

static const double dt = 0.1e-3, t_mbr = 20e-3, tau = 5e-3;             /* s */
static const double v0 = -52e-3, Vr = -52e-3, Vt = -45e-3;              /* V */
static const double w_syn = 0.275e-3, kick = 68.75e-3, drive_rate = 150; /* V, V, Hz */
enum { REFRACTORY_STEPS = 22, DELAY_STEPS = 18, DEPTH = 32, BLOCK = 64, DRIVEN = 100 };

/* State and threshold, with v relative to v0; the cells that spike, and how many. */
__attribute__((noinline)) static int advance(double *restrict v, double *restrict x, int n,
                                             int32_t *restrict spiking) {
    const double Pv = exp(-dt / t_mbr), Px = exp(-dt / tau);
    const double C = tau / (t_mbr - tau) * (Pv - Px);
    int count = 0;
    for (int b = 0; b < n; b += BLOCK) {
        double highest = -1e9;
        for (int i = b; i < b + BLOCK; i++) {
            double moved = Pv * v[i] + C * x[i];
            v[i] = moved;
            x[i] *= Px;
            highest = moved > highest ? moved : highest;
        }
        if (highest > Vt - v0)
            for (int i = b; i < b + BLOCK && i < n; i++)
                if (v[i] > Vt - v0) spiking[count++] = i;
    }
    return count;
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 0.5, 139000);
    const int N = o.size, padded = (N + BLOCK - 1) / BLOCK * BLOCK;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    double *restrict v = allocate((size_t)padded, sizeof *v), *restrict x = allocate((size_t)padded, sizeof *x);
    Rows rows = connect_random(&rng, N, N, 15e6 / 139000.0 / 139000.0);
    double *restrict w = malloc((size_t)rows.count * sizeof *w);
    for (int i = 0; i < N; i++) {
        double sign = i % 3 == 2 ? -w_syn : w_syn;
        for (int64_t s = rows.start[i]; s < rows.start[i + 1]; s++)
            w[s] = sign * ceil(5.0 * exp(rng_normal(&rng)));
    }
    Recent recent = recent_make(DEPTH, N);
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int32_t *restrict spiking = recent.neuron[step % DEPTH];
        int n = advance(v, x, N, spiking);
        put_back(v, Vr - v0, &recent, step, REFRACTORY_STEPS - 1);
        recent.count[step % DEPTH] = n;
        if (step >= DELAY_STEPS) {
            int slot = (step - DELAY_STEPS) % DEPTH;
            for (int k = 0; k < recent.count[slot]; k++) {
                int i = recent.neuron[slot][k];
                for (int64_t s = rows.start[i]; s < rows.start[i + 1]; s++) x[rows.target[s]] += w[s];
            }
        }
        for (int i = 0; i < DRIVEN; i++)
            if (rng_uniform(&rng) < drive_rate * dt) v[i] += kick;
        for (int k = 0; k < n; k++) v[spiking[k]] = Vr - v0;
        put_back(v, Vr - v0, &recent, step + 1, REFRACTORY_STEPS - 1);
        put_back(x, 0.0, &recent, step + 1, REFRACTORY_STEPS - 1);
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("fly", o, &log, (Populations){"driven", "others", DRIVEN, N - DRIVEN},
                 rows.count, t1 - t0, now() - t1);
    return 0;
}

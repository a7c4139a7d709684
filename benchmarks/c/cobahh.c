/* Benchmark 3 of Brette et al. 2007 (J. Comput. Neurosci. 23:349-398): Hodgkin-Huxley cells after
 * Traub & Miles 1991 with conductance-based synapses; the connections of cuba.c.
 *
 *     Cm dv/dt = gl (El-v) + ge (Ee-v) + gi (Ei-v) - gna m^3 h (v-ENa) - gkd n^4 (v-EK)
 *     dx/dt = alpha_x(v) (1-x) - beta_x(v) x      for x = m, n, h
 *     taue dge/dt = -ge,   taui dgi/dt = -gi
 *
 * Exponential Euler: each equation is linear in its own variable when the others keep their values
 * of the beginning of the step. A spike is counted when v > -20 mV, at most one in
 * 3 ms; nothing is reset.
 * Larger networks keep the 80 synapses of a neuron.
 */
#include "bench.h"

static const double dt = 0.1e-3, taue = 5e-3, taui = 10e-3;                      /* s */
static const double Cm = 1e-2 * 20000e-12, gl = 0.5 * 20000e-12;                 /* F, S: 20000 um2 */
static const double gna = 1000.0 * 20000e-12, gkd = 300.0 * 20000e-12;           /* S */
static const double El = -60e-3, EK = -90e-3, ENa = 50e-3, Ee = 0, Ei = -80e-3;  /* V */
static const double VT = -63e-3, V_spike = -20e-3;                               /* V */
static const double we = 6e-9, wi = 67e-9;                                       /* S */
enum { REFRACTORY_STEPS = 30 };

/* x / (exp(x) - 1), which is 1 - x/2 + O(x^2) at its removable singularity */
static inline double linoid(double x) {
    return fabs(x) < 1e-6 ? 1.0 - 0.5 * x : x / (exp(x) - 1.0);
}

/* one step of dx/dt = alpha (1-x) - beta x; alpha, beta in 1/ms */
static inline double gate(double x, double alpha, double beta) {
    double sum = alpha + beta, inf = alpha / sum;
    return inf + (x - inf) * exp(-sum * (1e3 * dt));
}

typedef struct { double *restrict v, *restrict m, *restrict n, *restrict h, *restrict ge, *restrict gi; } Cells;

static Cells cells_make(int N, Rng *rng) {
    double *state[6];
    for (int k = 0; k < 6; k++) state[k] = allocate((size_t)N, sizeof(double));
    Cells c = {state[0], state[1], state[2], state[3], state[4], state[5]};
    for (int i = 0; i < N; i++) {
        c.v[i] = El + 5e-3 * (rng_normal(rng) - 1.0);
        c.ge[i] = 10e-9 * (4.0 + 1.5 * rng_normal(rng));
        c.gi[i] = 10e-9 * (20.0 + 12.0 * rng_normal(rng));
    }
    return c;
}

__attribute__((noinline)) static void advance(Cells c, int N) {
    const double Pe = exp(-dt / taue), Pi = exp(-dt / taui);
    double *restrict v = c.v, *restrict m = c.m, *restrict n = c.n, *restrict h = c.h;
    double *restrict ge = c.ge, *restrict gi = c.gi;
    for (int i = 0; i < N; i++) {
        double u = 1e3 * (v[i] - VT); /* mV above VT */
        double alpha_m = 0.32 * 4.0 * linoid((13.0 - u) * (1.0 / 4.0));
        double beta_m = 0.28 * 5.0 * linoid((u - 40.0) * (1.0 / 5.0));
        double alpha_h = 0.128 * exp((17.0 - u) * (1.0 / 18.0));
        double beta_h = 4.0 / (1.0 + exp((40.0 - u) * (1.0 / 5.0)));
        double alpha_n = 0.032 * 5.0 * linoid((15.0 - u) * (1.0 / 5.0));
        double beta_n = 0.5 * exp((10.0 - u) * (1.0 / 40.0));
        double n2 = n[i] * n[i];
        double na = gna * m[i] * m[i] * m[i] * h[i], k = gkd * n2 * n2;
        double g = gl + ge[i] + gi[i] + na + k;
        double inf = (gl * El + ge[i] * Ee + gi[i] * Ei + na * ENa + k * EK) / g;
        v[i] = inf + (v[i] - inf) * exp(-g * (dt / Cm));
        m[i] = gate(m[i], alpha_m, beta_m);
        h[i] = gate(h[i], alpha_h, beta_h);
        n[i] = gate(n[i], alpha_n, beta_n);
        ge[i] *= Pe;
        gi[i] *= Pi;
    }
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 1.0, 4000);
    const int N = o.size, n_exc = N * 4 / 5;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    Cells c = cells_make(N, &rng);
    int32_t *restrict free_from = allocate((size_t)N, sizeof *free_from);
    int32_t *restrict spiking = allocate((size_t)N + 1, sizeof *spiking);
    Rows rows = connect_random(&rng, N, N, 80.0 / N);
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        advance(c, N);
        int count = 0;
        for (int i = 0; i < N; i++) {
            spiking[count] = i;
            count += (c.v[i] > V_spike) & (step >= free_from[i]);
        }
        for (int k = 0; k < count; k++) {
            int i = spiking[k];
            double *restrict g = i < n_exc ? c.ge : c.gi, w = i < n_exc ? we : wi;
            for (int64_t s = rows.start[i]; s < rows.start[i + 1]; s++) g[rows.target[s]] += w;
            free_from[i] = step + REFRACTORY_STEPS;
        }
        if (count) log_spikes(&log, spiking, count, step);
    }
    print_report("cobahh", o, &log, (Populations){"exc", "inh", n_exc, N - n_exc},
                 rows.count, t1 - t0, now() - t1);
    return 0;
}

/* The current-based network of Vogels & Abbott 2005 (J. Neurosci. 25:10786-10795), with the
 * parameters of benchmark 2 of Brette et al. 2007 (J. Comput. Neurosci. 23:349-398).
 *
 *     taum dv/dt = ge + gi - (v - El)     held at Vr for 5 ms after a spike
 *     taue dge/dt = -ge,   taui dgi/dt = -gi
 *
 * The system is linear: one step of dt is an exact propagator, computed once. Order within a step:
 * state, threshold, synapses (no delay), reset. A neuron that spiked in step n moves again in
 * step n + 50.
 */
#include "bench.h"

enum { N_EXC = 3200, N_INH = 800, N = N_EXC + N_INH };
static const double dt = 0.1e-3, taum = 20e-3, taue = 5e-3, taui = 10e-3; /* s */
static const double Vt = -50e-3, Vr = -60e-3, El = -49e-3;                /* V */
static const double we = 60 * 0.27e-3 / 10, wi = -20 * 4.5e-3 / 10;       /* V */
static const double p = 0.02;
enum { REFRACTORY_STEPS = 50 };
enum { BLOCK = 32 }; /* neurons compared with the threshold at once; divides N */

/* v after dt per unit of g before it: (tau / (taum - tau)) (exp(-dt/taum) - exp(-dt/tau)) */
static double coupling(double tau) {
    return tau / (taum - tau) * (exp(-dt / taum) - exp(-dt / tau));
}

typedef struct { double Pv, Pc, Ce, Ci, Pe, Pi; } Propagator;

/* Not inlined and without a branch, so that compilers see that nothing overlaps, and vectorise. */
__attribute__((noinline)) static void advance(double *restrict v, double *restrict ge,
                                              double *restrict gi,
                                              const int32_t *restrict free_from, int32_t step,
                                              Propagator a) {
    for (int i = 0; i < N; i++) {
        double moved = a.Pv * v[i] + a.Pc + a.Ce * ge[i] + a.Ci * gi[i];
        double free = step >= free_from[i] ? 1.0 : 0.0;
        v[i] += free * (moved - v[i]);
        ge[i] *= a.Pe;
        gi[i] *= a.Pi;
    }
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 1.0);
    double t0 = now();
    Rng rng = rng_make(o.seed);
    double *restrict v = allocate(N, sizeof *v), *restrict ge = allocate(N, sizeof *ge);
    double *restrict gi = allocate(N, sizeof *gi);
    int32_t *restrict free_from = allocate(N, sizeof *free_from); /* first step that moves v again */
    int32_t *restrict spiking = allocate(N, sizeof *spiking);
    for (int i = 0; i < N; i++) v[i] = Vr + (Vt - Vr) * rng_uniform(&rng);
    Rows rows = connect_random(&rng, N, N, p);
    SpikeLog log = {0};
    const double Pv = exp(-dt / taum);
    const Propagator a = {Pv, El * (1.0 - Pv), coupling(taue), coupling(taui), exp(-dt / taue),
                          exp(-dt / taui)};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        advance(v, ge, gi, free_from, step, a);
        int n = 0;
        for (int b = 0; b < N; b += BLOCK) { /* a held neuron is at Vr, below Vt */
            int any = 0;
            for (int i = b; i < b + BLOCK; i++) any |= v[i] > Vt;
            if (!any) continue;
            for (int i = b; i < b + BLOCK; i++)
                if (v[i] > Vt) spiking[n++] = i;
        }
        for (int k = 0; k < n; k++) {
            int i = spiking[k];
            double *restrict g = i < N_EXC ? ge : gi, w = i < N_EXC ? we : wi;
            for (int64_t s = rows.start[i]; s < rows.start[i + 1]; s++) g[rows.target[s]] += w;
        }
        for (int k = 0; k < n; k++) {
            v[spiking[k]] = Vr;
            free_from[spiking[k]] = step + REFRACTORY_STEPS;
        }
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("cuba", o, &log, N_EXC, N_INH, rows.count, t1 - t0, now() - t1);
    return 0;
}

/* Song, Miller & Abbott 2000 (Nature Neurosci. 3:919-926), as in examples/stdp.py: 1000 plastic
 * inputs and 200 fixed inhibitory ones, Poisson, reach every cell.
 *
 *     taum dv/dt = El - v + ge (Ee - v) + gi (Ei - v),   tau dge/dt = -ge,   tau dgi/dt = -gi
 *     an input spikes:  ge += g, P += A_plus,  g = clip(g - M g_max, 0, g_max)
 *     a cell spikes:    M += A_minus,          g = clip(g + P g_max, 0, g_max)
 *
 * P changes only with the spikes of an input and M only with those of a cell, so there is one for
 * each input and each cell. Both are kept multiplied by exp(t/tau), which makes a decay cost
 * nothing; every ROUND steps t is counted anew. Spikes of inputs are drawn by their gaps. Weights
 * of one input to all cells stand side by side.
 */
#include "bench.h"

enum { N_EXC = 1000, N_INH = 200, ROUND = 100 };
static const double dt = 0.1e-3, taum = 20e-3, tau_syn = 5e-3, tau_stdp = 20e-3;  /* s */
static const double El = -70e-3, Ee = 0.0, Ei = -70e-3, Vt = -54e-3, Vr = -60e-3; /* V */
static const double g_max = 0.015, g_inh = 0.05, A_plus = 0.005, A_minus = 1.05 * 0.005;
static const double rate_exc = 15.0, rate_inh = 10.0; /* Hz */

typedef struct { double *restrict v, *restrict ge, *restrict gi, *restrict M; int n; } Cells;

__attribute__((noinline)) static int advance(Cells c, int32_t *restrict spiking) {
    double *restrict v = c.v, *restrict ge = c.ge, *restrict gi = c.gi;
    const double P = exp(-dt / tau_syn);
    for (int i = 0; i < c.n; i++) {
        double g = 1.0 + ge[i] + gi[i], inf = (El + ge[i] * Ee + gi[i] * Ei) / g;
        v[i] = inf + (v[i] - inf) * exp(-g * (dt / taum));
        ge[i] *= P;
        gi[i] *= P;
    }
    int count = 0;
    for (int i = 0; i < c.n; i++)
        if (v[i] > Vt) spiking[count++] = i;
    return count;
}

static inline double clip(double g) { return g < 0.0 ? 0.0 : g > g_max ? g_max : g; }

__attribute__((noinline)) static void input_spikes(double *restrict g, Cells c, double shrink) {
    double *restrict ge = c.ge, *restrict M = c.M;
    for (int i = 0; i < c.n; i++) {
        ge[i] += g[i];
        g[i] = clip(g[i] - M[i] * (shrink * g_max));
    }
}

__attribute__((noinline)) static void cell_spikes(double *restrict g, int stride,
                                                  const double *restrict P, double shrink) {
    for (int j = 0; j < N_EXC; j++) {
        double *restrict w = g + (size_t)j * (size_t)stride;
        *w = clip(*w + P[j] * (shrink * g_max));
    }
}

/* The number of trials up to and including the next success */
static inline int64_t gap(Rng *rng, double scale) { return 1 + (int64_t)(log(rng_uniform(rng)) * scale); }

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 10.0, 1);
    const int N = o.size;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    size_t size = sizeof(double);
    Cells c = {allocate((size_t)N, size), allocate((size_t)N, size), allocate((size_t)N, size),
               allocate((size_t)N, size), N};
    double *restrict P = allocate(N_EXC, size), *restrict g = allocate((size_t)N * N_EXC, size);
    for (int i = 0; i < N; i++) c.v[i] = El;
    for (int s = 0; s < N * N_EXC; s++) g[s] = g_max * rng_uniform(&rng);
    int32_t *restrict spiking = allocate((size_t)N, sizeof *spiking);
    double grow[ROUND + 1], shrink[ROUND + 1];
    for (int k = 0; k <= ROUND; k++) {
        grow[k] = exp(k * dt / tau_stdp);
        shrink[k] = 1.0 / grow[k];
    }
    const double scale_exc = 1.0 / log1p(-rate_exc * dt), scale_inh = 1.0 / log1p(-rate_inh * dt);
    int64_t exc = gap(&rng, scale_exc) - 1, inh = gap(&rng, scale_inh) - 1;
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int k = step % ROUND;
        if (k == 0) {
            for (int j = 0; j < N_EXC; j++) P[j] *= shrink[ROUND];
            for (int i = 0; i < N; i++) c.M[i] *= shrink[ROUND];
        }
        int count = advance(c, spiking);
        for (; exc < N_EXC; exc += gap(&rng, scale_exc)) {
            P[exc] += A_plus * grow[k];
            input_spikes(g + (size_t)exc * (size_t)N, c, shrink[k]);
        }
        exc -= N_EXC;
        for (; inh < N_INH; inh += gap(&rng, scale_inh))
            for (int i = 0; i < N; i++) c.gi[i] += g_inh;
        inh -= N_INH;
        for (int j = 0; j < count; j++) {
            c.M[spiking[j]] += A_minus * grow[k];
            cell_spikes(g + spiking[j], N, P, shrink[k]);
            c.v[spiking[j]] = Vr;
        }
        if (count) log_spikes(&log, spiking, count, step);
    }
    print_report("stdp", o, &log, (Populations){"cells", NULL, N, 0}, (int64_t)N * (N_EXC + N_INH), t1 - t0, now() - t1);
    return 0;
}

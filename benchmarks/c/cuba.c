/* The current-based network of Vogels & Abbott 2005 (J. Neurosci. 25:10786-10795), with the
 * parameters of benchmark 2 of Brette et al. 2007 (J. Comput. Neurosci. 23:349-398).
 *
 *     taum dv/dt = ge + gi - (v - El)     held at Vr for 5 ms after a spike
 *     taue dge/dt = -ge,   taui dgi/dt = -gi
 *
 * The system is linear: one step of dt is an exact propagator, computed once. Order within a step:
 * state, threshold, synapses (no delay), reset. A neuron that spiked in step n moves again in
 * step n + 50. Larger networks keep the 80 synapses of a neuron.
 */
#include "bench.h"
#include "linear.h"

static const double we = 60 * 0.27e-3 / 10, wi = -20 * 4.5e-3 / 10; /* V */

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 1.0, 4000);
    const int N = o.size, n_exc = N * 4 / 5;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    Cells c = cells_make(N);
    for (int i = 0; i < N; i++) c.v[i] = Vr + (Vt - Vr) * rng_uniform(&rng);
    Rows rows = connect_random(&rng, N, N, 80.0 / N);
    Recent recent = recent_make(REFRACTORY_STEPS, N);
    SpikeLog log = {0};
    const Propagator a = propagator();
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int slot = step % REFRACTORY_STEPS;
        int32_t *restrict spiking = recent.neuron[slot];
        int n = advance(c, a, spiking);
        put_back(c.v, Vr, &recent, step, REFRACTORY_STEPS - 1);
        recent.count[slot] = n;
        for (int k = 0; k < n; k++) {
            int i = spiking[k];
            double *restrict g = i < n_exc ? c.ge : c.gi, w = i < n_exc ? we : wi;
            for (int64_t s = rows.start[i]; s < rows.start[i + 1]; s++) g[rows.target[s]] += w;
        }
        for (int k = 0; k < n; k++) c.v[spiking[k]] = Vr;
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("cuba", o, &log, (Populations){"exc", "inh", n_exc, N - n_exc},
                 rows.count, t1 - t0, now() - t1);
    return 0;
}

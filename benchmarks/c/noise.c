/* The cells of brunel.c without synapses: one normal number for each cell and step.
 * mu = 15 mV and sigma = 5 mV: noise alone brings a cell to its threshold. */
#include "noisy.h"

static const double mu = 15e-3, sigma = 5e-3; /* V */

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 0.2, 100000);
    double t0 = now();
    Rng rng = rng_make(o.seed);
    Rng8 noise = rng8_make(&rng);
    Cells c = cells_make(o.size, &rng);
    Recent recent = recent_make(REFRACTORY_STEPS, o.size);
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int slot = step % REFRACTORY_STEPS;
        int32_t *restrict spiking = recent.neuron[slot];
        int n = advance(c, mu, sigma, &noise, spiking);
        n = hold(c, &recent, step, spiking, n);
        recent.count[slot] = n;
        for (int k = 0; k < n; k++) c.v[spiking[k]] = Vr;
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("noise", o, &log, (Populations){"cells", NULL, o.size, 0}, 0, t1 - t0, now() - t1);
    return 0;
}

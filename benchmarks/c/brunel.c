/* Model A of Brunel 2000 (J. Comput. Neurosci. 8:183-208): leaky integrate-and-fire neurons with
 * delta synapses, in the asynchronous irregular state g = 5, nu_ext = 2 nu_thr of its figure 8C.
 *
 *     tau dv/dt = mu_ext - v + sigma_ext sqrt(tau) xi    held at Vr for 2 ms after a spike
 *
 * The drive is the diffusion approximation of C_ext = 1000 independent Poisson trains of rate
 * nu_ext, equations 3 to 5 of the paper: mu_ext = C_ext J nu_ext tau = 40 mV and
 * sigma_ext = J sqrt(C_ext nu_ext tau) = 2 mV; one normal number per neuron and step,
 * Euler-Maruyama. Every pair is connected with probability 0.1 (the paper fixes the number of
 * inputs instead). Order within a step: state, threshold, synapses, reset; what arrives at a
 * neuron that is held is lost. A spike of step n arrives in the synapse phase of step n + 15.
 */
#include "noisy.h"

static const double J = 0.1e-3, mu_ext = 40e-3, sigma_ext = 2e-3; /* V */
static const double g = 5.0, p = 0.1;
enum { DELAY_STEPS = 15, DEPTH = 32 /* of the history; more than delay and refractory time */ };

__attribute__((noinline)) static void deliver(double *restrict input, const int32_t *spikes,
                                              int n, int n_exc, Rows rows) {
    for (int k = 0; k < n; k++) {
        int i = spikes[k];
        double w = i < n_exc ? J : -g * J;
        const int32_t *restrict row = rows.target + rows.start[i];
        int64_t size = rows.start[i + 1] - rows.start[i];
        if (k + 1 < n) /* the hardware finds the rest of the next row by itself */
            for (int64_t s = 0; s < 64; s += 16)
                __builtin_prefetch(rows.target + rows.start[spikes[k + 1]] + s);
        for (int64_t s = 0; s < size; s++) input[row[s]] += w;
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
        int slot = (step - DELAY_STEPS) % DEPTH;
        if (step >= DELAY_STEPS)
            deliver(c.input, recent.neuron[slot], recent.count[slot], n_exc, rows);
        for (int k = 0; k < n; k++) c.v[spiking[k]] = Vr;
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("brunel", o, &log, (Populations){"exc", "inh", n_exc, N - n_exc},
                 rows.count, t1 - t0, now() - t1);
    return 0;
}

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
#include "bench.h"

enum { N_EXC = 10000, N_INH = 2500, N = N_EXC + N_INH };
static const double dt = 0.1e-3, tau = 20e-3;                  /* s */
static const double theta = 20e-3, Vr = 10e-3, J = 0.1e-3;     /* V */
static const double g = 5.0, p = 0.1;
static const double mu_ext = 40e-3, sigma_ext = 2e-3;          /* V */
enum { REFRACTORY_STEPS = 20, DELAY_STEPS = 15, SLOTS = DELAY_STEPS + 1 };

/* State and threshold of one step; the neurons that spike, and how many. Not inlined: the state of
 * the generator then stays in registers. */
__attribute__((noinline)) static int advance(double *restrict v, double *restrict input,
                                             const int32_t *restrict free_from, int32_t step,
                                             Rng *rng, int32_t *restrict spiking) {
    const double leak = dt / tau, noise = sigma_ext * sqrt(dt / tau);
    Rng r = *rng;
    int n = 0;
    for (int i = 0; i < N; i++) {
        if (step >= free_from[i]) {
            /* input arrived in the synapse phase of the step before */
            double x = v[i] + (step > free_from[i] ? input[i] : 0.0);
            v[i] = x + leak * (mu_ext - x) + noise * rng_normal(&r);
            if (v[i] > theta) spiking[n++] = i;
        }
        input[i] = 0.0;
    }
    *rng = r;
    return n;
}

__attribute__((noinline)) static void deliver(double *restrict input, const int32_t *spikes,
                                              int n, Rows rows) {
    for (int k = 0; k < n; k++) {
        int i = spikes[k];
        double w = i < N_EXC ? J : -g * J;
        for (int64_t s = rows.start[i]; s < rows.start[i + 1]; s++) input[rows.target[s]] += w;
    }
}

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 1.0);
    double t0 = now();
    Rng rng = rng_make(o.seed);
    normal_init();
    double *restrict v = allocate(N, sizeof *v), *restrict input = allocate(N, sizeof *input);
    int32_t *restrict free_from = allocate(N, sizeof *free_from);
    for (int i = 0; i < N; i++) v[i] = Vr + (theta - Vr) * rng_uniform(&rng);
    Rows rows = connect_random(&rng, N, N, p);
    int32_t *queue[SLOTS], queued[SLOTS] = {0}; /* the spikes of the last 15 steps, a ring */
    for (int k = 0; k < SLOTS; k++) queue[k] = allocate(N, sizeof(int32_t));
    SpikeLog log = {0};
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int step = 0; step < steps; step++) {
        int32_t *restrict spiking = queue[step % SLOTS];
        int n = advance(v, input, free_from, step, &rng, spiking);
        queued[step % SLOTS] = n;
        if (step >= DELAY_STEPS) {
            int slot = (step - DELAY_STEPS) % SLOTS;
            deliver(input, queue[slot], queued[slot], rows);
        }
        for (int k = 0; k < n; k++) {
            v[spiking[k]] = Vr;
            free_from[spiking[k]] = step + REFRACTORY_STEPS;
        }
        if (n) log_spikes(&log, spiking, n, step);
    }
    print_report("brunel", o, &log, N_EXC, N_INH, rows.count, t1 - t0, now() - t1);
    return 0;
}

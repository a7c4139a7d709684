/* The cell of brunel.c, brunel_delays.c and noise.c: a leaky integrator driven by white noise. */
#ifndef NOISY_H
#define NOISY_H

#include "bench.h"

static const double dt = 0.1e-3, tau = 20e-3;             /* s */
static const double theta = 20e-3, Vr = 10e-3;            /* V */
enum { REFRACTORY_STEPS = 20 };

typedef struct {
    double *restrict v, *restrict input, *restrict noise;
    int n, padded; /* neurons; rounded up to a multiple of BATCH */
} Cells;

static Cells cells_make(int n, Rng *rng) {
    size_t padded = (size_t)(n + BATCH - 1) / BATCH * BATCH, size = sizeof(double);
    Cells c = {allocate(padded, size), allocate(padded, size), allocate(BATCH, size), n, (int)padded};
    for (int i = 0; i < n; i++) c.v[i] = Vr + (theta - Vr) * rng_uniform(rng);
    return c;
}

/* State and threshold of one step; the cells that spike, and how many. Takes the input of the last
 * step and clears it. Euler-Maruyama. */
__attribute__((noinline)) static int advance(Cells c, double mu, double sigma, Rng8 *rng,
                                             int32_t *restrict spiking) {
    const double leak = dt / tau, kick = sigma * sqrt(dt / tau);
    double *restrict v = c.v, *restrict input = c.input, *restrict noise = c.noise;
    int n = 0;
    for (int b = 0; b < c.padded; b += BATCH) {
        fill_normal(rng, noise);
        for (int q = 0; q < BATCH; q += 64) {
            double highest = -1e9;
            for (int k = q; k < q + 64; k++) {
                double x = v[b + k] + input[b + k];
                x += leak * (mu - x) + kick * noise[k];
                v[b + k] = x;
                input[b + k] = 0.0;
                highest = x > highest ? x : highest;
            }
            if (highest > theta)
                for (int i = b + q; i < b + q + 64 && i < c.n; i++)
                    if (v[i] > theta) spiking[n++] = i;
        }
    }
    return n;
}

/* Cells that spiked less than 20 steps ago are held: v goes back to Vr, and they are taken from the
 * list of those that spike; returns how many remain. What arrived while they were held is lost, so
 * their input is cleared before the step that moves them again, too. */
static int hold(Cells c, const Recent *recent, int step, int32_t *restrict spiking, int n) {
    put_back(c.v, Vr, recent, step, REFRACTORY_STEPS - 1);
    int kept = 0;
    for (int k = 0; k < n; k++)
        if (c.v[spiking[k]] > theta) spiking[kept++] = spiking[k];
    return kept;
}

__attribute__((unused)) static void forget_input(Cells c, const Recent *recent, int step) {
    if (step < REFRACTORY_STEPS) return;
    int slot = (step - REFRACTORY_STEPS) % recent->depth;
    for (int k = 0; k < recent->count[slot]; k++) c.input[recent->neuron[slot][k]] = 0.0;
}

#endif

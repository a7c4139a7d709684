/* The cell of cuba.c and lif.c: a leaky integrator with two exponentially decaying inputs. */
#ifndef LINEAR_H
#define LINEAR_H

#include "bench.h"

static const double dt = 0.1e-3, taum = 20e-3, taue = 5e-3, taui = 10e-3; /* s */
static const double Vt = -50e-3, Vr = -60e-3, El = -49e-3;                /* V */
enum { REFRACTORY_STEPS = 50 };
enum { BLOCK = 64 }; /* neurons compared with the threshold at once */

typedef struct {
    double *restrict v, *restrict ge, *restrict gi;
    int n, padded; /* neurons; rounded up to a multiple of BLOCK */
} Cells;

static Cells cells_make(int n) {
    int padded = (n + BLOCK - 1) / BLOCK * BLOCK;
    size_t size = sizeof(double);
    Cells c = {allocate((size_t)padded, size), allocate((size_t)padded, size),
               allocate((size_t)padded, size), n, padded};
    return c;
}

/* v after dt per unit of g before it: (tau / (taum - tau)) (exp(-dt/taum) - exp(-dt/tau)) */
static double coupling(double tau) {
    return tau / (taum - tau) * (exp(-dt / taum) - exp(-dt / tau));
}

typedef struct { double Pv, Pc, Ce, Ci, Pe, Pi; } Propagator;

static Propagator propagator(void) {
    double Pv = exp(-dt / taum);
    return (Propagator){Pv, El * (1.0 - Pv), coupling(taue), coupling(taui), exp(-dt / taue),
                        exp(-dt / taui)};
}

/* State and threshold of one step of all cells; the cells that spike, and how many. No cell can go
 * from Vr to Vt in one step, so the held ones, which are put back later, are not among them. */
__attribute__((noinline)) static int advance(Cells c, Propagator a, int32_t *restrict spiking) {
    double *restrict v = c.v, *restrict ge = c.ge, *restrict gi = c.gi;
    int n = 0;
    for (int b = 0; b < c.padded; b += BLOCK) {
        double highest = -1e9;
        for (int i = b; i < b + BLOCK; i++) {
            double x = a.Pv * v[i] + a.Pc + a.Ce * ge[i] + a.Ci * gi[i];
            v[i] = x;
            ge[i] *= a.Pe;
            gi[i] *= a.Pi;
            highest = x > highest ? x : highest;
        }
        if (highest > Vt)
            for (int i = b; i < b + BLOCK && i < c.n; i++)
                if (v[i] > Vt) spiking[n++] = i;
    }
    return n;
}

#endif

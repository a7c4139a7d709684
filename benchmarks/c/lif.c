/* The cells of cuba.c without synapses: what a step of state costs when state comes from memory.
 *
 * Cells that do not hear of each other may go several steps at a time, as long as their state is
 * in the cache: blocks of CHUNK cells make ROUND steps each. The log keeps the order of time.
 */
#include "bench.h"
#include "linear.h"

enum { CHUNK = 2048, ROUND = 50 };

int main(int argc, char **argv) {
    Options o = parse_options(argc, argv, 0.1, 1000000);
    const int N = o.size, chunks = (N + CHUNK - 1) / CHUNK;
    double t0 = now();
    Rng rng = rng_make(o.seed);
    Cells c = cells_make(N);
    for (int i = 0; i < N; i++) c.v[i] = Vr + (Vt - Vr) * rng_uniform(&rng);
    Recent *recent = allocate((size_t)chunks, sizeof *recent); /* of each chunk */
    for (int k = 0; k < chunks; k++) recent[k] = recent_make(REFRACTORY_STEPS, CHUNK);
    SpikeLog log = {0};
    const Propagator a = propagator();
    const int steps = (int)lround(o.duration / dt);
    double t1 = now();

    for (int begin = 0; begin < steps; begin += ROUND) {
        int end = begin + ROUND < steps ? begin + ROUND : steps;
        for (int k = 0; k < chunks; k++) {
            int first = k * CHUNK, n = N - first < CHUNK ? N - first : CHUNK;
            int padded = (n + BLOCK - 1) / BLOCK * BLOCK;
            Cells part = {c.v + first, c.ge + first, c.gi + first, n, padded};
            for (int step = begin; step < end; step++) {
                int slot = step % REFRACTORY_STEPS;
                int32_t *restrict spiking = recent[k].neuron[slot];
                int count = advance(part, a, spiking);
                put_back(part.v, Vr, &recent[k], step, REFRACTORY_STEPS - 1);
                recent[k].count[slot] = count;
                for (int j = 0; j < count; j++) part.v[spiking[j]] = Vr;
            }
        }
        for (int step = begin; step < end; step++)
            for (int k = 0; k < chunks; k++) {
                int slot = step % REFRACTORY_STEPS;
                int64_t at = log.count;
                log_spikes(&log, recent[k].neuron[slot], recent[k].count[slot], step);
                for (; at < log.count; at++) log.neuron[at] += k * CHUNK;
            }
    }
    print_report("lif", o, &log, (Populations){"cells", NULL, N, 0}, 0, t1 - t0, now() - t1);
    return 0;
}

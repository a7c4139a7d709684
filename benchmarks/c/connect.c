/* Random connections: every pair with probability p, by geometric gaps, into compressed rows.
 *
 *     connect N_SOURCE N_TARGET P SEED
 *
 * See connect_random in bench.h. Prints one line of JSON.
 */
#include "bench.h"

int main(int argc, char **argv) {
    if (argc != 5) { fprintf(stderr, "usage: connect N_SOURCE N_TARGET P SEED\n"); return 2; }
    int n_source = atoi(argv[1]), n_target = atoi(argv[2]);
    double p = atof(argv[3]), before = peak_rss_bytes();
    Rng rng = rng_make(strtoull(argv[4], NULL, 10));
    clock_t began = clock();
    Rows rows = connect_random(&rng, n_source, n_target, p);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    int64_t sum = 0; /* so that nothing is left out */
    for (int64_t k = 0; k < rows.count; k++) sum += rows.target[k];
    printf("{\"synapses\": %lld, \"seconds\": %.6f, \"mean_target\": %.3f, \"growth_bytes\": %.0f}\n",
           (long long)rows.count, seconds, (double)sum / (double)rows.count,
           peak_rss_bytes() - before);
    return 0;
}

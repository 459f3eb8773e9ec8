/*
 * bench_plain.h - the steps of a check done the plain way, for comparison.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

/*
 * Builds and runs everything for the answer `source` to the exercise in
 * exercises/`folder`. Returns the seconds it took. Blocks for most of a
 * minute; exits with 2, and says why, when it cannot be built.
 */
double plain_way(const char *folder, const char *source);

/*
 * Only builds it. Returns 0, or 2 when that is not possible; says which.
 * `make test` asks, because `make bench` is run seldom.
 */
int plain_builds(const char *folder, const char *source);

#endif

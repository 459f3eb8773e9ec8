/*
 * curve.h - what the programs that run in virtual time tell of each run, as
 * records (harness/record.c) of a test called `speed/virtual`:
 *
 *     value speed/virtual took NAME CORES PICOSECONDS SUM LEFT
 *     value speed/virtual case NAME CORES PICOSECONDS
 *     value speed/virtual fault NAME CORES KIND PC TEXT
 *     value speed/virtual path CORES KIND PC SHARE
 *     value speed/virtual fetched CORES PC ADDRESS SHARE
 *
 * SUM is what came of the work, LEFT the threads that it has left behind,
 * KIND of a path is that of path.h, SHARE its part of the whole time; of what
 * was fetched from other cores, of the time of all cores together.
 */
#ifndef CURVE_H
#define CURVE_H

#include <stdbool.h>
#include <stdint.h>

/* Runs `body` on so many cores and tells what came of it; what it returns is
 * told as SUM. Only what it does after curve_begin() counts. false when it did
 * not come to its end. */
bool curve_run(const char *name, int cores, uint64_t (*body)(void));

/* The same, but only its time is told, as that of a case. Nothing is told when
 * it did not come to its end. */
bool curve_case(const char *name, int cores, uint64_t (*body)(void));

/* In the body: now the clock runs. */
void curve_begin(void);

#endif

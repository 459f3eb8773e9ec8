/*
 * watch.h - what the grader does while a program of tests runs: it sees who
 * sleeps for ever, who loops, and who must be let go.
 */
#ifndef WATCH_H
#define WATCH_H

#include "run.h"

struct watch;

/*
 * Makes the board's file for a run. What happens is added to `reports`.
 * NULL when there is no disk or memory. Freed with ctx.
 */
struct watch *watch_open(void *ctx, struct lab *lab,
                         const struct run_spec *spec, const char *board,
                         struct reports *reports);

/* For box_run(). */
struct box_watch watch_of(struct watch *watch);

/* Turns the records of crashes and loops into reports. */
void watch_read_crashes(struct watch *watch, const struct records *records);

/* When the program has ended: what it may have left outside its folder. */
void watch_close(const struct watch *watch);

/* The longest that one test may take. */
double watch_wall_seconds(const struct lab *lab, const struct run_spec *spec);

#endif

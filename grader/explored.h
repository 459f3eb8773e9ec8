/*
 * explored.h - a program is built against the explorer (harness/explorer),
 * run through its interleavings, and what it found is read.
 */
#ifndef EXPLORED_H
#define EXPLORED_H

#include <stdint.h>

#include "../harness/explorer/told.h"
#include "box.h"

/* The kind of that name (fault_name() is in told.h). */
enum fault_kind fault_by_name(const char *name); /* NO_FAULT: none of them */

/* What is asked for; every word as it was given, or NULL. */
struct explore_settings {
    const char *strategy, *schedules, *seconds, *steps, *seed, *bound, *reduce,
        *races;
    const char *schedule; /* the turns of a token: a replay */
    const char *trace;    /* path for the steps of a replay */
    bool real_threads;
    bool shows_progress;          /* on stderr, when that is a terminal */
    unsigned input;               /* seed of what tests draw */
    const char *cores;            /* of a whole program in virtual time */
    const char *virtual_seconds;  /* and how long it may take; or NULL */
    const char *const *arguments; /* of the program, NULL after the last */
};

struct explored {
    struct box_result box;
    const char *secret; /* of its records */

    /* The bug, if there is one. */
    enum fault_kind kind;
    unsigned preemptions;
    int thread;
    uint64_t pc, address;
    const char *turns;
    const char *text;

    /* How far it came. */
    bool early;          /* in some schedule it ended while other threads ran */
    const char *missing; /* a file that it did not find, or NULL */
    bool told;           /* the explorer came to its own end */
    uint64_t schedules, searched, pruned, steps;
    unsigned level, places;
    bool bound_whole, whole;
    const char *stopped; /* "schedules", "steps", "time", or NULL */
};

/*
 * The same under gdb, at the user's terminal, which stops before step `stop`
 * of the schedule. Blocks until gdb has ended. Returns -1 with a sentence on
 * `why` when there is no gdb.
 */
int explore_debug(void *ctx, const char *work, const char *program,
                  const struct explore_settings *settings, uint64_t stop,
                  const char **why);

/*
 * Runs a program that was linked with the explorer, in a folder of its own
 * below `work`. Blocks. Returns -1 when the box failed: `explored->box.why`.
 */
int explore_run(void *ctx, const char *work, const char *program,
                const struct explore_settings *settings,
                struct explored *explored);

#endif

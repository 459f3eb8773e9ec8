/*
 * explore.h - the main loop, for those that know what is explored.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

struct exploration {
    void *(*body)(void *argument); /* what main does, in each schedule */
    void *argument;
    /* A schedule has ended, as `world` says; true: that is enough. */
    bool (*ended)(void *state);
    /* Has another schedule ended like this one? A fault that is known need not
     * be made shorter. May be NULL: each is new. */
    bool (*known)(void *state);
    void *state;
};

struct progress {
    uint64_t schedules, pruned, steps;
    uint64_t searched;   /* of the schedules; the others were chance's */
    const char *stopped; /* "schedules", "steps", "time"; NULL: all was seen */
    unsigned level;      /* preemptions of those that were searched last */
    bool bound_whole;    /* all with so many were run */
    bool whole;          /* all there are */
};

/* First of all in main(). May begin the process anew. */
void explorer_init(char **argv);
void explore(const struct exploration *what);
void explore_one(const struct exploration *what); /* one schedule */
void explore_again(void); /* another program: all from the beginning */

/* The same program goes on by chance (PCT). `progress` adds up. */
void explore_by_chance(void);
void explore_set_progress(const struct progress *progress);
const struct progress *explore_progress(void);

#endif

/*
 * obstacle.h - what stands in the way of speed, by the critical path of a run
 * in virtual time and by the cache lines that cores took from one another.
 */
#ifndef OBSTACLE_H
#define OBSTACLE_H

#include "judge.h"

struct obstacle {
    enum obstacle_kind {
        OBSTACLE_NONE,   /* nothing has a share worth telling */
        OBSTACLE_LINE,   /* a cache line that cores take from one another */
        OBSTACLE_LOCK,   /* a lock that is held */
        OBSTACLE_WAKING, /* threads that are let go and are not yet awake */
        OBSTACLE_ALONE,  /* the thread that begins it all */
        OBSTACLE_CHAIN   /* what threads do one after the other */
    } kind;
    double share; /* of the time that counts; LINE: of all cores' time */
    double bound; /* no more speedup can come of it; 0: none is told */
    int cores;
    struct place place;
    const char *variable; /* LINE: what lies there, or NULL */
};

/* Of a run that was `speedup` times as fast as one core. */
struct obstacle obstacle_of(const struct timed_run *run, double speedup);

/*
 * A sentence, or "" when there is nothing to tell. Lines are told as "in line
 * 40"; with `files`, where a program may have several, as "at pool.c:40".
 */
const char *obstacle_words(void *ctx, const struct obstacle *obstacle,
                           bool files);

/* " at pool.c:40", " in line 40", or "". */
const char *obstacle_where(void *ctx, const struct obstacle *obstacle,
                           bool files);

/* What to try, a sentence or two; NULL: no idea. */
const char *obstacle_help(const struct obstacle *obstacle);

/* The lines of the student's that it is about; a talloc array. */
struct location *obstacle_places(void *ctx, const struct timed_run *run,
                                 const struct obstacle *obstacle,
                                 size_t *count);

#endif

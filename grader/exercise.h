/*
 * exercise.h - an exercise as its folder says it: exercises/NN-name/ with
 * exercise.conf. Found by wildcard; nothing is registered anywhere.
 */
#ifndef EXERCISE_H
#define EXERCISE_H

#include "evidence.h"

#define EXERCISE_POINTS 100 /* of all checks together */

/* What a key with several words says. May be empty. */
struct words {
    const char **items; /* talloc array */
    size_t count;
};

/*
 * One line of the verdict: one property of the answer. Points belong to the
 * property, whichever of its lenses shows that it is broken.
 */
struct check {
    const char *name;  /* stable: "no-data-race" */
    const char *title; /* for people: "no data race" */
    enum property {
        PROPERTY_BUILD,     /* it compiles */
        PROPERTY_RESULTS,   /* what the tests observe is right */
        PROPERTY_RACE,      /* no data race */
        PROPERTY_DEADLOCK,  /* no deadlock, locks used as they must be */
        PROPERTY_MEMORY,    /* memory, descriptors, threads, children */
        PROPERTY_FAULTS,    /* calls that fail are borne */
        PROPERTY_SCHEDULES, /* right in every interleaving */
        PROPERTY_SPEED      /* things overlap; more cores help */
    } property;
    unsigned lenses;    /* bit set, 1u << LENS_... */
    struct words tests; /* patterns "suite/name" or "suite/ *"; never empty */
    bool measured;      /* speed by the clock: workload.c, [speed] threshold */
    struct words needs; /* checks: as long as one of them does not pass, this
                           one has shown nothing by passing */
    bool chance;        /* nor by failing: real threads decide then */
    int points;
};

struct exercise {
    const char *id;     /* "04" */
    const char *name;   /* "thread-pool" */
    const char *folder; /* "04-thread-pool" */
    const char *path;   /* absolute path of the folder */
    const char *source; /* "thread-pool.c", the student's file */
    const char *title;
    const char *ideas; /* one line */
    int order;         /* place in the recommended course */
    int minutes;       /* what it takes a student, about */

    double test_cpu_seconds;  /* one test, plain; lenses multiply it */
    struct words heavy_tests; /* patterns: those that need more than that */
    double heavy_cpu_seconds;
    size_t memory_bytes;

    int speed_threads;
    double speed_threshold;
    double speed_at_most;  /* more than this is wrong; 0: the more the better */
    const char *speed_why; /* why, a clause; or NULL */

    struct words allow;     /* calls the exercise is about ("fork"), for a later
                               gate */
    struct words libraries; /* that an answer is linked with */
    bool server;            /* its tests ask the origin server (origin.c) */

    struct check *checks; /* talloc array; the first is always "builds" */
    size_t check_count;
};

struct exercise_list {
    struct exercise **items; /* by number */
    size_t count;
};

/*
 * Reads every exercise below `root`/exercises, or only exercise.conf of one
 * folder. On a fault in a conf file returns -1, and `why` has file, line and
 * what to do. Strings belong to ctx.
 */
int exercise_load_all(void *ctx, const char *root, struct exercise_list *out,
                      const char **why);
struct exercise *exercise_load(void *ctx, const char *root, const char *folder,
                               const char **why);

/*
 * Finds "4", "04", "08" (eight, not octal), "thread-pool" or
 * "04-thread-pool". NULL when there is none: `why` then names those there
 * are.
 */
struct exercise *exercise_find(void *ctx, const char *root, const char *word,
                               const char **why);

/* The suite of the tests that are explored, and run in no other way. */
#define EXERCISE_EXPLORED "schedules/"

/* true when the pattern ("suite/name", "suite/ *") covers the test; "*" covers
 * all but those that are explored */
bool exercise_pattern(const char *pattern, const char *test);

/* true when one of the patterns does */
bool exercise_covers(const struct words *patterns, const char *test);

/* How long that test may compute, plain; NULL: the longest that any may. */
double exercise_cpu_seconds(const struct exercise *exercise, const char *test);

/* true for "thread-pool": small letters, digits and single hyphens */
bool exercise_is_name(const char *word);

/* What the linker is told for a library that exercise.conf may name, or NULL */
const char *exercise_library(const char *name);

const char *property_name(enum property property);

#endif

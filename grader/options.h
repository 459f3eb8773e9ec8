/*
 * options.h - what was asked for. Values come from the environment and from
 * nowhere else, because a value on a command line that make builds would be
 * read by a shell: EX, SRC, RESULT, LENS, SEED, DIR, OUT, JOBS; and for explore
 * and replay those in struct explore_options. An empty value is none. (INSTALL
 * is for setup.sh, NO_COLOR for say.c.)
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* How to explore: each word as it was given, or NULL. */
struct explore_options {
    const char *arguments; /* ARGS: of the program */
    const char *cflags;    /* CFLAGS: the program's */
    const char *strategy;  /* STRATEGY */
    const char *schedules; /* SCHEDULES: at the most */
    const char *seconds;   /* SECONDS: an end; for curve of virtual time */
    const char *bound;     /* BOUND: preemptions */
    const char *schedule;  /* SCHEDULE: the token to replay */
    bool no_reduction;     /* REDUCE=no */
    bool no_races;         /* RACES=no */
    bool debugger;         /* GDB=1 */
};

struct options {
    const char *root;     /* absolute path of the kit */
    const char *exercise; /* EX as it was given, or NULL */
    const char *source;   /* SRC: grade this file, or NULL */
    const char *result;   /* RESULT: the result file, or NULL */
    unsigned lenses;      /* LENS: bit set; all when not given */
    bool partial;         /* LENS was given */
    uint64_t seed;        /* SEED */
    bool seeded;          /* SEED was given; else choose one */
    const char *folder;   /* DIR: of submissions, or NULL */
    const char *out;      /* OUT: folder to be made, curve's picture; or NULL */
    unsigned jobs;        /* JOBS: at one time; else the cores there are */
    struct explore_options explore;
};

/*
 * Reads and checks the environment. Returns 0, or -1 and a sentence on `why`.
 * Strings belong to ctx.
 */
int options_read(void *ctx, struct options *out, const char **why);

#endif

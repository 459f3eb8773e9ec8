/*
 * leash.h - the grader's end of a keeper: start it, let it go, and take its
 * place when the program has killed it.
 */
#ifndef LEASH_H
#define LEASH_H

#include <stdbool.h>
#include <sys/types.h>

#include "box.h"

/* Lives in the caller's memory from leash_start() to leash_end(). */
struct leash {
    pid_t keeper;
    int socket;         /* keeper.h: words come in; non-blocking */
    bool reaped;        /* `keeper` names it no more */
    struct leash *next; /* guarded by the lock of leash.c */
};

/* What was found of a program whose keeper was killed. */
struct remains {
    bool clean;         /* nothing is left */
    double cpu_seconds; /* of all that were reaped, here and by the keeper */
};

/*
 * Starts a keeper with the program of `spec`, whose stdout and stderr are the
 * descriptors given. Does not wait for the program to start. Returns 0 or an
 * errno value; then the leash holds nothing.
 */
int leash_start(struct leash *leash, const struct box_spec *spec, int out,
                int err);

/* Tells the keeper to kill everything; it reports as usual. */
void leash_let_go(struct leash *leash);

/* Wakes a keeper that the program has stopped. */
void leash_wake(struct leash *leash);

/*
 * After the end of the socket without a report, or when the keeper no longer
 * answers: ends the keeper and kills what it has left behind. May block for
 * as long as the kernel needs to end them, half a minute at most.
 */
struct remains leash_rescue(struct leash *leash);

/* Waits for the keeper, which has reported or was rescued from, and gives
 * back what the leash holds. */
void leash_end(struct leash *leash);

/* The keeper's path; set once by leash_keeper(), else the file `keeper`
 * beside the running program. For messages; valid for ever. */
const char *leash_keeper_path(void);

/* For tests: another keeper. Before the first box_run(); the string is not
 * copied. */
void leash_keeper(const char *path);

#endif

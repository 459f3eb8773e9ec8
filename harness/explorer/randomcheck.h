/*
 * randomcheck.h - the small programs of randomcheck.c, and what they come to.
 */
#ifndef RANDOMCHECK_H
#define RANDOMCHECK_H

#include <stdint.h>

enum { MOST_THREADS = 3, MOST_STEPS = 4, VARIABLES = 2, LOCKS = 2 };
enum { OUTCOMES_MAX = 4096 };

enum instruction {
    LOAD, /* and note the value */
    STORE,
    ADD,   /* and note the value before */
    SWAP,  /* compare and exchange; note whether it did */
    ENTER, /* a lock */
    LEAVE,
    POST, /* a semaphore */
    TAKE,
    WAIT, /* for a condition, with lock 0 */
    SIGNAL,
    WAKE_ALL,
    INSTRUCTIONS
};

struct step {
    uint8_t what, object, value;
};

struct program {
    int threads, length[MOST_THREADS];
    struct step steps[MOST_THREADS][MOST_STEPS + 2];
};

extern struct program program; /* under way */

/* randomcheck_programs.c: the next program, by chance; and in words. */
void program_seed(uint64_t seed);
void program_make(void);
void program_print(void);

/* What a program has come to, each outcome once, as a hash. */
struct outcomes {
    uint64_t list[OUTCOMES_MAX];
    unsigned count;
};

/* randomcheck.c */
void note_outcome(struct outcomes *outcomes, uint64_t hash);

/* randomcheck_enumerate.c: all outcomes of `program`. */
void enumerate_all(struct outcomes *outcomes);

#endif

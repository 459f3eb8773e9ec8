/*
 * lenses.h - a lens looks at the answer in one way and brings evidence. Each
 * look is one function, and runs in a thread of its own.
 */
#ifndef LENSES_H
#define LENSES_H

#include "lab.h"

/* One look: its own memory, its own results. */
struct look {
    struct lab *lab;
    enum lens lens;
    void (*run)(struct look *look);
    const char **tests; /* to run: those of the checks that want this lens */
    size_t test_count;

    void *ctx; /* freed by check.c when the verdict is out */
    struct run *runs;
    size_t count;
    struct measurement speed;
    struct timed timed;
    const char *fault;  /* the kit's own, or NULL */
    const char *cannot; /* what this machine lacks for it, or NULL */
};

void look_gcc(struct look *look);     /* Criterion, gcc's build */
void look_clang(struct look *look);   /* Criterion, clang's build */
void look_patient(struct look *look); /* the patient policy */
void look_tsan(struct look *look);
void look_helgrind(struct look *look);
void look_memory(struct look *look);
void look_faults(struct look *look); /* one call fails in each run */
void look_interleavings(struct look *look);
void look_overlap(struct look *look); /* speed judged by meetings */
void look_timed(struct look *look);   /* speed in virtual time */
void look_curve(struct look *look);   /* the same on 1, 2, 4 ... 64 cores */
void look_speed(struct look *look);   /* and by the clock, to be shown */

/* Rounds by the clock on so many threads, added to look->speed. */
void look_rounds(struct look *look, int threads, const char *rounds);

/* How many cores this process may use. */
int look_cores(void);

/* Runs ThreadSanitizer again, until it reports or has run `runs` times in
 * all. For a race that only Helgrind has seen. */
void look_tsan_again(struct look *look, unsigned runs);

/* true when a report of this kind, with a line of the student's, is there */
bool look_has(const struct look *look, enum bug kind);

#endif

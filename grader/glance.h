/*
 * glance.h - one look at the threads of a process, by /proc: who sleeps, and
 * in what. Two of them make a proof (stillness.c).
 */
#ifndef GLANCE_H
#define GLANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../harness/board.h"

#define GLANCE_TASKS 1024

/* What one glance sees of one thread. */
struct task {
    pid_t tid;
    uint64_t slices; /* times it was put on a processor */
    uint64_t ran;    /* nanoseconds on a processor */
    bool timed;      /* a clock will wake it */
};

struct glance {
    struct task tasks[GLANCE_TASKS];
    size_t count;
    bool timed; /* a clock will wake one of them */
    bool naps;  /* nothing but a clock will: the network does not */
};

/* Adds the threads of a process and of its descendants. `strangers`: see
 * stillness_open(). false when one of them moves. */
bool glance_at_process(struct glance *glance, const struct board *board,
                       bool strangers, pid_t pid);

/* Adds the threads of the origin server, from which the test descends. */
bool glance_at_origin(struct glance *glance, const struct board *board,
                      pid_t origin);

/* true when nobody has run between the two */
bool glance_same(const struct glance *a, const struct glance *b);

#endif

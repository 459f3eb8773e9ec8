/*
 * slots.h - how many boxes run at one time. The lenses are threads of the
 * grader; each asks for a slot around each box, and the one with the lowest
 * number goes first.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <pthread.h>

struct slots {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    /* guarded by lock */
    unsigned free;
    unsigned waiting[16]; /* by priority, 0 first */
};

void slots_init(struct slots *slots, unsigned count);
void slots_destroy(struct slots *slots);

/* Blocks until a slot is free and nobody of a lower number waits. */
void slots_take(struct slots *slots, unsigned priority);
void slots_give(struct slots *slots);

#endif

/*
 * schedule.h - what the files of the scheduler share: steps.c, where threads
 * announce; options.c, what can happen; schedule.c, who goes on.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "explorer.h"
#include "strategy.h"

/* true when a thread can make the step that it has announced */
static inline bool is_ready(struct thread *thread)
{
    if (thread->timed_out && thread->mutex == NULL)
        return true;
    return thread->ready == NULL || thread->ready(thread);
}

/* options.c: all that can happen next, in order; returns how many, of OPTIONS
 * at the most. 0: nobody can go on. */
unsigned options_list(struct option *options);

/* The calling thread has said what it is about to do. Comes back when it is
 * its turn, or never, when the schedule ends. */
void schedule_next(void);

/* For virtual time. The wait of this thread is over before anybody has ended
 * it (TIME_OUT, SPURIOUS); and another thread goes on. */
void schedule_wake_early(struct thread *thread, int how);
void schedule_switch(struct thread *to);

#endif

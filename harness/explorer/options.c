/*
 * options.c - what can happen at a step: this thread goes on, or another that
 * is ready; one that waits for a condition variable wakes up for no reason; a
 * timed wait is over.
 *
 * The first option is what happens when nobody interferes: the same thread
 * goes on while it can, then the next one in turn. When nobody can, the
 * earliest deadline comes, and after the deadlines those that wait for a
 * change in a loop (spin.c).
 */
#include "schedule.h"

#define SOON 10000000000ull /* nanoseconds */

static unsigned add(struct option *options, unsigned count, int thread, int how,
                    unsigned cost)
{
    options[count].thread = (uint8_t)thread;
    options[count].how = how;
    options[count].cost = (uint8_t)cost;
    return count + 1;
}

static bool still_yields(struct thread *thread)
{
    if (thread->yields && thread->yielded_at != world->changes)
        thread->yields = false;
    return thread->yields;
}

/* Who can do what, in the order in which their turn comes. */
struct crowd {
    unsigned ready_count, lazy_count, timed_count, waiting_count;
    uint8_t ready[THREADS];   /* can go on */
    uint8_t lazy[THREADS];    /* could, but waits for a change in a loop */
    uint8_t timed[THREADS];   /* waits, and the clock can end it */
    uint8_t waiting[THREADS]; /* and may wake up for no reason */
    bool sleeps;              /* one of the timed will soon go on */
};

/* As in the other lenses (harness/inside.h): for a meeting a wait that ends in
 * an hour is one that does not end. A plain sleep always ends. */
static bool ends_soon(const struct thread *thread)
{
    return thread->op == OP_SLEEP || thread->deadline <= world->now ||
           thread->deadline - world->now < SOON;
}

static void sort_in(struct crowd *crowd, struct thread *thread)
{
    uint64_t deadline = thread->deadline;
    unsigned i;

    for (i = crowd->timed_count++; i > 0; i--) {
        if (world->threads[crowd->timed[i - 1]].deadline <= deadline)
            break;
        crowd->timed[i] = crowd->timed[i - 1];
    }
    crowd->timed[i] = (uint8_t)thread->number;
    crowd->sleeps |= !thread->last_resort && ends_soon(thread);
}

static void ask(struct crowd *crowd, struct thread *thread)
{
    uint8_t number = (uint8_t)thread->number;

    if (thread->life != ALIVE)
        return;
    if (thread->waits && thread->may_wake && !thread->woken_early)
        crowd->waiting[crowd->waiting_count++] = number;
    if (!is_ready(thread)) {
        if (thread->timed)
            sort_in(crowd, thread);
    } else if (thread->yields && still_yields(thread)) {
        crowd->lazy[crowd->lazy_count++] = number;
    } else {
        crowd->ready[crowd->ready_count++] = number;
    }
}

unsigned options_list(struct option *options)
{
    struct crowd crowd;
    int n = world->thread_count, self = world->self->number;
    bool goes_on;
    unsigned count = 0;

    crowd.ready_count = crowd.lazy_count = 0;
    crowd.timed_count = crowd.waiting_count = 0;
    crowd.sleeps = false;
    for (int i = self; i < n; i++)
        ask(&crowd, &world->threads[i]);
    for (int i = 0; i < self; i++)
        ask(&crowd, &world->threads[i]);
    goes_on = crowd.ready_count > 0 && crowd.ready[0] == self;
    for (unsigned i = 0; i < crowd.ready_count; i++)
        count = add(options, count, crowd.ready[i], GO, goes_on && i > 0);
    for (unsigned i = 0; i < crowd.timed_count; i++) {
        bool last = world->threads[crowd.timed[i]].last_resort;

        if (!last || (crowd.ready_count == 0 && !crowd.sleeps))
            count = add(options, count, crowd.timed[i], TIME_OUT, count > 0);
    }
    /* Those that wait in loops: when nobody else is there, or as a surprise. */
    for (unsigned i = 0; i < crowd.lazy_count; i++)
        count = add(options, count, crowd.lazy[i], GO,
                    count > 0 && crowd.ready_count > 0);
    if (crowd.ready_count == 0 && count > 0)
        world->idle++;
    for (unsigned i = 0; i < crowd.waiting_count && count > 0; i++)
        count = add(options, count, crowd.waiting[i], SPURIOUS, 1);
    return count;
}

/*
 * strategy_clock.c - virtual time: who goes on is who is furthest behind.
 *
 * The program runs on P virtual cores, in reality one thread at a time. Each
 * thread has a clock, which its own code moves on: so much for each basic
 * block, each lock, each cache line that another core has just written
 * (cost.h). Of those that have a core the one with the smallest clock goes
 * on, and no other does anything that it could notice before that. So all
 * happens in the order of virtual time, and what the machine is busy with
 * changes nothing: a conservative simulation (Chandy and Misra, Distributed
 * simulation, 1979).
 *
 * A thread that cannot go on gives its core to the one that has waited for a
 * core longest. Who lets it go on pays for the call; it is awake a little
 * later, and then asks again: another may have been quicker.
 */
#include <string.h>

#include "clock.h"
#include "cost.h"
#include "path.h"
#include "schedule.h"
#include "timers.h"
#include "trace.h"

uint64_t clock_most = COST_MOST;
uint64_t clock_pc;

static int cores = 1;
static uint64_t taken; /* cores, as bits */
static uint64_t limit; /* until then nobody else is behind */
static uint64_t spent; /* by all threads */

void clock_cores(int count)
{
    cores = count;
}

uint64_t clock_now(void)
{
    return world->self->clock;
}

uint64_t clock_nanoseconds(void)
{
    return world->self->clock / 1000;
}

/* ---- cores -------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void take_core(struct thread *thread)
{
    int core = 0;

    while (taken >> core & 1)
        core++;
    taken |= 1ull << core;
    thread->core = core;
    thread->place = ON_CORE;
    thread->slice_end = thread->clock + COST_SLICE;
    if (thread->clock < limit)
        limit = thread->clock;
}

/* The thread that has waited for a core longest, or NULL. */
static struct thread *first_in_queue(void)
{
    struct thread *first = NULL;

    for (int i = 0; i < world->thread_count; i++) {
        struct thread *one = &world->threads[i];

        if (one->life == ALIVE && one->place == IN_QUEUE &&
            (first == NULL || one->queued < first->queued))
            first = one;
    }
    return first;
}

static void ask_for_core(struct thread *thread)
{
    if (__builtin_popcountll(taken) < cores) {
        take_core(thread);
        return;
    }
    thread->place = IN_QUEUE;
    thread->queued = ++world->tickets;
}

static void leave_core(struct thread *thread, enum thread_place place)
{
    struct thread *next;

    taken &= ~(1ull << thread->core);
    thread->place = place;
    thread->queued = ++world->tickets;
    next = first_in_queue();
    if (next == NULL)
        return;
    next->clock = later(next->clock, thread->clock) + COST_SWITCH;
    path_goes_on(next, thread);
    take_core(next);
}

/* ---- who waits ---------------------------------------------------------- */

/* What only one thread at a time can get: who waits for it is woken alone. */
static const struct object *wants_alone(const struct thread *thread)
{
    switch (thread->op) {
    case OP_LOCK:
    case OP_SEM_WAIT:
    case OP_WRITE_LOCK:
        return thread->object;
    case OP_WAKE:
        return thread->mutex;
    default:
        return NULL;
    }
}

/* The one that has waited longest of those that can go on; not for `but`. */
static struct thread *first_ready(const struct object *but)
{
    struct thread *first = NULL;

    for (int i = 0; i < world->thread_count; i++) {
        struct thread *one = &world->threads[i];

        if (one->life == ALIVE && one->place == OFF_CORE && is_ready(one) &&
            (but == NULL || wants_alone(one) != but) &&
            (first == NULL || one->queued < first->queued))
            first = one;
    }
    return first;
}

/* Called where others may see a change: at the clock of the one who made it. */
void clock_changed(void)
{
    struct thread *self = world->self, *one;
    const struct object *given = NULL;

    while ((one = first_ready(given)) != NULL) {
        self->clock += COST_KERNEL;
        one->clock = later(one->clock, self->clock + COST_WAKE);
        path_goes_on(one, self);
        ask_for_core(one);
        if (wants_alone(one) != NULL)
            given = wants_alone(one);
    }
}

static uint64_t deadline_of(const struct thread *thread)
{
    return thread->deadline > UINT64_MAX / 1000 ? UINT64_MAX
                                                : thread->deadline * 1000;
}

/* The thread whose time is over first. Last resorts come last of all. */
static struct thread *first_timed(void)
{
    struct thread *first = NULL;

    for (int i = 0; i < world->thread_count; i++) {
        struct thread *one = &world->threads[i];

        if (one->life != ALIVE || one->place != OFF_CORE || !one->timed)
            continue;
        if (first == NULL || one->last_resort < first->last_resort ||
            (one->last_resort == first->last_resort &&
             one->deadline < first->deadline))
            first = one;
    }
    return first;
}

static void time_is_over(struct thread *thread)
{
    uint64_t at = later(thread->clock, deadline_of(thread));

    schedule_wake_early(thread, TIME_OUT);
    if (!is_ready(thread))
        return; /* it has to wait for its mutex as well */
    thread->clock = at + COST_WAKE;
    path_goes_on(thread, NULL);
    ask_for_core(thread);
}

/* ---- who goes on -------------------------------------------------------- */

static struct thread *earliest(uint64_t *second)
{
    struct thread *first = NULL;

    *second = UINT64_MAX;
    for (int i = 0; i < world->thread_count; i++) {
        struct thread *one = &world->threads[i];

        if (one->life != ALIVE || one->place != ON_CORE)
            continue;
        if (first == NULL || one->clock < first->clock) {
            if (first != NULL)
                *second = first->clock;
            first = one;
        } else if (one->clock < *second) {
            *second = one->clock;
        }
    }
    return first;
}

static struct thread *choose_thread(void)
{
    for (;;) {
        uint64_t second;
        struct thread *first = earliest(&second), *timed = first_timed();

        if (timed != NULL &&
            (first == NULL ||
             (!timed->last_resort && deadline_of(timed) <= first->clock))) {
            time_is_over(timed);
            continue;
        }
        if (first == NULL)
            return NULL;
        if (!is_ready(first)) {
            leave_core(first, OFF_CORE);
            continue;
        }
        if (first->clock >= first->slice_end && first_in_queue() != NULL) {
            leave_core(first, IN_QUEUE);
            continue;
        }
        limit = first->clock + clock_most - spent + 1;
        if (second != UINT64_MAX)
            limit = earlier(limit, second + (second < lines_contended()
                                                 ? COST_APART_LINES
                                                 : COST_APART));
        limit = earlier(limit, first->slice_end);
        return first;
    }
}

/* A loop that waits for another thread is simply run: it costs what it costs.
 * One that waits for ever has to be ended. */
static void watch_length(void)
{
    if (spent > clock_most)
        fail(FAULT_LOOP, clock_pc, 0, "%llu ms of virtual time",
             (unsigned long long)(clock_most / 1000000000));
}

void clock_spend(uint64_t cost)
{
    struct thread *self = world->self, *to;

    self->clock += cost;
    spent += cost;
    if (lines_missed())
        limit = self->clock + COST_APART_LINES; /* now it has the line */
    if (self->clock < limit)
        return;
    watch_length();
    to = choose_thread();
    if (to != self)
        schedule_switch(to);
}

static uint64_t cost_of(const struct thread *thread)
{
    switch (thread->op) {
    case OP_ATOMIC_READ:
        return COST_LOAD;
    case OP_ATOMIC_WRITE:
    case OP_ATOMIC_CHANGE:
        return COST_ATOMIC;
    case OP_CREATE:
        return COST_CREATE;
    case OP_YIELD:
    case OP_FILE:
    case OP_FILE_READ:
    case OP_FILE_WRITE:
    case OP_FILE_WAIT:
        return COST_KERNEL;
    case OP_END:
    case OP_EXIT:
    case OP_WAKE:
    case OP_SLEEP:
        return 0;
    default:
        return COST_LOCK;
    }
}

static bool is_atomic(enum op op)
{
    return op == OP_ATOMIC_READ || op == OP_ATOMIC_WRITE ||
           op == OP_ATOMIC_CHANGE;
}

/* In the place of a choice: the thread under way has announced a step. */
static struct thread *turn(void)
{
    struct thread *self = world->self;

    if (self->life == ENDED) {
        leave_core(self, OFF_CORE);
        clock_changed();
        return choose_thread();
    }
    self->clock += cost_of(self);
    spent += cost_of(self);
    watch_length();
    if (is_atomic(self->op) && self->clock < limit)
        return self;
    if (self->yields && first_in_queue() != NULL)
        leave_core(self, IN_QUEUE);
    self->yields = false;
    return choose_thread();
}

void clock_thread(struct thread *parent, struct thread *thread)
{
    if (parent == NULL) {
        taken = spent = 0;
        path_begin();
    }
    thread->clock = parent != NULL ? parent->clock + COST_START : 0;
    if (parent == NULL)
        limit = UINT64_MAX;
    path_thread(thread);
    ask_for_core(thread);
}

static bool begin(void)
{
    return true;
}

static void end(void)
{
}

const struct strategy strategy_clock = {"clock", begin, NULL, end, turn};

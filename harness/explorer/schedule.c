/*
 * schedule.c - one thread at a time: who goes on at each step.
 *
 * Before a thread makes a step (steps.c) there is a list of options
 * (options.c), and the strategy picks one. Leaving a thread that could go on
 * is a preemption and costs 1, as does every other surprise. The thread that
 * was picked runs, and all others stand still, until it announces its next
 * step.
 *
 * The list follows from the state alone, never from a clock or an address
 * that could differ: so the same choices give the same run, and a run is
 * known by the choices that were not the first (struct turn).
 */
#include "schedule.h"
#include "clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "timers.h"
#include "trace.h"

enum {
    RUN_MAX = 1000,      /* points of one thread while others are ready */
    POINTS_MAX = 20000,  /* of a schedule; then chance decides ... */
    FAIR_POINTS = 60000, /* ... and here it goes on for ever */
    MOVES_MAX = 1000000, /* announced steps, with a choice or without */
    IDLE_MAX = 20000     /* points at which all wait in loops */
};

struct turns *turns;
const struct strategy *strategy;
const struct carrier *carrier;
static uint64_t chance;

/* ---- the choice --------------------------------------------------------- */

static noreturn void end_schedule(void)
{
    carrier->go(world->self, NULL);
    __builtin_unreachable();
}

/* Chance is fair: no thread is left out for ever. */
static unsigned pick_fair(const struct option *options, unsigned count)
{
    for (;;) {
        unsigned i = (unsigned)(next_random(&chance) % count);

        if (options[i].how != SPURIOUS)
            return i;
    }
}

static unsigned pick(const struct option *options, unsigned count)
{
    unsigned choice;

    if (count == 1)
        return 0;
    world->points++;
    if (world->fair) {
        choice = pick_fair(options, count);
    } else {
        choice = strategy->choose(options, count);
        if (choice == PRUNE) {
            world->pruned = true;
            end_schedule();
        }
    }
    if (choice != 0 && !world->fair && turns->count < TURNS)
        turns->list[turns->count++] = (struct turn){world->steps, choice};
    world->cost += options[choice].cost;
    return choice;
}

unsigned choose(unsigned count)
{
    struct option options[OPTIONS];

    if (strategy->turn != NULL)
        return 0;
    world->steps++;
    if (count > OPTIONS)
        count = OPTIONS;
    for (unsigned i = 0; i < count; i++)
        options[i] = (struct option){(uint8_t)i, GO, i > 0};
    return pick(options, count);
}

/* A small test that goes on so long goes on for ever. Of a program nobody can
 * say. */
noreturn void too_long(uint64_t pc)
{
    fail(settings.small ? FAULT_LIVELOCK : FAULT_UNCONTROLLED, pc, 0,
         "a schedule of more than a million steps");
}

static void watch_length(uint64_t pc)
{
    if (world->points > POINTS_MAX && !world->fair) {
        world->fair = true;
        chance = settings.seed;
    }
    if (world->points > FAIR_POINTS)
        fail(FAULT_LIVELOCK, pc, 0, "steps without end");
    if (++world->moves > MOVES_MAX)
        too_long(pc);
    if (world->idle > IDLE_MAX)
        fail(FAULT_LIVELOCK, pc, 0, "all wait in loops");
}

/* ---- the switch --------------------------------------------------------- */

/* A wait is over before anybody has ended it. The thread may still have to
 * wait for its mutex. */
void schedule_wake_early(struct thread *thread, int how)
{
    world->steps++;
    world->changes++; /* who yields looks again */
    if (thread->waits)
        thread->object->waiting--;
    thread->waits = thread->timed = false;
    if (how == SPURIOUS) {
        thread->woken_early = true;
        trace_note(thread, "wakes up although nobody woke it");
        return;
    }
    thread->timed_out = true;
    if (world->now < thread->deadline)
        world->now = thread->deadline;
    timers_ring();
    trace_note(thread, "its time is over");
}

static void go_on(struct thread *to, bool preempts)
{
    struct thread *from = world->self;

    to->yields = to->timed = false;
    to->ready = NULL;
    world->run = to == from ? world->run + 1 : 0;
    if (to == from)
        return;
    trace_switch(from, to, preempts);
    world->self = to;
    carrier->go(from, to);
}

void schedule_switch(struct thread *to)
{
    go_on(to, false);
}

static void deadlock(void)
{
    struct thread *self = world->self;

    if (world->alive == 0)
        program_ends(0);
    fail(FAULT_DEADLOCK, self->pc, 0, "nobody can go on");
}

void stop_if_asked(void)
{
    if (settings.stop_at != 0 && world->steps >= settings.stop_at) {
        settings.stop_at = 0;
        explorer_stop();
    }
}

static void next_by_clock(void)
{
    struct thread *to = strategy->turn();

    if (to == NULL)
        deadlock();
    go_on(to, false);
}

void schedule_next(void)
{
    struct option options[OPTIONS], *option;
    struct thread *self = world->self;
    unsigned count;

    if (strategy->turn != NULL) {
        next_by_clock();
        return;
    }
    if (world->run > RUN_MAX && !self->yields) {
        self->yields = true;
        self->yielded_at = world->changes;
        world->run = 0;
    }
    world->silent = 0;
    do {
        count = options_list(options);
        watch_length(self->pc);
        if (count == 0)
            deadlock();
        option = &options[pick(options, count)];
        if (option->how != GO)
            schedule_wake_early(&world->threads[option->thread], option->how);
    } while (!is_ready(&world->threads[option->thread]));
    go_on(&world->threads[option->thread],
          option->how == GO && option->cost > 0);
}

/* ---- beginnings and ends ------------------------------------------------ */

struct thread *thread_new(void *(*start)(void *), void *argument)
{
    struct thread *parent = world->self, *thread;

    if (world->thread_count == THREADS)
        fail(FAULT_UNCONTROLLED, 0, 0, "more than %d threads", THREADS);
    thread = &world->threads[world->thread_count];
    memset(thread, 0, offsetof(struct thread, clocks));
    thread->number = world->thread_count++;
    thread->identity =
        parent != NULL ? mix(parent->identity, ++parent->children) : 1;
    thread->history = mix(thread->identity, 7);
    thread->life = ALIVE;
    thread->start = start;
    thread->argument = argument;
    thread->term = mix(thread->identity, thread->history);
    thread->age = ++world->ages;
    world->state += thread->term;
    world->alive++;
    race_thread(parent, thread);
    carrier->prepare(thread);
    if (settings.clock)
        clock_thread(parent, thread);
    return thread;
}

noreturn void thread_body(void)
{
    struct thread *self = world->self;

    self->result = self->start(self->argument);
    thread_ends();
}

noreturn void program_ends(int status)
{
    world->exited = true;
    world->status = status;
    world->exited_by = world->self->number;
    end_schedule();
}

/* The step is made: others may go on, and this thread never will. */
noreturn void thread_gone(void)
{
    world->steps++; /* who comes next is a choice of its own */
    world->self->life = ENDED;
    world->alive--;
    world->changes++;
    schedule_next();
    __builtin_unreachable();
}

noreturn void fail(enum fault_kind kind, uint64_t pc, uint64_t address,
                   const char *format, ...)
{
    va_list arguments;

    world->fault = kind;
    world->fault_thread = world->self != NULL ? world->self->number : -1;
    world->fault_pc = pc;
    world->fault_address = address;
    va_start(arguments, format);
    vsnprintf(world->fault_text, sizeof world->fault_text, format, arguments);
    va_end(arguments);
    end_schedule();
}

/*
 * schedule.c - one thread at a time: who goes on at each step.
 *
 * A thread announces a step before it makes it. Then there is a list of
 * options: this thread goes on, or another that is ready; one that waits for
 * a condition variable wakes up for no reason; a timed wait is over. The
 * first option is what happens when nobody interferes: the same thread goes
 * on while it can, then the next one in turn. Leaving a thread that could go
 * on is a preemption and costs 1, as does every other surprise. The strategy
 * picks.
 *
 * The list follows from the state alone, never from a clock or an address
 * that could differ: so the same choices give the same run, and a run is
 * known by the choices that were not the first (struct turn).
 *
 * Equal states are known by their history (happens-before caching; Musuvathi
 * and Qadeer, Partial-order reduction for context-bounded state exploration,
 * 2007): each step hashes the history of its thread with that of the object
 * it touches, and each change to an object becomes its history. Two runs
 * that differ only in the order of independent steps end with the same
 * hashes. depend() does this.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explorer.h"
#include "strategy.h"
#include "timers.h"
#include "trace.h"

enum {
    RUN_MAX = 1000,      /* points of one thread while others are ready */
    POINTS_MAX = 20000,  /* of a schedule; then chance decides ... */
    FAIR_POINTS = 60000, /* ... and here it goes on for ever */
    MOVES_MAX = 1000000, /* announced steps, with a choice or without */
    KERNEL = 20,         /* what a call of the kernel costs, in steps */
    IDLE_MAX = 20000     /* points at which all wait in loops */
};

struct turns *turns;
const struct strategy *strategy;
const struct carrier *carrier;
static uint64_t chance;

uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 m =
        (unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd6e8feb86659fd93);

    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15;
    return mix(*state, 0xbf58476d1ce4e5b9);
}

/* ---- the state ---------------------------------------------------------- */

static void remember(struct thread *self, uint64_t history)
{
    world->state -= self->term;
    self->history = history;
    self->term = mix(self->identity, history);
    world->state += self->term;
}

void depend(struct object *object, enum op op, bool changes)
{
    struct thread *self = world->self;
    uint64_t before = object != NULL ? object->history : 0;

    remember(self, mix(mix(self->history, before), op));
    if (changes && object != NULL)
        object->history = self->history;
}

/* Each step is a part of its thread's history, whatever it touches: two states
 * between which a thread has made one are not the same. */
static void made_step(void)
{
    struct thread *self = world->self;

    remember(self, mix(self->history, self->op));
}

/* What decides, beside the histories, what can follow. */
uint64_t schedule_key(void)
{
    uint64_t key = world->state + mix(world->self->identity, 1) +
                   mix(world->now, 2) + world->self->op;

    for (int i = 0; i < world->thread_count; i++) {
        const struct thread *thread = &world->threads[i];

        key += mix(thread->identity, 4u + thread->yields + 2u * thread->waits +
                                         4u * thread->timed_out +
                                         8u * thread->woken_early);
    }
    return key;
}

/* ---- the options -------------------------------------------------------- */

static bool is_ready(struct thread *thread)
{
    if (thread->timed_out && thread->mutex == NULL)
        return true;
    return thread->ready == NULL || thread->ready(thread);
}

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
    bool sleeps;              /* one of the timed is no last resort */
};

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
    crowd->sleeps |= !thread->last_resort;
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

static unsigned list_options(struct option *options)
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

/* A wait is over before anybody has ended it. The thread may still have to
 * wait for its mutex. */
static void wake_early(struct thread *thread, int how)
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

static void next(void)
{
    struct option options[OPTIONS], *option;
    struct thread *self = world->self;
    unsigned count;

    if (world->run > RUN_MAX && !self->yields) {
        self->yields = true;
        self->yielded_at = world->changes;
        world->run = 0;
    }
    world->silent = 0;
    do {
        count = list_options(options);
        watch_length(self->pc);
        if (count == 0)
            deadlock();
        option = &options[pick(options, count)];
        if (option->how != GO)
            wake_early(&world->threads[option->thread], option->how);
    } while (!is_ready(&world->threads[option->thread]));
    stop_if_asked();
    go_on(&world->threads[option->thread],
          option->how == GO && option->cost > 0);
}

unsigned choose(unsigned count)
{
    struct option options[OPTIONS];

    world->steps++;
    if (count > OPTIONS)
        count = OPTIONS;
    for (unsigned i = 0; i < count; i++)
        add(options, i, (int)i, GO, i > 0);
    return pick(options, count);
}

/* ---- what threads say --------------------------------------------------- */

static void about(enum op op, struct object *object,
                  bool (*ready)(struct thread *), uint64_t pc)
{
    struct thread *self = world->self;

    self->op = op;
    self->object = object;
    self->address = object != NULL ? object->address : 0;
    self->ready = ready;
    self->pc = pc;
    self->timed_out = self->woken_early = false;
}

void announce(enum op op, struct object *object, bool (*ready)(struct thread *),
              uint64_t pc)
{
    world->steps++;
    about(op, object, ready, pc);
    next();
    made_step();
    trace_step(world->self);
}

void announce_access(enum op op, struct object *object, uint64_t pc)
{
    about(op, object, NULL, pc);
    next();
    made_step();
}

void announce_wait(enum op op, struct object *object, struct object *mutex,
                   bool (*ready)(struct thread *), bool timed,
                   uint64_t deadline, uint64_t pc)
{
    struct thread *self = world->self;

    world->steps++;
    about(op, object, ready, pc);
    self->mutex = mutex;
    self->timed = timed;
    self->deadline = deadline;
    next();
    made_step();
    trace_step(self);
    self->mutex = NULL;
    self->waits = self->may_wake = false;
}

void announce_file_wait(enum op op, uint64_t what, struct object *files,
                        bool (*ready)(struct thread *), bool timed,
                        uint64_t deadline, uint64_t pc)
{
    struct thread *self = world->self;

    world->steps++;
    world->moves += KERNEL;
    about(op, files, ready, pc);
    self->address = what;
    self->timed = timed && ready != NULL;
    self->deadline = deadline;
    next();
    made_step();
    trace_step(self);
}

void announce_file(int fd, struct object *files, bool (*ready)(struct thread *),
                   uint64_t pc)
{
    announce_file_wait(OP_FILE, (uint64_t)fd, files, ready, false, 0, pc);
}

void announce_yield(enum op op, uint64_t pc)
{
    struct thread *self = world->self;

    world->steps++;
    about(op, NULL, NULL, pc);
    self->yields = true;
    self->yielded_at = world->changes;
    next();
    made_step();
    trace_step(self);
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
    end_schedule();
}

/* The step is made: others may go on, and this thread never will. */
noreturn void thread_gone(void)
{
    world->steps++; /* who comes next is a choice of its own */
    world->self->life = ENDED;
    world->alive--;
    world->changes++;
    next();
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

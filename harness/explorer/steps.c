/*
 * steps.c - a thread announces a step before it makes it, comes back when it
 * is its turn, makes the step, and says what that has changed.
 *
 * Equal states are known by their history (happens-before caching; Musuvathi
 * and Qadeer, Partial-order reduction for context-bounded state exploration,
 * 2007): each step hashes the history of its thread with that of the object
 * it touches, and each change to an object becomes its history. Two runs
 * that differ only in the order of independent steps end with the same
 * hashes. depend() does this.
 */
#include "clock.h"
#include "schedule.h"
#include "trace.h"

enum { KERNEL = 20 }; /* what a call of the kernel costs, in steps */

/* ---- hashes ------------------------------------------------------------- */

uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15;
    return mix(*state, 0xbf58476d1ce4e5b9);
}

/* ---- histories ---------------------------------------------------------- */

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
    if (settings.clock && object != NULL)
        self->clock += lines_cost(object->address, 1, changes, self->pc);
}

/* Each step is a part of its thread's history, whatever it touches: two states
 * between which a thread has made one are not the same. Called in the thread
 * whose step it is: there a debugger has to stop. */
static void made_step(void)
{
    struct thread *self = world->self;

    stop_if_asked();
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

/* ---- announcements ------------------------------------------------------ */

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
    schedule_next();
    made_step();
    trace_step(world->self);
}

void announce_access(enum op op, struct object *object, uint64_t pc)
{
    about(op, object, NULL, pc);
    schedule_next();
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
    schedule_next();
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
    schedule_next();
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
    schedule_next();
    made_step();
    trace_step(self);
}

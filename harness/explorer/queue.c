/*
 * queue.c - those that wait for an object until somebody wakes them, each with
 * a ticket: conditions, barriers, futexes. A wake-up is for who has waited
 * longest, and as a surprise for another one.
 */
#include "calls.h"
#include "clock.h"

void enqueue(struct object *object)
{
    struct thread *self = world->self;

    object->waiting++;
    self->waits = self->may_wake = true;
    self->ticket = world->tickets++;
}

bool not_waiting(struct thread *thread)
{
    return !thread->waits;
}

static bool waits_for(const struct thread *thread, const struct object *object)
{
    return thread->life == ALIVE && thread->waits && thread->object == object;
}

/* The thread that has waited longest, but for `skip` others. */
static struct thread *waiter(const struct object *object, unsigned skip)
{
    unsigned last = 0;
    struct thread *found;

    for (unsigned nth = 0;; nth++) {
        found = NULL;
        for (int i = 0; i < world->thread_count; i++) {
            struct thread *one = &world->threads[i];

            if (waits_for(one, object) && (nth == 0 || one->ticket > last) &&
                (found == NULL || one->ticket < found->ticket))
                found = one;
        }
        if (found == NULL || nth == skip)
            return found;
        last = found->ticket;
    }
}

static void wake(struct object *object, struct thread *thread)
{
    thread->waits = false;
    object->waiting--;
    if (settings.clock)
        clock_changed();
}

unsigned wake_of(struct object *object, unsigned count)
{
    unsigned woken = 0;

    for (; woken < count && object->waiting > 0; woken++) {
        unsigned all = (unsigned)object->waiting;

        wake(object, waiter(object, all > count - woken ? choose(all) : 0));
    }
    return woken;
}

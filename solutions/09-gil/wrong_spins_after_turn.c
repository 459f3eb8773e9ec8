/* expect: fail everyone-gets-a-turn */
/*
 * Who has just come sleeps until it is called. Who was made to hand over will
 * be called soon, so it thinks, and asks again and again.
 */
#include "gil.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* Lives on the stack of the thread that stands there. */
struct place {
    _Atomic(struct place *) behind;
    sem_t called; /* one unit when the interpreter is handed over */
};

struct gil {
    int interval; /* never changes */
    _Atomic(struct place *) end;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    atomic_init(&gil->end, NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    free(gil);
}

static void take(struct gil *gil, struct place *place, bool soon)
{
    struct place *before;

    atomic_store(&place->behind, NULL);
    before = atomic_exchange(&gil->end, place);
    if (before == NULL)
        return; /* it was free */
    atomic_store(&before->behind, place);
    if (soon)
        while (sem_trywait(&place->called) != 0) /* BUG */
            sched_yield();
    else
        while (sem_wait(&place->called) != 0)
            ; /* a signal came */
}

static void give(struct gil *gil, struct place *place)
{
    struct place *last = place, *next;

    if (atomic_load(&place->behind) == NULL &&
        atomic_compare_exchange_strong(&gil->end, &last, NULL))
        return; /* nobody stands behind */
    while ((next = atomic_load(&place->behind)) == NULL)
        sched_yield(); /* it is between its exchange and its store */
    sem_post(&next->called);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    struct place place;
    enum vm_status status;
    int executed = 0;
    int error = 0;

    sem_init(&place.called, 0, 0);
    take(gil, &place, false);
    do {
        status = vm_step(thread);
        if (status == VM_WAITS) {
            give(gil, &place);
            error = vm_wait(thread);
            take(gil, &place, false);
            executed = 0;
        } else if (++executed >= gil->interval) {
            executed = 0;
            if (atomic_load(&gil->end) != &place) {
                give(gil, &place);
                take(gil, &place, true);
            }
        }
    } while (error == 0 && status != VM_ENDS);
    error = vm_finish(thread);
    give(gil, &place);
    sem_destroy(&place.called);
    return error;
}

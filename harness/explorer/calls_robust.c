/*
 * calls_robust.c - robust mutexes: a model.
 *
 * Whoever ends with such a mutex in hand leaves it to the next, who gets it
 * with EOWNERDEAD: what it guards may be half changed. If that one says
 * pthread_mutex_consistent() before it unlocks, all is well again; if not,
 * nobody ever gets the mutex: ENOTRECOVERABLE (POSIX.1-2017,
 * pthread_mutex_lock). A mutex that processes share is one like any other
 * here, where there is one process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include "calls.h"
#include "trace.h"

#define ROBUST 16 /* in the GNU C library's word for the kind */

static uint32_t used_in; /* the schedule that has seen one */

bool mutex_robust(const pthread_mutex_t *mutex)
{
    bool robust = (mutex->__data.__kind & ROBUST) != 0;

    if (robust)
        used_in = world->schedule;
    return robust;
}

void mutexes_orphaned(struct thread *owner)
{
    struct object *mutex;

    while (used_in == world->schedule &&
           (mutex = object_robust_of(owner)) != NULL) {
        mutex->owner = NULL;
        mutex->count = 0;
        mutex->health = ORPHANED;
        trace_note(owner, "ends with a robust mutex in hand");
        release(mutex);
        depend(mutex, OP_UNLOCK, true);
    }
}

CALL(int, pthread_mutex_consistent, pthread_mutex_t *mutex)
{
    struct object *object = mutex_of(mutex, PC);

    if (!object->robust || object->owner != world->self ||
        object->health != ORPHANED)
        return EINVAL;
    object->health = HEALTHY;
    depend(object, OP_LOCK, true);
    return 0;
}

CALL(int, pthread_mutex_consistent_np, pthread_mutex_t *mutex)
{
    return ex_pthread_mutex_consistent(mutex);
}

/*
 * calls_locks.c - mutexes and spinlocks: models. A thread that asks for a lock
 * is ready when it is free.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include "calls.h"
#include "path.h"
#include "trace.h"

/* ---- mutexes ------------------------------------------------------------ */

/* How the GNU C library keeps the kind of a mutex: the static initialisers
 * are nothing but that word. */
static int kind_of(const pthread_mutex_t *mutex)
{
    return mutex->__data.__kind & 3;
}

struct object *mutex_of(void *pointer, uint64_t pc)
{
    struct object *mutex = object_at(pointer, OBJECT_MUTEX);

    if (object_buried(mutex, pointer, sizeof(pthread_mutex_t)))
        fail(FAULT_MISUSE, pc, ADDRESS(pointer), "destroyed");
    if (((pthread_mutex_t *)pointer)->__data.__kind & ~0x3ff)
        fail(FAULT_MISUSE, pc, ADDRESS(pointer), "never initialised");
    if (mutex->owner == NULL) {
        mutex->size = kind_of(pointer);
        mutex->robust = mutex_robust(pointer);
    }
    return mutex;
}

bool mutex_ready(struct thread *thread)
{
    struct object *mutex = thread->mutex ? thread->mutex : thread->object;

    return !thread->waits && mutex->owner == NULL;
}

int mutex_take(struct object *mutex, enum op op)
{
    if (mutex->health == LOST) {
        depend(mutex, op, false);
        return ENOTRECOVERABLE;
    }
    mutex->owner = world->self;
    mutex->count = 1;
    acquire(mutex);
    depend(mutex, op, true);
    if (settings.clock)
        path_takes(world->self->pc);
    spin_progress();
    return mutex->health == ORPHANED ? EOWNERDEAD : 0;
}

void mutex_give(struct object *mutex, uint64_t pc, enum op op)
{
    if (mutex->owner == NULL)
        fail(FAULT_MISUSE, pc, mutex->address, "unlock of a free mutex");
    if (mutex->owner != world->self)
        fail(FAULT_MISUSE, pc, mutex->address,
             "unlock of a mutex that another thread holds");
    mutex->owner = NULL;
    mutex->count = 0;
    if (mutex->health == ORPHANED)
        mutex->health = LOST;
    release(mutex);
    depend(mutex, op, true);
    if (settings.clock)
        path_gives();
    spin_progress();
}

CALL(int, pthread_mutex_init, pthread_mutex_t *mutex,
     const pthread_mutexattr_t *attributes)
{
    struct object *object = object_at(mutex, OBJECT_MUTEX);

    touch(mutex, sizeof *mutex, true, PC);
    if (object->owner != NULL)
        fail(FAULT_MISUSE, PC, ADDRESS(mutex), "init of a mutex that is held");
    object->dead = false;
    return pthread_mutex_init(mutex, attributes);
}

CALL(int, pthread_mutex_destroy, pthread_mutex_t *mutex)
{
    struct object *object = mutex_of(mutex, PC);

    announce(OP_DESTROY, object, NULL, PC);
    touch(mutex, sizeof *mutex, true, PC);
    if (object->owner != NULL)
        fail(FAULT_MISUSE, PC, ADDRESS(mutex),
             "destroy of a mutex that is held");
    object_bury(object, mutex, sizeof *mutex);
    depend(object, OP_DESTROY, true);
    return 0;
}

/* What a thread that has the mutex gets when it asks again. */
static int locked_by_self(struct object *mutex)
{
    if (mutex->size == PTHREAD_MUTEX_RECURSIVE) {
        mutex->count++;
        return 0;
    }
    return mutex->size == PTHREAD_MUTEX_ERRORCHECK ? EDEADLK : -1;
}

static int mutex_lock(pthread_mutex_t *mutex, bool timed, uint64_t deadline,
                      uint64_t pc)
{
    struct object *object = mutex_of(mutex, pc);

    touch(mutex, 1, false, pc);
    if (object->owner == world->self && locked_by_self(object) >= 0)
        return object->size == PTHREAD_MUTEX_ERRORCHECK ? EDEADLK : 0;
    announce_wait(OP_LOCK, object, NULL, mutex_ready, timed, deadline, pc);
    if (object_buried(object, mutex, sizeof *mutex))
        fail(FAULT_MISUSE, pc, ADDRESS(mutex), "destroyed");
    if (world->self->timed_out) {
        depend(object, OP_CLOCK, false);
        return ETIMEDOUT;
    }
    return mutex_take(object, OP_LOCK);
}

CALL(int, pthread_mutex_lock, pthread_mutex_t *mutex)
{
    return mutex_lock(mutex, false, 0, PC);
}

int tried_in_vain(struct object *lock, uint64_t pc)
{
    trace_note(world->self, "another thread has it: goes on without");
    depend(lock, OP_TRYLOCK, false);
    spin_read(lock->address, lock->history, pc);
    return EBUSY;
}

static int mutex_try(pthread_mutex_t *mutex, uint64_t pc)
{
    struct object *object = mutex_of(mutex, pc);

    announce(OP_TRYLOCK, object, NULL, pc);
    if (object->owner == world->self && object->size == PTHREAD_MUTEX_RECURSIVE)
        return locked_by_self(object);
    if (object->owner == NULL)
        return mutex_take(object, OP_TRYLOCK);
    return tried_in_vain(object, pc);
}

CALL(int, pthread_mutex_trylock, pthread_mutex_t *mutex)
{
    return mutex_try(mutex, PC);
}

/* Only who would have to wait looks at the deadline (glibc,
 * nptl/pthread_mutex_timedlock.c). */
static int mutex_lock_until(pthread_mutex_t *mutex, clockid_t clock,
                            const struct timespec *until, uint64_t pc)
{
    int error;

    if (is_moment(until))
        return mutex_lock(mutex, true, moment(clock, until), pc);
    error = mutex_try(mutex, pc);
    return error == EBUSY ? EINVAL : error;
}

CALL(int, pthread_mutex_timedlock, pthread_mutex_t *mutex,
     const struct timespec *until)
{
    return mutex_lock_until(mutex, CLOCK_REALTIME, until, PC);
}

CALL(int, pthread_mutex_clocklock, pthread_mutex_t *mutex, clockid_t clock,
     const struct timespec *until)
{
    return mutex_lock_until(mutex, clock, until, PC);
}

CALL(int, pthread_mutex_unlock, pthread_mutex_t *mutex)
{
    struct object *object = mutex_of(mutex, PC);

    touch(mutex, 1, false, PC);
    announce(OP_UNLOCK, object, NULL, PC);
    if (object->owner == world->self && object->count > 1) {
        object->count--;
        return 0;
    }
    if (object->owner != world->self &&
        object->size == PTHREAD_MUTEX_ERRORCHECK)
        return EPERM;
    mutex_give(object, PC, OP_UNLOCK);
    return 0;
}

/* ---- spinlocks: a mutex without a kind ---------------------------------- */

static struct object *spin_of(pthread_spinlock_t *lock, uint64_t pc)
{
    struct object *object = object_at(lock, OBJECT_SPINLOCK);

    if (object_buried(object, (void *)lock, sizeof *lock))
        fail(FAULT_MISUSE, pc, ADDRESS(lock), "destroyed");
    return object;
}

CALL(int, pthread_spin_init, pthread_spinlock_t *lock, int shared)
{
    (void)shared;
    touch((void *)lock, sizeof *lock, true, PC);
    *lock = 0; /* so it is not buried */
    return 0;
}

CALL(int, pthread_spin_destroy, pthread_spinlock_t *lock)
{
    touch((void *)lock, sizeof *lock, true, PC);
    object_bury(spin_of(lock, PC), (void *)lock, sizeof *lock);
    return 0;
}

CALL(int, pthread_spin_lock, pthread_spinlock_t *lock)
{
    struct object *object = spin_of(lock, PC);

    touch((void *)lock, 1, false, PC);
    announce(OP_LOCK, object, mutex_ready, PC);
    mutex_take(object, OP_LOCK);
    return 0;
}

CALL(int, pthread_spin_trylock, pthread_spinlock_t *lock)
{
    struct object *object = spin_of(lock, PC);

    announce(OP_TRYLOCK, object, NULL, PC);
    if (object->owner == NULL)
        return mutex_take(object, OP_TRYLOCK);
    return tried_in_vain(object, PC);
}

CALL(int, pthread_spin_unlock, pthread_spinlock_t *lock)
{
    struct object *object = spin_of(lock, PC);

    announce(OP_UNLOCK, object, NULL, PC);
    mutex_give(object, PC, OP_UNLOCK);
    return 0;
}

/*
 * calls_rwlocks.c - read-write locks: a model. `count` readers have it, or an
 * owner.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include "calls.h"

static struct object *rwlock_of(pthread_rwlock_t *lock, uint64_t pc)
{
    struct object *object = object_at(lock, OBJECT_RWLOCK);

    if (object_buried(object, lock, sizeof *lock))
        fail(FAULT_MISUSE, pc, ADDRESS(lock), "destroyed");
    return object;
}

static bool may_read(struct thread *thread)
{
    return thread->object->owner == NULL;
}

static bool may_write(struct thread *thread)
{
    return thread->object->owner == NULL && thread->object->count == 0;
}

static void take_read(struct object *lock)
{
    lock->count++;
    acquire(lock);
    depend(lock, OP_READ_LOCK, true);
    spin_progress();
}

static void take_write(struct object *lock)
{
    lock->owner = world->self;
    acquire(lock);
    depend(lock, OP_WRITE_LOCK, true);
    spin_progress();
}

CALL(int, pthread_rwlock_init, pthread_rwlock_t *lock,
     const pthread_rwlockattr_t *attributes)
{
    touch(lock, sizeof *lock, true, PC);
    object_at(lock, OBJECT_RWLOCK)->dead = false;
    return pthread_rwlock_init(lock, attributes);
}

CALL(int, pthread_rwlock_destroy, pthread_rwlock_t *lock)
{
    struct object *object = rwlock_of(lock, PC);

    touch(lock, sizeof *lock, true, PC);
    if (object->owner != NULL || object->count > 0)
        fail(FAULT_MISUSE, PC, ADDRESS(lock),
             "destroy of a read-write lock that is held");
    object_bury(object, lock, sizeof *lock);
    return 0;
}

static int rwlock_lock(pthread_rwlock_t *lock, bool write, bool timed,
                       uint64_t deadline, uint64_t pc)
{
    struct object *object = rwlock_of(lock, pc);

    touch(lock, 1, false, pc);
    if (object->owner == world->self)
        return EDEADLK;
    announce_wait(write ? OP_WRITE_LOCK : OP_READ_LOCK, object, NULL,
                  write ? may_write : may_read, timed, deadline, pc);
    if (world->self->timed_out) {
        depend(object, OP_CLOCK, false);
        return ETIMEDOUT;
    }
    write ? take_write(object) : take_read(object);
    return 0;
}

static int rwlock_lock_until(pthread_rwlock_t *lock, bool write,
                             clockid_t clock, const struct timespec *until,
                             uint64_t pc)
{
    if (!is_moment(until))
        return EINVAL;
    return rwlock_lock(lock, write, true, moment(clock, until), pc);
}

static int rwlock_try(pthread_rwlock_t *lock, bool write, uint64_t pc)
{
    struct object *object = rwlock_of(lock, pc);

    announce(OP_TRYLOCK, object, NULL, pc);
    if (write ? may_write(world->self) : may_read(world->self)) {
        write ? take_write(object) : take_read(object);
        return 0;
    }
    return tried_in_vain(object, pc);
}

CALL(int, pthread_rwlock_rdlock, pthread_rwlock_t *lock)
{
    return rwlock_lock(lock, false, false, 0, PC);
}

CALL(int, pthread_rwlock_wrlock, pthread_rwlock_t *lock)
{
    return rwlock_lock(lock, true, false, 0, PC);
}

CALL(int, pthread_rwlock_timedrdlock, pthread_rwlock_t *lock,
     const struct timespec *until)
{
    return rwlock_lock_until(lock, false, CLOCK_REALTIME, until, PC);
}

CALL(int, pthread_rwlock_timedwrlock, pthread_rwlock_t *lock,
     const struct timespec *until)
{
    return rwlock_lock_until(lock, true, CLOCK_REALTIME, until, PC);
}

CALL(int, pthread_rwlock_clockrdlock, pthread_rwlock_t *lock, clockid_t clock,
     const struct timespec *until)
{
    return rwlock_lock_until(lock, false, clock, until, PC);
}

CALL(int, pthread_rwlock_clockwrlock, pthread_rwlock_t *lock, clockid_t clock,
     const struct timespec *until)
{
    return rwlock_lock_until(lock, true, clock, until, PC);
}

CALL(int, pthread_rwlock_tryrdlock, pthread_rwlock_t *lock)
{
    return rwlock_try(lock, false, PC);
}

CALL(int, pthread_rwlock_trywrlock, pthread_rwlock_t *lock)
{
    return rwlock_try(lock, true, PC);
}

CALL(int, pthread_rwlock_unlock, pthread_rwlock_t *lock)
{
    struct object *object = rwlock_of(lock, PC);

    announce(OP_UNLOCK, object, NULL, PC);
    if (object->owner == world->self)
        object->owner = NULL;
    else if (object->owner == NULL && object->count > 0)
        object->count--;
    else
        fail(FAULT_MISUSE, PC, ADDRESS(lock),
             "unlock of a read-write lock that is not held");
    release(object);
    depend(object, OP_UNLOCK, true);
    spin_progress();
    return 0;
}

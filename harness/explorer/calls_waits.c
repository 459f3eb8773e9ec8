/*
 * calls_waits.c - condition variables, barriers, semaphores, once: models.
 *
 * A condition variable has a queue; a signal wakes the first, and as a
 * surprise another one. Whoever waits may wake up for no reason, once in each
 * wait (POSIX.1-2017, pthread_cond_wait: spurious wakeups may occur).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>

#include "calls.h"
#include "clock.h"

/* ---- condition variables ------------------------------------------------ */

static struct object *cond_of(pthread_cond_t *cond, uint64_t pc)
{
    struct object *object = object_at(cond, OBJECT_CONDITION);

    touch(cond, 1, false, pc);
    if (object_buried(object, cond, sizeof *cond))
        fail(FAULT_MISUSE, pc, ADDRESS(cond), "destroyed");
    return object;
}

CALL(int, pthread_cond_init, pthread_cond_t *cond,
     const pthread_condattr_t *attributes)
{
    struct object *object = object_at(cond, OBJECT_CONDITION);
    clockid_t clock = CLOCK_REALTIME;

    touch(cond, sizeof *cond, true, PC);
    if (attributes != NULL)
        pthread_condattr_getclock(attributes, &clock);
    object->dead = false;
    object->size = (int)clock;
    return pthread_cond_init(cond, attributes);
}

CALL(int, pthread_cond_destroy, pthread_cond_t *cond)
{
    struct object *object = cond_of(cond, PC);

    announce(OP_DESTROY, object, NULL, PC);
    touch(cond, sizeof *cond, true, PC);
    if (object->waiting > 0)
        fail(FAULT_MISUSE, PC, ADDRESS(cond),
             "destroy of a condition variable on which a thread waits");
    object_bury(object, cond, sizeof *cond);
    depend(object, OP_DESTROY, true);
    return 0;
}

/* One that was locked twice is not given back by a wait. */
static bool mutex_ready_again(struct thread *thread)
{
    return not_waiting(thread) &&
           (thread->mutex->owner == NULL || thread->mutex->owner == thread);
}

static void let_go(struct object *mutex, uint64_t pc)
{
    if (mutex->count > 1)
        mutex->count--;
    else
        mutex_give(mutex, pc, OP_WAIT);
}

static int take_again(struct object *mutex)
{
    if (mutex->owner != world->self)
        return mutex_take(mutex, OP_WAKE);
    mutex->count++;
    return 0;
}

static int cond_wait(pthread_cond_t *pointer, pthread_mutex_t *mutex_pointer,
                     bool timed, uint64_t deadline, uint64_t pc)
{
    struct object *cond = cond_of(pointer, pc);
    struct object *mutex = mutex_of(mutex_pointer, pc);
    struct thread *self = world->self;
    bool late;
    int error;

    announce(OP_WAIT, cond, NULL, pc);
    if (mutex->owner != self)
        fail(FAULT_MISUSE, pc, ADDRESS(pointer),
             "wait without holding the mutex");
    depend(cond, OP_WAIT, true);
    let_go(mutex, pc);
    enqueue(cond);
    announce_wait(OP_WAKE, cond, mutex, mutex_ready_again, timed, deadline, pc);
    late = self->timed_out;
    if (late || self->woken_early)
        depend(cond, OP_CLOCK, true);
    acquire(cond);
    error = take_again(mutex);
    return error != 0 ? error : late ? ETIMEDOUT : 0;
}

CALL(int, pthread_cond_wait, pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    return cond_wait(cond, mutex, false, 0, PC);
}

CALL(int, pthread_cond_timedwait, pthread_cond_t *cond, pthread_mutex_t *mutex,
     const struct timespec *until)
{
    clockid_t clock = (clockid_t)object_at(cond, OBJECT_CONDITION)->size;

    if (!is_moment(until))
        return EINVAL;
    return cond_wait(cond, mutex, true, moment(clock, until), PC);
}

CALL(int, pthread_cond_clockwait, pthread_cond_t *cond, pthread_mutex_t *mutex,
     clockid_t clock, const struct timespec *until)
{
    if (!is_moment(until))
        return EINVAL;
    return cond_wait(cond, mutex, true, moment(clock, until), PC);
}

CALL(int, pthread_cond_signal, pthread_cond_t *pointer)
{
    struct object *cond = cond_of(pointer, PC);

    announce(OP_SIGNAL, cond, NULL, PC);
    wake_of(cond, 1);
    depend(cond, OP_SIGNAL, true);
    spin_progress();
    return 0;
}

CALL(int, pthread_cond_broadcast, pthread_cond_t *pointer)
{
    struct object *cond = cond_of(pointer, PC);

    announce(OP_BROADCAST, cond, NULL, PC);
    wake_of(cond, (unsigned)cond->waiting);
    depend(cond, OP_BROADCAST, true);
    spin_progress();
    return 0;
}

/* ---- barriers ----------------------------------------------------------- */

CALL(int, pthread_barrier_init, pthread_barrier_t *barrier,
     const pthread_barrierattr_t *attributes, unsigned size)
{
    struct object *object = object_at(barrier, OBJECT_BARRIER);

    (void)attributes;
    touch(barrier, sizeof *barrier, true, PC);
    if (size == 0)
        return EINVAL;
    object->size = (int)size;
    object->count = 0;
    object->dead = false;
    return 0;
}

CALL(int, pthread_barrier_destroy, pthread_barrier_t *barrier)
{
    struct object *object = object_at(barrier, OBJECT_BARRIER);

    touch(barrier, sizeof *barrier, true, PC);
    if (object->waiting > 0)
        fail(FAULT_MISUSE, PC, ADDRESS(barrier),
             "destroy of a barrier at which a thread waits");
    object->dead = true;
    return 0;
}

CALL(int, pthread_barrier_wait, pthread_barrier_t *pointer)
{
    struct object *barrier = object_at(pointer, OBJECT_BARRIER);
    struct thread *self = world->self;

    touch(pointer, 1, false, PC);
    announce(OP_BARRIER, barrier, NULL, PC);
    if (barrier->size == 0 || barrier->dead)
        fail(FAULT_MISUSE, PC, ADDRESS(pointer), "never initialised");
    release(barrier);
    depend(barrier, OP_BARRIER, true);
    spin_progress();
    if (++barrier->waiting < barrier->size) {
        self->waits = true;
        announce_wait(OP_WAKE, barrier, NULL, not_waiting, false, 0, PC);
        acquire(barrier);
        depend(barrier, OP_WAKE, false);
        return 0;
    }
    barrier->waiting--; /* who came last does not wait */
    wake_of(barrier, (unsigned)barrier->waiting);
    acquire(barrier);
    return PTHREAD_BARRIER_SERIAL_THREAD;
}

/* ---- semaphores --------------------------------------------------------- */

static struct object *sem_of(sem_t *semaphore, uint64_t pc)
{
    touch(semaphore, 1, false, pc);
    return object_at(semaphore, OBJECT_SEMAPHORE);
}

CALL(int, sem_init, sem_t *semaphore, int shared, unsigned value)
{
    struct object *object = object_at(semaphore, OBJECT_SEMAPHORE);

    (void)shared;
    touch(semaphore, sizeof *semaphore, true, PC);
    if (value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return -1;
    }
    object->count = (int)value;
    return 0;
}

CALL(int, sem_destroy, sem_t *semaphore)
{
    touch(semaphore, sizeof *semaphore, true, PC);
    return 0;
}

static bool above_zero(struct thread *thread)
{
    return thread->object->count > 0;
}

static void sem_take(struct object *semaphore)
{
    semaphore->count--;
    acquire(semaphore);
    depend(semaphore, OP_SEM_WAIT, true);
    spin_progress();
}

static int semaphore_wait(sem_t *pointer, bool timed, uint64_t deadline,
                          uint64_t pc)
{
    struct object *semaphore = sem_of(pointer, pc);

    announce_wait(OP_SEM_WAIT, semaphore, NULL, above_zero, timed, deadline,
                  pc);
    if (world->self->timed_out) {
        depend(semaphore, OP_CLOCK, false);
        errno = ETIMEDOUT;
        return -1;
    }
    sem_take(semaphore);
    return 0;
}

CALL(int, sem_wait, sem_t *semaphore)
{
    return semaphore_wait(semaphore, false, 0, PC);
}

static int semaphore_wait_until(sem_t *semaphore, clockid_t clock,
                                const struct timespec *until, uint64_t pc)
{
    if (is_moment(until))
        return semaphore_wait(semaphore, true, moment(clock, until), pc);
    errno = EINVAL;
    return -1;
}

CALL(int, sem_timedwait, sem_t *semaphore, const struct timespec *until)
{
    return semaphore_wait_until(semaphore, CLOCK_REALTIME, until, PC);
}

CALL(int, sem_clockwait, sem_t *semaphore, clockid_t clock,
     const struct timespec *until)
{
    return semaphore_wait_until(semaphore, clock, until, PC);
}

CALL(int, sem_trywait, sem_t *pointer)
{
    struct object *semaphore = sem_of(pointer, PC);

    announce(OP_TRYLOCK, semaphore, NULL, PC);
    if (semaphore->count > 0) {
        sem_take(semaphore);
        return 0;
    }
    depend(semaphore, OP_TRYLOCK, false);
    spin_read(semaphore->address, semaphore->history, PC);
    errno = EAGAIN;
    return -1;
}

CALL(int, sem_post, sem_t *pointer)
{
    struct object *semaphore = sem_of(pointer, PC);

    announce(OP_SEM_POST, semaphore, NULL, PC);
    semaphore->count++;
    release(semaphore);
    depend(semaphore, OP_SEM_POST, true);
    spin_progress();
    return 0;
}

CALL(int, sem_getvalue, sem_t *pointer, int *value)
{
    struct object *semaphore = sem_of(pointer, PC);

    announce(OP_TRYLOCK, semaphore, NULL, PC);
    explorer_range(value, sizeof *value, true, PC);
    *value = semaphore->count;
    depend(semaphore, OP_TRYLOCK, false);
    return 0;
}

/* ---- once: count 0 not yet, 1 under way, 2 done ------------------------- */

static bool not_under_way(struct thread *thread)
{
    return thread->object->count != 1;
}

CALL(int, pthread_once, pthread_once_t *pointer, void (*routine)(void))
{
    struct object *once = object_at(pointer, OBJECT_ONCE);

    announce(OP_ONCE, once, not_under_way, PC);
    acquire(once);
    if (once->count == 0) {
        once->count = 1;
        depend(once, OP_ONCE, true);
        routine();
        announce(OP_ONCE, once, NULL, PC);
        once->count = 2;
        release(once);
    }
    depend(once, OP_ONCE, once->count == 1);
    spin_progress();
    return 0;
}

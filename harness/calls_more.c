/*
 * calls_more.c - the rest of the wrapped calls: readers and writers, spin
 * locks, semaphores, barriers. See calls.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "inside.h"

/*
 * A blocking call on `object`, which is held when it succeeds. Patience comes
 * first for calls that wait for ever; what a timed call waits for passes by
 * itself.
 */
#define BLOCKING(Name, Parameters, Arguments, Object, Kind, Timed)             \
    int il_##Name Parameters;                                                  \
    QUIET int il_##Name Parameters                                             \
    {                                                                          \
        bool timed = Timed;                                                    \
        int error;                                                             \
        ENTER;                                                                 \
                                                                               \
        if (!timed)                                                            \
            patience(row, ADDRESS(Object), &at);                               \
        wait_begin(row, Kind, ADDRESS(Object), timed, &at);                    \
        error = Name Arguments;                                                \
        wait_end(row);                                                         \
        if (error == 0)                                                        \
            held_push(row, ADDRESS(Object), Kind, &at);                        \
        return error;                                                          \
    }

/* A call that never blocks. */
#define TRYING(Name, Type, Kind)                                               \
    int il_##Name(Type *object);                                               \
    QUIET int il_##Name(Type *object)                                          \
    {                                                                          \
        int error;                                                             \
        ENTER;                                                                 \
                                                                               \
        error = Name(object);                                                  \
        if (error == 0)                                                        \
            try_succeeded(row, ADDRESS(object), Kind, &at);                    \
        else                                                                   \
            try_failed(row, ADDRESS(object), &at);                             \
        return error;                                                          \
    }

#define RELEASING(Name, Type)                                                  \
    int il_##Name(Type *object);                                               \
    QUIET int il_##Name(Type *object)                                          \
    {                                                                          \
        int error;                                                             \
                                                                               \
        held_pop(row_self(), ADDRESS(object));                                 \
        error = Name(object);                                                  \
        try_again();                                                           \
        return error;                                                          \
    }

BLOCKING(pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock), lock,
         WAIT_RWLOCK, false)
BLOCKING(pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock), lock,
         WAIT_RWLOCK, false)
BLOCKING(pthread_rwlock_timedrdlock,
         (pthread_rwlock_t * lock, const struct timespec *until), (lock, until),
         lock, WAIT_RWLOCK, ends_soon(CLOCK_REALTIME, until))
BLOCKING(pthread_rwlock_timedwrlock,
         (pthread_rwlock_t * lock, const struct timespec *until), (lock, until),
         lock, WAIT_RWLOCK, ends_soon(CLOCK_REALTIME, until))
TRYING(pthread_rwlock_tryrdlock, pthread_rwlock_t, WAIT_RWLOCK)
TRYING(pthread_rwlock_trywrlock, pthread_rwlock_t, WAIT_RWLOCK)
RELEASING(pthread_rwlock_unlock, pthread_rwlock_t)

/*
 * A spin lock that is taken spins here, where it can be seen: it waits like
 * everyone while somebody is to be let go.
 */
int il_pthread_spin_lock(pthread_spinlock_t *lock);
QUIET int il_pthread_spin_lock(pthread_spinlock_t *lock)
{
    int error;
    ENTER;

    patience(row, ADDRESS(lock), &at);
    while ((error = pthread_spin_trylock(lock)) == EBUSY)
        try_failed(row, ADDRESS(lock), &at);
    if (error == 0)
        try_succeeded(row, ADDRESS(lock), WAIT_SPINLOCK, &at);
    return error;
}

TRYING(pthread_spin_trylock, pthread_spinlock_t, WAIT_SPINLOCK)
RELEASING(pthread_spin_unlock, pthread_spinlock_t)

/*
 * A semaphore that was waited for counts as held until it is posted, so a
 * hang report can show a gate; a semaphore that only signals is posted by
 * another thread, and held_pop() finds the row.
 */
BLOCKING(sem_wait, (sem_t * semaphore), (semaphore), semaphore, WAIT_SEMAPHORE,
         false)
BLOCKING(sem_timedwait, (sem_t * semaphore, const struct timespec *until),
         (semaphore, until), semaphore, WAIT_SEMAPHORE,
         ends_soon(CLOCK_REALTIME, until))
BLOCKING(sem_clockwait,
         (sem_t * semaphore, clockid_t clock, const struct timespec *until),
         (semaphore, clock, until), semaphore, WAIT_SEMAPHORE,
         ends_soon(clock, until))
TRYING(sem_trywait, sem_t, WAIT_SEMAPHORE)
RELEASING(sem_post, sem_t)

int il_pthread_barrier_wait(pthread_barrier_t *barrier);
QUIET int il_pthread_barrier_wait(pthread_barrier_t *barrier)
{
    int result;
    ENTER;

    wait_begin(row, WAIT_BARRIER, ADDRESS(barrier), false, &at);
    result = pthread_barrier_wait(barrier);
    wait_end(row);
    return result;
}

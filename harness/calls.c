/*
 * calls.c - the pthread calls of the student's code and of the tests.
 *
 * objcopy renames the undefined symbols of those two objects (calls.syms):
 * pthread_mutex_lock becomes il_pthread_mutex_lock, and so on. The source is
 * not touched, and the harness' own calls keep their names. Each function
 * here notes on the board what is about to happen, makes the real call, and
 * notes what came of it. The detectors still see the real call.
 *
 * This file and calls_more.c are the only ones of the harness that are
 * compiled with ThreadSanitizer, so that its stacks lead on to the student's
 * line. They contain no atomics: clang instruments those even under
 * no_sanitize, and they would look like order between her threads.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "inside.h"
#include "interleave.h"

/* ---- threads ------------------------------------------------------------ */

static void thread_over(void *row)
{
    row_end(row);
}

QUIET static void *thread_begin(void *argument)
{
    struct board_row *row = argument;
    void *(*start)(void *) = (void *(*)(void *))(uintptr_t)row->start;
    void *result;

    row_adopt(row, (uint64_t)__builtin_frame_address(0));
    pthread_cleanup_push(thread_over, row);
    result = start((void *)(uintptr_t)row->argument);
    pthread_cleanup_pop(1);
    return result;
}

int il_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                      void *(*start)(void *), void *argument);
QUIET int il_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                            void *(*start)(void *), void *argument)
{
    struct board_row *row;
    struct frames at;
    int error;

    frames_here(&at, __builtin_frame_address(0));
    if (creation_fails())
        return EAGAIN;
    row = row_self() ? row_new(&at) : NULL;
    if (row == NULL)
        return pthread_create(thread, attributes, start, argument);
    row->start = (uint64_t)(uintptr_t)start;
    row->argument = ADDRESS(argument);
    error = pthread_create(thread, attributes, thread_begin, row);
    if (error != 0)
        row_end(row);
    else
        row->pthread = (uint64_t)*thread;
    return error;
}

int il_pthread_join(pthread_t thread, void **result);
QUIET int il_pthread_join(pthread_t thread, void **result)
{
    struct board_row *other = row_of_pthread((uint64_t)thread);
    int error;
    ENTER;

    wait_begin(row, WAIT_JOIN, other ? other->number : UINT64_MAX, false, &at);
    error = pthread_join(thread, result);
    wait_end(row);
    if (error == 0 && other != NULL)
        other->pthread = 0; /* the id may be given to a new thread */
    return error;
}

/* ---- mutexes ------------------------------------------------------------ */

int il_pthread_mutex_lock(pthread_mutex_t *mutex);
QUIET int il_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int error;
    ENTER;

    patience(row, ADDRESS(mutex), &at);
    wait_begin(row, WAIT_MUTEX, ADDRESS(mutex), false, &at);
    error = pthread_mutex_lock(mutex);
    wait_end(row);
    if (error == 0 || error == EOWNERDEAD)
        held_push(row, ADDRESS(mutex), WAIT_MUTEX, &at);
    return error;
}

int il_pthread_mutex_trylock(pthread_mutex_t *mutex);
QUIET int il_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    int error;
    ENTER;

    patience_try(row, ADDRESS(mutex), &at);
    error = pthread_mutex_trylock(mutex);
    if (error == 0)
        try_succeeded(row, ADDRESS(mutex), WAIT_MUTEX, &at);
    else
        try_failed(row, ADDRESS(mutex), &at);
    return error;
}

int il_pthread_mutex_timedlock(pthread_mutex_t *mutex,
                               const struct timespec *until);
QUIET int il_pthread_mutex_timedlock(pthread_mutex_t *mutex,
                                     const struct timespec *until)
{
    int error;
    ENTER;

    wait_begin(row, WAIT_MUTEX, ADDRESS(mutex),
               ends_soon(CLOCK_REALTIME, until), &at);
    error = pthread_mutex_timedlock(mutex, until);
    wait_end(row);
    if (error == 0)
        held_push(row, ADDRESS(mutex), WAIT_MUTEX, &at);
    return error;
}

int il_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                               const struct timespec *until);
QUIET int il_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                     const struct timespec *until)
{
    int error;
    ENTER;

    wait_begin(row, WAIT_MUTEX, ADDRESS(mutex), ends_soon(clock, until), &at);
    error = pthread_mutex_clocklock(mutex, clock, until);
    wait_end(row);
    if (error == 0)
        held_push(row, ADDRESS(mutex), WAIT_MUTEX, &at);
    return error;
}

int il_pthread_mutex_unlock(pthread_mutex_t *mutex);
QUIET int il_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int error;

    held_pop(row_self(), ADDRESS(mutex));
    error = pthread_mutex_unlock(mutex);
    try_again();
    return error;
}

/* ---- condition variables ------------------------------------------------ */

/* While it waits, the thread does not hold the mutex. */
QUIET static void cond_begin(struct board_row *row, pthread_cond_t *cond,
                             pthread_mutex_t *mutex, bool timed,
                             const struct frames *at)
{
    if (row == NULL)
        return;
    row->object2 = ADDRESS(mutex);
    held_pop(row, ADDRESS(mutex));
    wait_begin(row, WAIT_CONDITION, ADDRESS(cond), timed, at);
}

QUIET static void cond_end(struct board_row *row, pthread_mutex_t *mutex,
                           const struct frames *at)
{
    wait_end(row);
    held_push(row, ADDRESS(mutex), WAIT_MUTEX, at);
}

int il_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
QUIET int il_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    int error;
    ENTER;

    cond_begin(row, cond, mutex, false, &at);
    error = pthread_cond_wait(cond, mutex);
    cond_end(row, mutex, &at);
    return error;
}

int il_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              const struct timespec *until);
QUIET int il_pthread_cond_timedwait(pthread_cond_t *cond,
                                    pthread_mutex_t *mutex,
                                    const struct timespec *until)
{
    int error;
    ENTER;

    cond_begin(row, cond, mutex, condition_ends_soon(until), &at);
    error = pthread_cond_timedwait(cond, mutex, until);
    cond_end(row, mutex, &at);
    return error;
}

int il_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              clockid_t clock, const struct timespec *until);
QUIET int il_pthread_cond_clockwait(pthread_cond_t *cond,
                                    pthread_mutex_t *mutex, clockid_t clock,
                                    const struct timespec *until)
{
    int error;
    ENTER;

    cond_begin(row, cond, mutex, ends_soon(clock, until), &at);
    error = pthread_cond_clockwait(cond, mutex, clock, until);
    cond_end(row, mutex, &at);
    return error;
}

/*
 * quiet.h - how the harness synchronises without being seen.
 *
 * A detector that saw the harness' own atomics would take them for order
 * between the student's threads (happens-before), and miss her races. So: raw
 * futex calls, files that are compiled without ThreadSanitizer (all but
 * calls*.c), and memory that Helgrind is told to look past (inside.c).
 */
#ifndef QUIET_H
#define QUIET_H

#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

/* In calls*.c: keeps the function's entry and exit on TSan's stack, so that a
 * report shows the student's line, but none of its memory accesses. */
#ifdef UNDER_TSAN
#define QUIET __attribute__((no_sanitize("thread")))
#else
#define QUIET
#endif

QUIET static inline long quiet_futex(_Atomic uint32_t *word, int operation,
                                     uint32_t value)
{
    return syscall(SYS_futex, (void *)word, operation, value, NULL, NULL, 0);
}

/* Sleeps while *word == value; may return early. */
QUIET static inline void quiet_wait(_Atomic uint32_t *word, uint32_t value)
{
    quiet_futex(word, FUTEX_WAIT, value);
}

QUIET static inline void quiet_wake_all(_Atomic uint32_t *word)
{
    quiet_futex(word, FUTEX_WAKE, INT32_MAX);
}

QUIET static inline void quiet_lock(_Atomic uint32_t *lock)
{
    while (atomic_exchange(lock, 1) != 0)
        sched_yield();
}

QUIET static inline void quiet_unlock(_Atomic uint32_t *lock)
{
    atomic_store(lock, 0);
}

/* Of a word that several processes share; it is free when 0. That of a thread
 * that was killed is taken over (shared_lock.c). */
void shared_lock(_Atomic uint32_t *lock);
void shared_unlock(_Atomic uint32_t *lock);

#endif

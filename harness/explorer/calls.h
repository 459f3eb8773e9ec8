/*
 * calls.h - how a call of the program is taken over: pthread_mutex_lock()
 * becomes ex_pthread_mutex_lock(). The names are read from the explorer's own
 * object (Makefile), so what is defined here is what is renamed.
 */
#ifndef CALLS_H
#define CALLS_H

#include <pthread.h>
#include <time.h>

#include "explorer.h"

#define CALL(type, name, ...)                                                  \
    type ex_##name(__VA_ARGS__);                                               \
    type ex_##name(__VA_ARGS__)

/* access.c: a call of the C library reads or writes the program's memory. */
void explorer_range(const void *pointer, size_t size, bool writes, uint64_t pc);

/* The same for a lock: looked at for races only, it is no step. */
static inline void touch(const void *lock, size_t size, bool writes,
                         uint64_t pc)
{
    race_access(ADDRESS(lock), size,
                (writes ? ACCESS_WRITE : ACCESS_READ) | ACCESS_LOCK, pc);
}

/* calls_time.c: the virtual moment, and what a deadline is on its clock. */
uint64_t moment(clockid_t clock, const struct timespec *until);

/* calls_time.c: false when the nanoseconds are a second or more, or negative:
 * somebody forgot the carry, and each call that waits refuses, with EINVAL. */
bool is_moment(const struct timespec *until);
bool is_time(const struct timespec *time); /* the same; and none that is past */

/* calls_time.c: the virtual moment when so much time will have passed. */
uint64_t from_now(const struct timespec *time);

/* calls_locks.c: for a thread that waits for a condition, too */
struct object *mutex_of(void *mutex, uint64_t pc);
bool mutex_ready(struct thread *thread);
int mutex_take(struct object *mutex, enum op op); /* 0, or as a lock returns */
void mutex_give(struct object *mutex, uint64_t pc, enum op op);

/* calls_locks.c: a try goes on without the lock. Returns EBUSY. */
int tried_in_vain(struct object *lock, uint64_t pc);

/* queue.c: the caller waits from now on, until somebody wakes her, or she
 * wakes for no reason: announce_wait() with not_waiting(). */
void enqueue(struct object *object);
bool not_waiting(struct thread *thread);

/* queue.c: wakes so many of those that wait, and returns how many. Which of
 * them, if there are more, nobody has promised. */
unsigned wake_of(struct object *object, unsigned count);

/* calls_machine.c */
pid_t ex_gettid(void);

/* calls_robust.c: the thread has ended; what it still has is let go. */
void mutexes_orphaned(struct thread *owner);
bool mutex_robust(const pthread_mutex_t *mutex);

#endif

/*
 * shared_lock.c - a spin lock between processes each of which can be killed.
 *
 * A child that is killed with such a lock in hand cannot give it back, and the
 * next one that asks for it would spin for ever. So the lock's word is its
 * holder's thread id, and who has waited for a while looks whether that thread
 * has ended. If so it takes the lock over: what the lock guards is changed in
 * an order that leaves it usable at every step. (The kernel has the same idea,
 * the robust futex list of set_robust_list(2); but a thread has one such list,
 * and it is the C library's.)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quiet.h"

enum { TRIES_BEFORE_LOOK = 256 };

/* Its process may still have to be waited for. The calls are raw: read() is a
 * point of cancellation, and the student's own may be made to fail. */
static bool has_ended(uint32_t tid)
{
    char text[512];
    const char *name_end;
    long fd, size;

    snprintf(text, sizeof text, "/proc/%u/stat", tid);
    fd = syscall(SYS_openat, AT_FDCWD, text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    size = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    text[size > 0 ? size : 0] = '\0';
    name_end = strrchr(text, ')');
    return name_end == NULL || name_end[2] == 'Z' || name_end[2] == 'X';
}

void shared_lock(_Atomic uint32_t *lock)
{
    uint32_t self = (uint32_t)syscall(SYS_gettid), holder = 0;

    for (unsigned tries = 1;
         !atomic_compare_exchange_strong(lock, &holder, self); tries++) {
        bool taken_over = tries % TRIES_BEFORE_LOOK == 0 && has_ended(holder) &&
                          atomic_compare_exchange_strong(lock, &holder, self);

        if (taken_over)
            return;
        sched_yield();
        holder = 0;
    }
}

void shared_unlock(_Atomic uint32_t *lock)
{
    atomic_store(lock, 0);
}

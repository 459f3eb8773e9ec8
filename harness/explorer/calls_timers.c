/*
 * calls_timers.c - a timer descriptor is an eventfd to which the explorer
 * writes when virtual time has come so far: so poll(), epoll_wait() and read()
 * find it as they would the real one. Time passes when somebody waits for a
 * descriptor and nothing else can happen, or as a surprise (calls_files.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "calls.h"
#include "files.h"
#include "timers.h"

enum { TIMERS = 16 };
#define SECOND 1000000000ull

static struct {
    uint32_t schedule;
    int fd;
    clockid_t clock;
    uint64_t due, interval; /* due 0: not set */
} timers[TIMERS];

static int find(int fd)
{
    for (int i = 0; i < TIMERS; i++)
        if (timers[i].schedule == world->schedule && timers[i].fd == fd)
            return i;
    return -1;
}

uint64_t timers_next(void)
{
    uint64_t next = UINT64_MAX;

    for (int i = 0; i < TIMERS; i++)
        if (timers[i].schedule == world->schedule && timers[i].due != 0 &&
            timers[i].due < next)
            next = timers[i].due;
    return next;
}

static uint64_t expirations(int i)
{
    uint64_t count = 1;

    if (timers[i].interval == 0) {
        timers[i].due = 0;
        return count;
    }
    for (timers[i].due += timers[i].interval; timers[i].due <= world->now;
         timers[i].due += timers[i].interval)
        count++;
    return count;
}

bool timers_ring(void)
{
    bool any = false;

    for (int i = 0; i < TIMERS; i++) {
        uint64_t count;

        if (timers[i].schedule != world->schedule || timers[i].due == 0 ||
            timers[i].due > world->now)
            continue;
        count = expirations(i);
        any |= write(timers[i].fd, &count, sizeof count) == sizeof count;
    }
    return any;
}

void timers_forget(int fd)
{
    int i = find(fd);

    if (i >= 0)
        timers[i].schedule = 0;
}

CALL(int, timerfd_create, int clock, int flags)
{
    int fd = files_note(
        eventfd(0, EFD_NONBLOCK | (flags & TFD_CLOEXEC ? EFD_CLOEXEC : 0)),
        !(flags & TFD_NONBLOCK));

    for (int i = 0; fd >= 0 && i < TIMERS; i++) {
        if (timers[i].schedule == world->schedule)
            continue;
        timers[i].schedule = world->schedule;
        timers[i].fd = fd;
        timers[i].clock = clock;
        timers[i].due = timers[i].interval = 0;
        return fd;
    }
    if (fd >= 0)
        fail(FAULT_UNCONTROLLED, PC, 0, "more than %d timers", TIMERS);
    return fd;
}

static uint64_t nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

CALL(int, timerfd_settime, int fd, int flags, const struct itimerspec *new,
     struct itimerspec *old)
{
    int i = find(fd);
    uint64_t none;

    if (i < 0) {
        errno = EINVAL;
        return -1;
    }
    if (old != NULL)
        *old = (struct itimerspec){{0, 0}, {0, 0}};
    files_step(fd, PC);
    while (read(fd, &none, sizeof none) > 0)
        continue; /* what had come before is gone */
    timers[i].interval = nanoseconds(&new->it_interval);
    timers[i].due = 0;
    if (nanoseconds(&new->it_value) != 0)
        timers[i].due = flags & TFD_TIMER_ABSTIME
                            ? moment(timers[i].clock, &new->it_value)
                            : world->now + nanoseconds(&new->it_value);
    if (nanoseconds(&new->it_value) != 0 && timers[i].due == 0)
        timers[i].due = 1;
    timers_ring();
    files_done(true);
    return 0;
}

/*
 * calls_time.c - virtual time: it passes only when a thread sleeps or waits,
 * and all clocks show it. A sleep is over when the search says so, at the
 * soonest when its time has come; others may still come first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "clock.h"

#define SECOND 1000000000ull
#define EPOCH  1700000000ull /* what a calendar's clock shows at first */

static uint64_t offset_of(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return EPOCH * SECOND;
    default:
        return 1000 * SECOND;
    }
}

bool is_moment(const struct timespec *until)
{
    return until->tv_nsec >= 0 && until->tv_nsec < (long)SECOND;
}

uint64_t moment(clockid_t clock, const struct timespec *until)
{
    uint64_t nanoseconds;

    if (until->tv_sec < 0)
        return 0;
    if (__builtin_mul_overflow((uint64_t)until->tv_sec, SECOND, &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, (uint64_t)until->tv_nsec,
                               &nanoseconds))
        return UINT64_MAX;
    return nanoseconds > offset_of(clock) ? nanoseconds - offset_of(clock) : 0;
}

static bool is_over(struct thread *thread)
{
    return thread->timed_out;
}

static void sleep_until(uint64_t deadline, uint64_t pc)
{
    announce_wait(OP_SLEEP, NULL, NULL, is_over, true, deadline, pc);
    depend(NULL, OP_SLEEP, false);
}

uint64_t from_now(const struct timespec *time)
{
    uint64_t now = settings.clock ? clock_nanoseconds() : world->now;
    uint64_t nanoseconds;

    if (__builtin_mul_overflow((uint64_t)time->tv_sec, SECOND, &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, (uint64_t)time->tv_nsec,
                               &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, now, &nanoseconds))
        return UINT64_MAX;
    return nanoseconds;
}

CALL(unsigned, sleep, unsigned seconds)
{
    struct timespec time = {.tv_sec = seconds};

    sleep_until(from_now(&time), PC);
    return 0;
}

CALL(int, usleep, useconds_t microseconds)
{
    struct timespec time = {.tv_sec = microseconds / 1000000,
                            .tv_nsec = microseconds % 1000000 * 1000};

    sleep_until(from_now(&time), PC);
    return 0;
}

bool is_time(const struct timespec *time)
{
    return time->tv_sec >= 0 && is_moment(time);
}

CALL(int, nanosleep, const struct timespec *time, struct timespec *rest)
{
    explorer_range(time, sizeof *time, false, PC);
    if (!is_time(time)) {
        errno = EINVAL;
        return -1;
    }
    if (rest != NULL)
        memset(rest, 0, sizeof *rest);
    sleep_until(from_now(time), PC);
    return 0;
}

CALL(int, clock_nanosleep, clockid_t clock, int flags,
     const struct timespec *time, struct timespec *rest)
{
    (void)rest;
    explorer_range(time, sizeof *time, false, PC);
    if (!is_time(time))
        return EINVAL;
    if (flags & TIMER_ABSTIME)
        sleep_until(moment(clock, time), PC);
    else
        sleep_until(from_now(time), PC);
    return 0;
}

/* Each look at a clock is a nanosecond later than the one before: a loop that
 * waits for a time to come is no loop without end. */
static uint64_t look(clockid_t clock)
{
    return (settings.clock ? clock_nanoseconds() : world->now) +
           offset_of(clock);
}

CALL(int, clock_gettime, clockid_t clock, struct timespec *time)
{
    uint64_t now;

    if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_PROCESS_CPUTIME_ID)
        now = 0;
    else
        now = look(clock);
    explorer_range(time, sizeof *time, true, PC);
    time->tv_sec = (time_t)(now / SECOND);
    time->tv_nsec = (long)(now % SECOND);
    depend(NULL, OP_CLOCK, false);
    return 0;
}

CALL(int, gettimeofday, struct timeval *time, void *zone)
{
    uint64_t now = look(CLOCK_REALTIME);

    (void)zone;
    explorer_range(time, sizeof *time, true, PC);
    time->tv_sec = (time_t)(now / SECOND);
    time->tv_usec = (suseconds_t)(now % SECOND / 1000);
    depend(NULL, OP_CLOCK, false);
    return 0;
}

CALL(time_t, time, time_t *time)
{
    time_t now = (time_t)(look(CLOCK_REALTIME) / SECOND);

    if (time != NULL)
        *time = now;
    depend(NULL, OP_CLOCK, false);
    return now;
}

CALL(int, timespec_get, struct timespec *time, int base)
{
    uint64_t now = look(CLOCK_REALTIME);

    time->tv_sec = (time_t)(now / SECOND);
    time->tv_nsec = (long)(now % SECOND);
    return base;
}

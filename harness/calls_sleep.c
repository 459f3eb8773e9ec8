/*
 * calls_sleep.c - the calls that sleep by the clock, so that a report of a
 * program that does nothing else has their line. See calls.c. Whoever sleeps
 * so counts as at work, as before: it comes back by itself.
 */
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>

#include "inside.h"

QUIET static void sleep_begin(struct board_row *row, const struct frames *at)
{
    if (row == NULL)
        return;
    row->timed = true;
    row->object = row->object2 = UINT64_MAX;
    row->at = *at;
    row->waiting = WAIT_SLEEP;
}

QUIET static void sleep_end(struct board_row *row)
{
    if (row != NULL)
        row->waiting = WAIT_NOTHING;
}

#define SLEEPING(Type, Name, Parameters, Arguments)                            \
    Type il_##Name Parameters;                                                 \
    QUIET Type il_##Name Parameters                                            \
    {                                                                          \
        Type result;                                                           \
        ENTER;                                                                 \
                                                                               \
        sleep_begin(row, &at);                                                 \
        result = Name Arguments;                                               \
        sleep_end(row);                                                        \
        return result;                                                         \
    }

SLEEPING(unsigned, sleep, (unsigned seconds), (seconds))
SLEEPING(int, usleep, (useconds_t us), (us))
SLEEPING(int, nanosleep, (const struct timespec *time, struct timespec *left),
         (time, left))
SLEEPING(int, clock_nanosleep,
         (clockid_t clock, int flags, const struct timespec *time,
          struct timespec *left),
         (clock, flags, time, left))

/* expect: fail counts-right all-at-once */
/*
 * One thread, and a clock that it has made itself, by which hardly any time
 * goes by. Nobody else looks at it.
 */
#include "racy-counter.h"

#include <time.h>

static long now;

int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    time->tv_sec = 0;
    time->tv_nsec = ++now;
    return 0;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t total = 0;

    (void)threads;
    for (size_t i = 0; i < length; i++)
        total += wanted(bytes[i]); /* BUG */
    *result = total;
    return 0;
}

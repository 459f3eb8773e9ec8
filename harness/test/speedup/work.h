/*
 * work.h - work that takes as long as it is told: `milliseconds` of a core
 * that makes a round of the loop in a nanosecond. For a clock on the wall that
 * is little: WORK_TIMES so much.
 */
#ifndef WORK_H
#define WORK_H

#ifndef WORK_TIMES
#define WORK_TIMES 1
#endif

static _Thread_local volatile unsigned work_sum;

__attribute__((noinline)) static void work(double milliseconds)
{
    unsigned x = 1;

    for (long i = (long)(milliseconds * 1e6 * WORK_TIMES); i > 0; i--)
        x = x * 1664525u + 1013904223u;
    work_sum = x;
}

#endif

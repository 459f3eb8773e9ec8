/*
 * work.h - work that takes as long as it is told: `milliseconds` of a core
 * that makes a round of the loop in a nanosecond.
 */
#ifndef WORK_H
#define WORK_H

static _Thread_local volatile unsigned work_sum;

__attribute__((noinline)) static void work(double milliseconds)
{
    unsigned x = 1;

    for (long i = (long)(milliseconds * 1e6); i > 0; i--)
        x = x * 1664525u + 1013904223u;
    work_sum = x;
}

#endif

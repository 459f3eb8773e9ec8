/*
 * clock.h - the monotonic clock, in seconds. For limits that lie far away and
 * for figures that are shown; no verdict on correctness rests on it.
 */
#ifndef CLOCK_H
#define CLOCK_H

double clock_now(void);

#endif

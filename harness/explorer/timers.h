/*
 * timers.h - timer descriptors in virtual time (timerfd_create(2)).
 */
#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* When the next of them is due; UINT64_MAX: none is set. */
uint64_t timers_next(void);

/* Those that are due by now become readable. Returns true when one did. */
bool timers_ring(void);

/* The descriptor is closed. */
void timers_forget(int fd);

#endif

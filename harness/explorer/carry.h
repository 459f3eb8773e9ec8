/*
 * carry.h - what the two carriers share.
 */
#ifndef CARRY_H
#define CARRY_H

#include <stdint.h>

/* tls.c. The control block is what pthread_self() is, in the GNU C library. */
void tls_init(void);
void tls_reset(uint64_t control_block);

/* hand_over.c: the thread under way will not come back by itself; the
 * explorer goes on without it. Async-signal-safe. */
void hand_over_give_up(void);

#endif

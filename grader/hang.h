/*
 * hang.h - tells a hang: from the board to a report of who holds what, taken
 * at which line, and who waits for what.
 */
#ifndef HANG_H
#define HANG_H

#include "../harness/board.h"
#include "evidence.h"
#include "symbols.h"

/* Phrases of a side's `what` by which the shape of a deadlock is told. */
#define HANG_KEPT  "never released"        /* the holder has ended */
#define HANG_OWN   "which it holds itself" /* the thread waits for itself */
#define HANG_DATA  "waits for data on"
#define HANG_ROOM  "waits for room in"
#define HANG_READY "waits for a descriptor that is ready"
#define HANG_CHILD "waits for a child process to end"

/*
 * BUG_DEADLOCK: the board must be of a process in which all is still.
 * BUG_ASLEEP: of one whose time is up. When threads wait for
 * each other in a circle, the report has a side for each thread of the circle;
 * else one for each thread that waits, those that hold a lock first. Threads
 * with the same story share a side.
 */
struct report hang_report(void *ctx, const struct board *board,
                          struct symbols *symbols, enum lens lens,
                          enum bug kind);

/*
 * The same from a record, "SIGSEGV@pc,pc,...": offsets from the load address,
 * hexadecimal. `exact`: the first is where it stands, and no return address.
 * "?pc" is a guess at who called that, and counts if no other place is the
 * student's.
 */
size_t hang_stack_recorded(void *ctx, struct symbols *symbols, const char *text,
                           bool exact, struct place **out);

/* A stack from return addresses; at most `depth` of them, 0 ends it. */
size_t hang_stack(void *ctx, struct symbols *symbols, uint64_t base,
                  const uint64_t *pcs, size_t depth, struct place **out);

#endif

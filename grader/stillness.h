/*
 * stillness.h - can anything in this process still move?
 *
 * The grader looks twice. If every thread sleeps in a wait that no clock ends,
 * and none has run between the two looks, then at one moment between them all
 * slept at once; and since only one of them could have woken another, none
 * will ever run again. No time-out is involved, so no load can make this
 * wrong: a slow machine only delays the looks.
 *
 * A client of the origin server (origin.c) may sleep by the clock: it looks
 * every second whether it has been too long. It is still when it and the
 * server sleep, and what was sent has come.
 *
 * What follows from stillness is decided here too:
 *   somebody is held back by the patient policy  - let them go
 *   the origin server holds requests             - let them go
 *   somebody is in a meeting                     - let them go
 *   nobody is                                    - it is a deadlock
 */
#ifndef STILLNESS_H
#define STILLNESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "../harness/board.h"
#include "box.h"

struct stillness;

enum motion {
    MOTION_MOVING,   /* or not known */
    MOTION_ASLEEP,   /* all sleep just now, but a clock may wake one */
    MOTION_LET_GO,   /* all was still; somebody was let go */
    MOTION_DEADLOCK, /* all is still, for ever */
    MOTION_IDLE      /* no test is running */
};

/*
 * Makes the board's file at `path` and maps it. `strangers`: threads that are
 * not on the board belong to a tool (TSan's background thread) and do not
 * count. Unmapped with ctx. NULL when there is no memory or disk.
 */
struct stillness *stillness_open(void *ctx, const char *path,
                                 enum board_policy policy, bool strangers);

/*
 * Looks twice. A board that names a process that does not descend from the
 * program in the box is not believed. Costs about 30 us for each thread.
 */
enum motion stillness_look(struct stillness *stillness,
                           const struct box_sight *sight);

/*
 * Lets go without stillness. For a program that spins: a thread that has used
 * a hundred times the processor time of a test without coming to the meeting
 * is not on its way to it. And for one that sleeps by the clock, again and
 * again: see stillness_rounds(). false when nobody waits to be let go.
 */
bool stillness_let_go(struct stillness *stillness);

/*
 * For how many times each thread that sleeps by the clock has woken, looked
 * and gone to sleep again, while nobody else has run. 0 when nobody sleeps by
 * the clock, or all of them sleep their first sleep.
 */
unsigned stillness_rounds(const struct stillness *stillness);

/* Lets no further test begin; none of the suite to which `test` belongs. */
void stillness_enough(struct stillness *stillness);
void stillness_spend(struct stillness *stillness, const char *test);

/* The board, as it is; changes under one's eyes unless all is still. */
const struct board *stillness_board(const struct stillness *stillness);

/* From now on a thread that goes to sleep gives a hint again. To be called
 * before a look, so that none is missed. */
void stillness_take_hint(struct stillness *stillness);

/* The test's process as the board names it, if it is `program` or descends
 * from it; else 0. */
pid_t stillness_process(struct stillness *stillness, pid_t program);

#endif

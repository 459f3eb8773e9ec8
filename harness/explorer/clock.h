/*
 * clock.h - virtual time, for those that make it pass. All of it does nothing
 * unless the strategy is the clock's (strategy_clock.c).
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "explorer.h"

/* The next schedule runs on so many cores. 1 to 64. */
void clock_cores(int cores);

/* So many cores there are, when a program asks: calls_machine.c. */
extern int cores_told;

/* A run that computes longer, all its threads together, never ends. */
extern uint64_t clock_most;

/* The last basic block that was begun: where a loop is, that never ends. */
extern uint64_t clock_pc;

/* Virtual picoseconds of the thread under way. */
uint64_t clock_now(void);

/* The same as nanoseconds since the program's beginning, for its clocks. */
uint64_t clock_nanoseconds(void);

/* The thread under way has spent so much. Others may be behind it now, and go
 * first: not in the middle of what must not be divided. */
void clock_spend(uint64_t cost);

/* What it has just done may let others go on. */
void clock_changed(void);

/* A thread begins, created by the one under way (NULL: main). */
void clock_thread(struct thread *parent, struct thread *thread);

/* ---- lines.c: cache lines ------------------------------------------------ */

/* The thread under way touches memory: what that costs, beside the code. */
uint64_t lines_cost(uint64_t address, size_t size, bool writes, uint64_t pc);

/* Where lines were taken from other cores since lines_begin(), and what that
 * has cost, in all; returns how many. The list is lines.c's own. */
enum { FETCHED = 64 };
struct fetched {
    uint64_t pc, address, cost;
};
unsigned lines_fetched(const struct fetched **list);
void lines_begin(void); /* nobody has touched any */

/* Until this moment cores are busy taking lines from one another. */
uint64_t lines_contended(void);

/* Since the last time that this was asked the thread has taken a line. */
bool lines_missed(void);

#endif

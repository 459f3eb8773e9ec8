/*
 * strategy.h - what to try next. At each step the scheduler has a list of
 * options, and the strategy picks one of them; between schedules it says
 * whether there is another.
 */
#ifndef STRATEGY_H
#define STRATEGY_H

#include <stdbool.h>
#include <stdint.h>

#include "told.h"

/*
 * One thing that can happen next. In a list of options the first is what
 * happens when nobody interferes.
 */
struct option {
    uint8_t thread;
    enum { GO, SPURIOUS, TIME_OUT } how : 8;
    uint8_t cost; /* 1: a preemption, or another surprise */
};

struct strategy {
    const char *name;
    bool (*begin)(void); /* the next schedule; false: there is none */
    unsigned (*choose)(const struct option *options, unsigned count);
    void (*end)(void);
    /* In the place of choose(): who goes on, or NULL when nobody can. */
    struct thread *(*turn)(void);
};
extern const struct strategy strategy_search, strategy_pct, strategy_random,
    strategy_replay, strategy_clock;
extern const struct strategy *strategy;

#define PRUNE UINT32_MAX /* choose(): all that follows has been seen */

/* steps.c: two states with the same key have the same future. */
uint64_t schedule_key(void);

/* The turns of the schedule under way. */
extern struct turns *turns;

/* strategy_replay.c: one schedule again, by its token or by its turns.
 * replay_read() returns -1 when the text is no token. */
int replay_read(const char *token);
void replay_use(const struct turns *turns, bool leniently);
void replay_done(void);

/* strategy_search.c, strategy_pct.c: what the main loop asks of them. */
void search_restart(void);
void pct_restart(void);
unsigned search_level(void); /* preemptions of the schedules under way */
bool search_whole(void);     /* not one schedule was left out */

#endif

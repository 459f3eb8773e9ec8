/*
 * choose-the-model.h - two workloads, four ways to run them, and a choice for
 * each: the contract.
 *
 * You write four functions, one for each model. Each of them must be able to
 * run either workload: that makes eight cells. Then you write down what you
 * have seen, and which model you would take.
 */
#ifndef CHOOSE_THE_MODEL_H
#define CHOOSE_THE_MODEL_H

#include <stdint.h>

#include "models.h"

/* ---- what there is to do ------------------------------------------------- */

/*
 * `count` items (0 or more) that do not need each other; all take about the
 * same time. Each is to be done once, in one of two ways. The struct belongs to
 * the caller and does not change.
 */
struct workload {
    int count;

    /* Does item i, and returns what comes of it. Blocks until then, computing
     * or waiting. Any thread or process may call it. */
    uint64_t (*item)(int i);

    /*
     * NULL when an item only computes. Else an item only waits, and this
     * begins with item i and never blocks. Later, in a call of the loop,
     * done(arg, i, value) is called, and `value` is what item() would have
     * returned. Returns 0 or an error number; after an error, done() is not
     * called. Only while the loop runs, or before, in the loop's own thread.
     */
    int (*begin)(struct loop *loop, int i,
                 void (*done)(void *arg, int i, uint64_t value), void *arg);
};

/* What may be used. */
struct means {
    int workers;   /* 1 to MODELS_WORKERS_MAX: threads, or processes, that
                      work on items. Beside them there is the caller, if it
                      only waits */
    int in_flight; /* 1 or more: items of the loop that wait at one moment;
                      the server bears no more */
};

/* ---- the four models ----------------------------------------------------- */

/*
 * Each does all items of the workload; results[i] becomes what came of item i.
 * Blocks until all is done. Returns 0 when every item has its result. Else
 * the error of what it called (threads_run(), loop_soon(), begin() and the
 * like), the first one; then the results say nothing. Nothing is left behind
 * in either case: no thread, no process, no descriptor, no memory.
 *
 * Who makes threads or processes by other means than those of models.h tells
 * the same errors: EAGAIN or ENOMEM when a thread cannot be made, ECHILD when
 * a process has ended before its work was done.
 *
 * It can be called again, also while a call is under way: by another thread,
 * or by an item, which runs items of its own. So it uses no globals.
 */

/* One item after the other, in the calling thread. */
int run_sequential(const struct workload *workload, const struct means *means,
                   uint64_t results[]);

/* With means->workers threads, all of which work at the same moment as long as
 * there are items for them. If not all of them can be made that is an error,
 * also where the others could do all items. The same threads do all items: a thread is made
 * once, and not for each item, nor for each few. */
int run_with_threads(const struct workload *workload, const struct means *means,
                     uint64_t results[]);

/* The same with means->workers processes, none of which is the caller's. A
 * worker ends with _exit() where its work ends: it does not come back into the
 * caller's program, nor does it what that has left for its end. */
int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[]);

/*
 * With an event loop, on the calling thread alone.
 *
 * Items that wait, wait together: means->in_flight of them, never more, and
 * never fewer as long as any is left; when one has ended the next begins.
 * Nothing blocks but the loop itself, and that sleeps as long as there is
 * nothing to do but wait.
 *
 * Items that compute are calls of the loop, one call for each item, so that
 * the loop can turn between them.
 */
int run_on_loop(const struct workload *workload, const struct means *means,
                uint64_t results[]);

/* ---- the choice ---------------------------------------------------------- */

enum model { SEQUENTIAL, THREADS, PROCESSES, LOOP, MODELS };

enum kind { COMPUTING, WAITING, KINDS };

enum reason {
    NO_REASON,
    CORES_COMPUTE, /* several items compute at one moment, each on a core */
    WAITS_OVERLAP, /* many items wait at one moment */
    SAME_TIME,     /* all models take about the same time: so the simplest */
    LESS_COMPUTED  /* there is less to compute than in the other models */
};

/* These are the means for which you choose: two cores, and a program that is
 * allowed a worker for each. */
enum { CHOICE_WORKERS = 2, CHOICE_IN_FLIGHT = 16 };

struct choice {
    enum model model;    /* the one that you would take, with those means */
    enum reason reason;  /* why; the figures must bear it out */
    int at_once[MODELS]; /* measured: how many items were under way at one
                            moment, the highest number, in each model. That is
                            also how many times as fast as sequential it is */
};

/* One for each kind of workload: choices[COMPUTING], choices[WAITING]. A model
 * is right when it takes at most a tenth more time than the best. */
extern const struct choice choices[KINDS];

#endif

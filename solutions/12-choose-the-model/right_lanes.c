/* expect: pass */
/*
 * On the loop there are lanes, as many as items may be in flight; in each of
 * them one item begins the next. What computes is a chain of calls.
 */
#include "choose-the-model.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

int run_sequential(const struct workload *workload, const struct means *means,
                   uint64_t results[])
{
    (void)means;
    for (int i = 0; i < workload->count; i++)
        results[i] = workload->item(i);
    return 0;
}

/* ---- threads and processes ----------------------------------------------- */

struct run {
    const struct workload *workload;
    uint64_t *results; /* each job writes its own */
};

static void do_here(void *arg, int i)
{
    struct run *run = arg;

    run->results[i] = run->workload->item(i);
}

int run_with_threads(const struct workload *workload, const struct means *means,
                     uint64_t results[])
{
    struct run run = {workload, results};

    return threads_run(means->workers, workload->count, do_here, &run);
}

static uint64_t do_there(void *arg, int i)
{
    const struct workload *workload = arg;

    return workload->item(i);
}

int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[])
{
    return processes_run(means->workers, workload->count, do_there,
                         (void *)workload, results);
}

/* ---- the loop ------------------------------------------------------------ */

/* One of as many lanes as there may be items in flight: in each, one item
 * after the other. All is used by one thread. */
struct lanes {
    const struct workload *workload;
    struct loop *loop;
    uint64_t *results;
    int next;
    int error; /* the first; then no lane goes on */
};

/* Computes what is next, and asks for the call after it. */
static void compute_next(void *arg, int i)
{
    struct lanes *lanes = arg;

    lanes->results[i] = lanes->workload->item(i);
    if (i + 1 < lanes->workload->count)
        lanes->error = loop_soon(lanes->loop, compute_next, lanes, i + 1);
}

static void go_on(void *arg, int i, uint64_t value);

static void next_in_lane(struct lanes *lanes)
{
    int error;

    if (lanes->error != 0 || lanes->next == lanes->workload->count)
        return;
    error = lanes->workload->begin(lanes->loop, lanes->next++, go_on, lanes);
    if (error != 0)
        lanes->error = error;
}

static void go_on(void *arg, int i, uint64_t value)
{
    struct lanes *lanes = arg;

    lanes->results[i] = value;
    next_in_lane(lanes);
}

int run_on_loop(const struct workload *workload, const struct means *means,
                uint64_t results[])
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    int error;

    if (lanes == NULL)
        return ENOMEM;
    lanes->loop = loop_new();
    if (lanes->loop == NULL) {
        free(lanes);
        return ENOMEM;
    }
    lanes->workload = workload;
    lanes->results = results;
    if (workload->begin == NULL && workload->count > 0)
        lanes->error = loop_soon(lanes->loop, compute_next, lanes, 0);
    for (int i = 0; workload->begin != NULL && i < means->in_flight; i++)
        next_in_lane(lanes);
    loop_run(lanes->loop);
    loop_free(lanes->loop);
    error = lanes->error;
    free(lanes);
    return error;
}

/* ---- the choice -------------------------------------------------------------
 */

const struct choice choices[KINDS] = {
    [COMPUTING] =
        {.model = THREADS,
         .reason = CORES_COMPUTE,
         .at_once =
             {[SEQUENTIAL] = 1, [THREADS] = 2, [PROCESSES] = 2, [LOOP] = 1}},
    [WAITING] =
        {.model = LOOP,
         .reason = WAITS_OVERLAP,
         .at_once =
             {[SEQUENTIAL] = 1, [THREADS] = 2, [PROCESSES] = 2, [LOOP] = 16}},
};

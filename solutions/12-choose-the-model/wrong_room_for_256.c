/* expect: fail loop */
/*
 * On the loop results are kept in room for 256 of them first: as many as
 * anybody would ask for.
 */
#include "choose-the-model.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

int run_sequential(const struct workload *workload, const struct means *means,
                   uint64_t results[])
{
    (void)means;
    for (int i = 0; i < workload->count; i++)
        results[i] = workload->item(i);
    return 0;
}

/* ---- threads and processes ------------------------------------------------
 */

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

/* ---- the loop --------------------------------------------------------------
 */

/* All of it is used by one thread. */
struct turns {
    const struct workload *workload;
    struct loop *loop;
    uint64_t values[256]; /* BUG */
    int next;             /* the item that begins next */
    int in_flight, most;
    int error; /* the first one; then nothing more is begun */
};

static void compute(void *arg, int i)
{
    struct turns *turns = arg;

    turns->values[i] = turns->workload->item(i);
}

static void ended(void *arg, int i, uint64_t value);

static void begin_more(struct turns *turns)
{
    const struct workload *workload = turns->workload;

    while (turns->error == 0 && turns->next < workload->count &&
           turns->in_flight < turns->most) {
        turns->error =
            workload->begin(turns->loop, turns->next++, ended, turns);
        turns->in_flight += turns->error == 0;
    }
}

static void ended(void *arg, int i, uint64_t value)
{
    struct turns *turns = arg;

    turns->values[i] = value;
    turns->in_flight--;
    begin_more(turns);
}

int run_on_loop(const struct workload *workload, const struct means *means,
                uint64_t results[])
{
    struct turns turns = {
        .workload = workload, .loop = loop_new(), .most = means->in_flight};

    if (turns.loop == NULL)
        return errno;
    if (workload->begin != NULL)
        begin_more(&turns);
    for (int i = 0; workload->begin == NULL && i < workload->count; i++)
        if (turns.error == 0)
            turns.error = loop_soon(turns.loop, compute, &turns, i);
    loop_run(turns.loop);
    loop_free(turns.loop);
    memcpy(results, turns.values, (size_t)workload->count * sizeof *results);
    return turns.error;
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

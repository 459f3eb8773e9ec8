/* expect: pass */
/*
 * Threads of its own, each with a part that is known beforehand; the caller is
 * one of the workers. On the loop, whatever has ended asks for a call that
 * begins more.
 */
#include "choose-the-model.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

int run_sequential(const struct workload *workload, const struct means *means,
                   uint64_t results[])
{
    (void)means;
    for (int i = 0; i < workload->count; i++)
        results[i] = workload->item(i);
    return 0;
}

/* ---- threads ------------------------------------------------------------- */

struct part {
    const struct workload *workload;
    uint64_t *results;
    int from, to;
};

static void *do_part(void *arg)
{
    struct part *part = arg;

    for (int i = part->from; i < part->to; i++)
        part->results[i] = part->workload->item(i);
    return NULL;
}

int run_with_threads(const struct workload *workload, const struct means *means,
                     uint64_t results[])
{
    int workers = means->workers, count = workload->count, made = 1, error = 0;
    struct part parts[MODELS_WORKERS_MAX];
    pthread_t threads[MODELS_WORKERS_MAX];

    if (workers > MODELS_WORKERS_MAX)
        return EINVAL;
    for (int i = 0; i < workers; i++)
        parts[i] = (struct part){workload, results, count * i / workers,
                                 count * (i + 1) / workers};
    while (made < workers && error == 0) {
        error = pthread_create(&threads[made], NULL, do_part, &parts[made]);
        made += error == 0;
    }
    if (error == 0)
        do_part(&parts[0]);
    for (int i = 1; i < made; i++)
        pthread_join(threads[i], NULL);
    return error;
}

/* ---- processes ----------------------------------------------------------- */

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
    uint64_t *results;
    int next; /* the item that begins next */
    int in_flight, most;
    int error; /* the first one; then nothing more is begun */
};

static void compute(void *arg, int i)
{
    struct turns *turns = arg;

    turns->results[i] = turns->workload->item(i);
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

static void pump(void *arg, int unused)
{
    (void)unused;
    begin_more(arg);
}

static void ended(void *arg, int i, uint64_t value)
{
    struct turns *turns = arg;

    turns->results[i] = value;
    turns->in_flight--;
    if (turns->error == 0)
        turns->error = loop_soon(turns->loop, pump, turns, 0);
}

int run_on_loop(const struct workload *workload, const struct means *means,
                uint64_t results[])
{
    struct turns turns = {.workload = workload,
                          .loop = loop_new(),
                          .results = results,
                          .most = means->in_flight};

    if (turns.loop == NULL)
        return errno;
    if (workload->begin != NULL)
        turns.error = loop_soon(turns.loop, pump, &turns, 0);
    for (int i = 0; workload->begin == NULL && i < workload->count; i++)
        if (turns.error == 0)
            turns.error = loop_soon(turns.loop, compute, &turns, i);
    loop_run(turns.loop);
    loop_free(turns.loop);
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

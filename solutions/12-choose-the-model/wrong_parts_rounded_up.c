/* expect: fail processes */
/*
 * Each worker does one part of the items, and all parts are of one size:
 * rounded up, so that none is left. The last one then goes beyond the last
 * item.
 */
#include "choose-the-model.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int run_sequential(const struct workload *workload, const struct means *means,
                   uint64_t results[])
{
    (void)means;
    for (int i = 0; i < workload->count; i++)
        results[i] = workload->item(i);
    return 0;
}

/* ---- threads ------------------------------------------------------------- */

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

/* ---- processes ----------------------------------------------------------- */

/* How many items each worker does. */
static int part_of(const struct workload *workload, int workers)
{
    return (workload->count + workers - 1) / workers;
}

/* Writes its results to its own pipe, in the order of the items. */
static _Noreturn void be_worker(const struct workload *workload, int worker,
                                int workers, int to)
{
    int part = part_of(workload, workers);

    for (int i = worker * part; i < (worker + 1) * part; i++) { /* BUG */
        uint64_t value = workload->item(i);

        if (write(to, &value, sizeof value) != sizeof value)
            _exit(1);
    }
    _exit(0);
}

static bool read_whole(int from, uint64_t *value)
{
    char *to = (char *)value;
    size_t used = 0;

    while (used < sizeof *value) {
        ssize_t size = read(from, to + used, sizeof *value - used);

        if (size == 0 || (size < 0 && errno != EINTR))
            return false;
        used += size > 0 ? (size_t)size : 0;
    }
    return true;
}

struct worker {
    pid_t pid;
    int from; /* the pipe's end that is read */
};

static int start_worker(struct worker *workers, int i, int count,
                        const struct workload *workload)
{
    int ends[2];

    if (pipe(ends) != 0)
        return errno;
    workers[i].pid = fork();
    if (workers[i].pid < 0) {
        int error = errno;

        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (workers[i].pid == 0) {
        for (int k = 0; k < i; k++)
            close(workers[k].from);
        close(ends[0]);
        be_worker(workload, i, count, ends[1]);
    }
    close(ends[1]);
    workers[i].from = ends[0];
    return 0;
}

int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[])
{
    struct worker workers[MODELS_WORKERS_MAX];
    int count = means->workers, made = 0, error = 0, part;

    if (count > MODELS_WORKERS_MAX)
        return EINVAL;
    while (made < count && error == 0) {
        error = start_worker(workers, made, count, workload);
        made += error == 0;
    }
    part = part_of(workload, count);
    for (int i = 0; error == 0 && i < count * part; i++)
        if (!read_whole(workers[i / part].from, &results[i]))
            error = ECHILD;
    for (int i = 0; i < made; i++)
        close(workers[i].from);
    for (int i = 0; i < made; i++)
        while (waitpid(workers[i].pid, NULL, 0) < 0 && errno == EINTR)
            ;
    return error;
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

static void ended(void *arg, int i, uint64_t value)
{
    struct turns *turns = arg;

    turns->results[i] = value;
    turns->in_flight--;
    begin_more(turns);
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
        begin_more(&turns);
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

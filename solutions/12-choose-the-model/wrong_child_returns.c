/* expect: fail processes */
/*
 * A worker that has done its items returns. So it goes on in the caller's
 * program, of which there are now several.
 */
#include "choose-the-model.h"

#include <errno.h>
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

struct parcel {
    int i;
    uint64_t value;
};

/* Worker `first` does every n-th item, and sends the results. */
static void do_items(const struct workload *workload, int first, int n, int to)
{
    for (int i = first; i < workload->count; i += n) {
        struct parcel parcel = {i, workload->item(i)};

        if (write(to, &parcel, sizeof parcel) != sizeof parcel)
            _exit(1);
    }
}

/* Until no worker has the other end; how many have come. */
static int take_results(int from, uint64_t results[])
{
    struct parcel parcel;
    int n = 0;

    while (read(from, &parcel, sizeof parcel) == sizeof parcel) {
        results[parcel.i] = parcel.value;
        n++;
    }
    return n;
}

static void wait_for_all(const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++)
        while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
}

int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[])
{
    pid_t pids[MODELS_WORKERS_MAX];
    int ends[2], made = 0, error = 0, come;

    if (pipe(ends) != 0)
        return errno;
    for (; made < means->workers && error == 0; made += error == 0) {
        pids[made] = fork();
        if (pids[made] < 0)
            error = errno;
        if (pids[made] == 0) {
            close(ends[0]);
            do_items(workload, made, means->workers, ends[1]);
            return 0; /* BUG */
        }
    }
    close(ends[1]);
    come = take_results(ends[0], results);
    wait_for_all(pids, made);
    close(ends[0]);
    return error == 0 && come != workload->count ? ECHILD : error;
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

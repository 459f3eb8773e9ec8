/* expect: pass */
/*
 * Processes of its own write their results into memory that they share, and
 * nothing is sent. On the loop a call begins all that may be begun; an item
 * that has ended asks for it.
 */
#define _GNU_SOURCE
#include "choose-the-model.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
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

struct shared {
    atomic_int next; /* the item that is to be done next */
    uint64_t results[];
};

static _Noreturn void be_worker(struct shared *shared,
                                const struct workload *workload)
{
    int i;

    while ((i = atomic_fetch_add(&shared->next, 1)) < workload->count)
        shared->results[i] = workload->item(i);
    _exit(0);
}

/* 0, or ECHILD when it has not come to its end. */
static int wait_for_end(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ECHILD;
}

static int run_workers(struct shared *shared, const struct workload *workload,
                       int workers)
{
    pid_t pids[MODELS_WORKERS_MAX];
    int made = 0, error = 0;

    for (; made < workers && error == 0; made += error == 0) {
        pids[made] = fork();
        if (pids[made] < 0)
            error = errno;
        if (pids[made] == 0)
            be_worker(shared, workload);
    }
    if (error != 0)
        atomic_store(&shared->next, workload->count);
    while (made > 0) {
        int end = wait_for_end(pids[--made]);

        error = error != 0 ? error : end;
    }
    return error;
}

int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[])
{
    size_t size = (size_t)workload->count * sizeof *results;
    struct shared *shared =
        mmap(NULL, sizeof *shared + size, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error;

    if (shared == MAP_FAILED)
        return errno;
    error = run_workers(shared, workload, means->workers);
    if (error == 0)
        memcpy(results, shared->results, size);
    munmap(shared, sizeof *shared + size);
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

/* The first error is kept. */
static void note(struct turns *turns, int error)
{
    if (turns->error == 0)
        turns->error = error;
}

static void begin_all(void *arg, int unused);

static void ended(void *arg, int i, uint64_t value)
{
    struct turns *turns = arg;

    turns->results[i] = value;
    turns->in_flight--;
    if (turns->error == 0 && turns->next < turns->workload->count)
        note(turns, loop_soon(turns->loop, begin_all, turns, 0));
}

static void begin_all(void *arg, int unused)
{
    struct turns *turns = arg;
    const struct workload *workload = turns->workload;

    (void)unused;
    while (turns->error == 0 && turns->next < workload->count &&
           turns->in_flight < turns->most) {
        note(turns, workload->begin(turns->loop, turns->next++, ended, turns));
        turns->in_flight += turns->error == 0;
    }
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
        turns.error = loop_soon(turns.loop, begin_all, &turns, 0);
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

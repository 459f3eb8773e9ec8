/*
 * models.c - see models.h: threads and processes; the loop is loop.c. Both are
 * a part of tests.c and of workload.c, which include them, and which alone use
 * what is declared here.
 *
 * Threads and processes take the number of their next item from one counter.
 * Its order is relaxed: it gives no order between the jobs that would hide a
 * race in them.
 *
 * In the lens `faults` what is called here fails as if the student had called
 * it: her code must bear it when the kit's functions return an error.
 */
#include "models.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Defined in the program of the lens `faults`, and nowhere else. */
#define FAULT(call) extern __typeof__(call) fault_##call __attribute__((weak))
FAULT(malloc);
FAULT(mmap);
FAULT(munmap);
FAULT(pipe2);
FAULT(fork);
FAULT(pthread_create);

#define MAY_FAIL(call) (*(fault_##call != NULL ? fault_##call : call))

/* The next call of what can fail fails with this error; then it is 0. */
static int models_error;

static int models_fails(void)
{
    int error = models_error;

    models_error = 0;
    return error;
}

/* ---- threads ------------------------------------------------------------- */

struct crew {
    atomic_int *next; /* the item that is to be done next */
    int count;
    void (*job)(void *arg, int i);
    void *arg;
};

static int crew_next(struct crew *crew)
{
    return atomic_fetch_add_explicit(crew->next, 1, memory_order_relaxed);
}

static void *crew_member(void *arg)
{
    struct crew *crew = arg;

    for (int i = crew_next(crew); i < crew->count; i = crew_next(crew))
        crew->job(crew->arg, i);
    return NULL;
}

int threads_run(int workers, int count, void (*job)(void *arg, int i),
                void *arg)
{
    atomic_int next = 0;
    struct crew crew = {&next, count, job, arg};
    pthread_t threads[MODELS_WORKERS_MAX];
    int made = 0, error = models_fails();

    if (workers < 1 || workers > MODELS_WORKERS_MAX)
        error = EINVAL;
    while (error == 0 && made < workers) {
        error =
            MAY_FAIL(pthread_create)(&threads[made], NULL, crew_member, &crew);
        made += error == 0;
    }
    if (error != 0) /* those that were made find nothing to do */
        atomic_fetch_add_explicit(&next, count, memory_order_relaxed);
    for (int i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    return error;
}

/* ---- processes ----------------------------------------------------------- */

#ifdef INTERLEAVE_TIMED

/* In virtual time there is no fork(). What processes do with their results,
 * threads do here: it takes the same time, but for the price of a fork. */
struct sent {
    uint64_t (*job)(void *arg, int i);
    void *arg;
    uint64_t *results;
};

static void send_result(void *arg, int i)
{
    struct sent *sent = arg;

    sent->results[i] = sent->job(sent->arg, i);
}

int processes_run(int workers, int count, uint64_t (*job)(void *arg, int i),
                  void *arg, uint64_t results[])
{
    struct sent sent = {job, arg, results};

    return threads_run(workers, count, send_result, &sent);
}

#else

/* What goes through the pipe. It is far smaller than PIPE_BUF: it arrives
 * whole, whoever else writes. */
struct parcel {
    int64_t i;
    uint64_t value;
};

static _Noreturn void be_worker(int to, atomic_int *next, int count,
                                uint64_t (*job)(void *arg, int i), void *arg)
{
    struct crew crew = {next, count, NULL, NULL};

    for (int i = crew_next(&crew); i < count; i = crew_next(&crew)) {
        struct parcel parcel = {i, job(arg, i)};

        if (write(to, &parcel, sizeof parcel) != sizeof parcel)
            _exit(1);
    }
    _exit(0);
}

/* Takes results until no process has the other end; how many have come. */
static int take_results(int from, int count, uint64_t results[])
{
    struct parcel parcel;
    int n = 0;

    for (;;) {
        ssize_t size = read(from, &parcel, sizeof parcel);

        if (size < 0 && errno == EINTR)
            continue;
        if (size != sizeof parcel)
            return n;
        if (parcel.i < 0 || parcel.i >= count)
            continue;
        results[parcel.i] = parcel.value;
        n++;
    }
}

int processes_run(int workers, int count, uint64_t (*job)(void *arg, int i),
                  void *arg, uint64_t results[])
{
    pid_t pids[MODELS_WORKERS_MAX];
    atomic_int *next;
    int ends[2], made = 0, error = models_fails();

    if (workers < 1 || workers > MODELS_WORKERS_MAX)
        error = EINVAL;
    if (error != 0)
        return error;
    next = MAY_FAIL(mmap)(NULL, sizeof *next, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED)
        return ENOMEM;
    if (MAY_FAIL(pipe2)(ends, O_CLOEXEC) != 0) {
        error = errno;
        MAY_FAIL(munmap)(next, sizeof *next);
        return error;
    }
    for (; error == 0 && made < workers; made += error == 0) {
        pids[made] = MAY_FAIL(fork)();
        if (pids[made] < 0)
            error = errno;
        if (pids[made] == 0)
            be_worker(ends[1], next, count, job, arg);
    }
    close(ends[1]);
    if (error != 0)
        atomic_fetch_add_explicit(next, count, memory_order_relaxed);
    if (take_results(ends[0], count, results) != count && error == 0)
        error = ECHILD;
    close(ends[0]);
    for (int i = 0; i < made; i++)
        while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
    MAY_FAIL(munmap)(next, sizeof *next);
    return error;
}

#endif

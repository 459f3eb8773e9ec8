/* expect: pass */
/*
 * The caller hands out one item after the other: to threads through a hatch
 * that holds one number, to processes through a socket to each, whose answers
 * it waits for with poll().
 */
#define _GNU_SOURCE
#include "choose-the-model.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
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

/* The caller only puts numbers into a hatch; the threads take them out. */
struct hatch {
    pthread_mutex_t lock;
    pthread_cond_t filled, freed;
    int item; /* NO_ITEM, or GO_HOME */
    struct run run;
};

enum { NO_ITEM = -1, GO_HOME = -2 };

static void *member(void *arg)
{
    struct hatch *hatch = arg;

    pthread_mutex_lock(&hatch->lock);
    for (;;) {
        int i;

        while ((i = hatch->item) == NO_ITEM)
            pthread_cond_wait(&hatch->filled, &hatch->lock);
        if (i == GO_HOME)
            break;
        hatch->item = NO_ITEM;
        pthread_cond_signal(&hatch->freed);
        pthread_mutex_unlock(&hatch->lock);
        hatch->run.results[i] = hatch->run.workload->item(i);
        pthread_mutex_lock(&hatch->lock);
    }
    pthread_mutex_unlock(&hatch->lock);
    return NULL;
}

static void put(struct hatch *hatch, int i)
{
    pthread_mutex_lock(&hatch->lock);
    while (hatch->item != NO_ITEM)
        pthread_cond_wait(&hatch->freed, &hatch->lock);
    hatch->item = i;
    if (i == GO_HOME)
        pthread_cond_broadcast(&hatch->filled);
    else
        pthread_cond_signal(&hatch->filled);
    pthread_mutex_unlock(&hatch->lock);
}

int run_with_threads(const struct workload *workload, const struct means *means,
                     uint64_t results[])
{
    struct hatch hatch = {.item = NO_ITEM, .run = {workload, results}};
    pthread_t *threads = calloc((size_t)means->workers, sizeof *threads);
    int made = 0, error = 0;

    if (threads == NULL)
        return ENOMEM;
    pthread_mutex_init(&hatch.lock, NULL);
    pthread_cond_init(&hatch.filled, NULL);
    pthread_cond_init(&hatch.freed, NULL);
    while (made < means->workers && error == 0) {
        error = pthread_create(&threads[made], NULL, member, &hatch);
        made += error == 0;
    }
    for (int i = 0; error == 0 && i < workload->count; i++)
        put(&hatch, i);
    put(&hatch, GO_HOME);
    for (int i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&hatch.freed);
    pthread_cond_destroy(&hatch.filled);
    pthread_mutex_destroy(&hatch.lock);
    free(threads);
    return error;
}

/*
 * The caller hands out items, one at a time, to whoever is free, and waits for
 * the answers with poll().
 */
struct order {
    int64_t i;
    uint64_t value;
};

struct worker {
    pid_t pid;
    int fd;
};

static _Noreturn void be_worker(const struct workload *workload, int fd)
{
    struct order order;
    ssize_t n;

    for (;;) {
        n = recv(fd, &order, sizeof order, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != sizeof order)
            _exit(n == 0 ? 0 : 1);
        order.value = workload->item((int)order.i);
        while ((n = send(fd, &order, sizeof order, MSG_NOSIGNAL)) < 0 &&
               errno == EINTR)
            ;
        if (n != sizeof order)
            _exit(1);
    }
}

static int start_worker(struct worker *workers, int made,
                        const struct workload *workload)
{
    int ends[2], error;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    pid = fork();
    if (pid < 0) {
        error = errno;
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (pid == 0) {
        for (int i = 0; i < made; i++)
            close(workers[i].fd);
        close(ends[0]);
        be_worker(workload, ends[1]);
    }
    close(ends[1]);
    workers[made] = (struct worker){pid, ends[0]};
    return 0;
}

static int order_from(int fd, int i)
{
    struct order order = {i, 0};
    ssize_t n;

    while ((n = send(fd, &order, sizeof order, MSG_NOSIGNAL)) < 0 &&
           errno == EINTR)
        ;
    if (n == sizeof order)
        return 0;
    return errno == EPIPE || errno == ECONNRESET ? ECHILD : errno;
}

static int serve(const struct workload *workload, struct worker *workers,
                 int made, uint64_t results[])
{
    struct pollfd polled[MODELS_WORKERS_MAX];
    int next = 0, left = workload->count, error = 0;

    for (int i = 0; i < made; i++)
        polled[i] = (struct pollfd){.fd = workers[i].fd, .events = POLLIN};
    for (int i = 0; i < made && next < workload->count && error == 0; i++)
        error = order_from(workers[i].fd, next++);
    while (error == 0 && left > 0) {
        if (poll(polled, (nfds_t)made, -1) < 0) {
            error = errno == EINTR ? 0 : errno;
            continue;
        }
        for (int i = 0; i < made && error == 0; i++) {
            struct order order;
            ssize_t n;

            if (polled[i].revents == 0)
                continue;
            n = recv(workers[i].fd, &order, sizeof order, MSG_DONTWAIT);
            if (n < 0 && (errno == EINTR || errno == EAGAIN))
                continue;
            if (n != sizeof order) {
                error = n < 0 && errno != ECONNRESET ? errno : ECHILD;
                break;
            }
            results[order.i] = order.value;
            left--;
            if (next < workload->count)
                error = order_from(workers[i].fd, next++);
        }
    }
    return error;
}

int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[])
{
    struct worker workers[MODELS_WORKERS_MAX];
    int made = 0, error = 0;

    if (means->workers < 1 || means->workers > MODELS_WORKERS_MAX)
        return EINVAL;
    while (made < means->workers && error == 0) {
        error = start_worker(workers, made, workload);
        made += error == 0;
    }
    if (error == 0)
        error = serve(workload, workers, made, results);
    for (int i = 0; i < made; i++)
        close(workers[i].fd);
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

/* expect: pass */
/*
 * right_lazy.c - a worker that is missing is made when there is an item for
 * it. Before a worker gets one it is asked whether it still lives, so one that
 * was killed while it had nothing to do costs nothing. MSG_WAITALL saves most
 * of the loops, and a farewell is a message.
 */
#define _GNU_SOURCE
#include "process-pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t pid; /* 0: missing */
    int fd;
    bool busy;
    size_t item;
};

struct process_pool {
    struct process_pool_config config;
    struct worker *workers;
    struct pollfd *polled;
};

struct letter {
    int what; /* from a worker: its error; to it: 0, or 1 for the end */
    size_t size;
};

/* All of it; 0, or -1. */
static int give(int fd, const void *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            data = (const char *)data + n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static int get(int fd, void *data, size_t size)
{
    while (size > 0) {
        ssize_t n = recv(fd, data, size, MSG_WAITALL);

        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        if (n > 0) {
            data = (char *)data + n;
            size -= (size_t)n;
        }
    }
    return 0;
}

/* Asks, and leaves the answer there for waitpid(). */
static bool has_ended(const struct worker *worker)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)worker->pid, &info,
                  WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == worker->pid;
}

/* Reads an item for which there is no memory, and forgets it. */
static int get_rid_of(int fd, size_t size)
{
    char page[4096];

    for (; size > sizeof page; size -= sizeof page)
        if (get(fd, page, sizeof page) < 0)
            return -1;
    return get(fd, page, size);
}

static void work_until_told(const struct process_pool_config *config, int fd)
{
    struct letter letter = {0, 0};

    if (config->initialize != NULL)
        letter.what = config->initialize(config->arg);
    if (give(fd, &letter, sizeof letter) < 0 || letter.what != 0)
        return;
    while (get(fd, &letter, sizeof letter) == 0 && letter.what == 0) {
        struct bytes item = {letter.size, NULL}, result = {0, NULL};
        int lost;

        if (item.size == 0 || (item.data = malloc(item.size)) != NULL) {
            if (get(fd, item.data, item.size) < 0)
                return;
            letter.what = config->work(&item, &result);
        } else {
            if (get_rid_of(fd, item.size) < 0)
                return;
            letter.what = ENOMEM;
        }
        letter.size = letter.what == 0 ? result.size : 0;
        lost = give(fd, &letter, sizeof letter) < 0 ||
               give(fd, result.data, letter.size) < 0;
        free(item.data);
        free(result.data);
        if (lost)
            return;
    }
    if (config->finish != NULL)
        config->finish(config->arg);
}

static void forget(struct worker *worker)
{
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(worker->fd);
    memset(worker, 0, sizeof *worker);
}

static void kill_and_forget(struct worker *worker)
{
    kill(worker->pid, SIGKILL);
    forget(worker);
}

static int make(struct process_pool *pool, struct worker *worker)
{
    struct letter ready;
    int ends[2], error;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return errno;
    worker->pid = fork();
    if (worker->pid == 0) {
        for (int i = 0; i < pool->config.workers; i++)
            if (&pool->workers[i] != worker && pool->workers[i].pid != 0)
                close(pool->workers[i].fd);
        close(ends[0]);
        work_until_told(&pool->config, ends[1]);
        _exit(0);
    }
    error = errno;
    close(ends[1]);
    if (worker->pid < 0) {
        close(ends[0]);
        worker->pid = 0;
        return error;
    }
    worker->fd = ends[0];
    worker->busy = false;
    error = get(worker->fd, &ready, sizeof ready) < 0 ? ECHILD : ready.what;
    if (error != 0)
        kill_and_forget(worker);
    return error;
}

int process_pool_create(struct process_pool **out,
                        const struct process_pool_config *config)
{
    struct process_pool *pool = malloc(sizeof *pool);
    size_t n = (size_t)config->workers;
    int error = 0;

    *out = NULL;
    if (pool == NULL)
        return ENOMEM;
    pool->config = *config;
    pool->workers = calloc(n, sizeof *pool->workers);
    pool->polled = calloc(n, sizeof *pool->polled);
    if (pool->workers == NULL || pool->polled == NULL) {
        free(pool->workers);
        free(pool->polled);
        free(pool);
        return ENOMEM;
    }
    for (size_t i = 0; i < n && error == 0; i++)
        error = make(pool, &pool->workers[i]);
    if (error != 0)
        process_pool_destroy(pool);
    else
        *out = pool;
    return error;
}

void process_pool_destroy(struct process_pool *pool)
{
    const struct letter end = {1, 0};

    for (int i = 0; pool != NULL && i < pool->config.workers; i++)
        if (pool->workers[i].pid != 0) {
            give(pool->workers[i].fd, &end, sizeof end);
            forget(&pool->workers[i]);
        }
    if (pool == NULL)
        return;
    free(pool->workers);
    free(pool->polled);
    free(pool);
}

/* ---- map ---------------------------------------------------------------- */

/* The item is with a worker: 0, or it has this error. */
static int hand_over(struct process_pool *pool, struct worker *worker,
                     const struct bytes *item)
{
    struct letter letter = {0, item->size};
    int error;

    if (worker->pid != 0 && has_ended(worker))
        forget(worker);
    if (worker->pid == 0 && (error = make(pool, worker)) != 0)
        return error;
    if (give(worker->fd, &letter, sizeof letter) == 0 &&
        give(worker->fd, item->data, item->size) == 0)
        return 0;
    kill_and_forget(worker);
    return ECHILD;
}

static void collect(struct worker *worker, struct process_pool_result *result)
{
    struct letter letter;

    worker->busy = false;
    result->error = ECHILD;
    if (get(worker->fd, &letter, sizeof letter) == 0) {
        result->error = letter.what;
        result->bytes.size = letter.size;
        if (letter.size > 0)
            result->bytes.data = malloc(letter.size);
        if (letter.size == 0)
            return;
        if (result->bytes.data != NULL &&
            get(worker->fd, result->bytes.data, letter.size) == 0)
            return;
        result->error = result->bytes.data != NULL ? ECHILD : ENOMEM;
        free(result->bytes.data);
        result->bytes = (struct bytes){0, NULL};
    }
    kill_and_forget(worker);
}

/* Blocks until a worker that is busy has sent something, or has ended. */
static void collect_some(struct process_pool *pool,
                         struct process_pool_result results[])
{
    int n = pool->config.workers;

    for (int i = 0; i < n; i++) {
        pool->polled[i].fd = pool->workers[i].busy ? pool->workers[i].fd : -1;
        pool->polled[i].events = POLLIN;
    }
    if (poll(pool->polled, (nfds_t)n, -1) < 0)
        return;
    for (int i = 0; i < n; i++)
        if (pool->polled[i].revents != 0)
            collect(&pool->workers[i], &results[pool->workers[i].item]);
}

int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count)
{
    size_t next = 0;
    int busy = 0;

    for (size_t i = 0; i < count; i++)
        results[i] = (struct process_pool_result){0, {0, NULL}};
    do {
        busy = 0;
        for (int i = 0; i < pool->config.workers; i++) {
            struct worker *worker = &pool->workers[i];

            if (!worker->busy && next < count) {
                results[next].error = hand_over(pool, worker, &items[next]);
                worker->busy = results[next].error == 0;
                worker->item = next++;
            }
            busy += worker->busy;
        }
        if (busy > 0)
            collect_some(pool, results);
    } while (busy > 0 || next < count);
    for (size_t i = 0; i < count; i++)
        if (results[i].error != 0)
            return results[i].error;
    return 0;
}

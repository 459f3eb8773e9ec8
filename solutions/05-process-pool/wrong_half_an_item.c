/* expect: fail errors-handled */
/*
 * The end of file ends an item as well: a worker whose caller dies in the
 * middle of one works on what has come.
 */
#include "process-pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MISSING = -1 };

struct worker {
    int fd; /* the caller's end, or MISSING: there is no such worker */
    pid_t pid;
    bool busy;
    size_t item; /* when busy: which */
};

struct process_pool {
    struct process_pool_config config;
    int missing_error;     /* why the last missing worker is not there */
    struct pollfd *polled; /* one for each worker */
    struct worker workers[];
};

struct reply {
    int error;
    size_t size;
};

/* ---- all of it, or an error --------------------------------------------- */

/* MSG_NOSIGNAL: when the other side is gone, EPIPE and no SIGPIPE. */
static bool send_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL); /* BUG */

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* false: end of file came first, or an error */
static bool receive_all(int fd, void *data, size_t size)
{
    char *at = data;

    while (size > 0) {
        ssize_t n = recv(fd, at, size, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            return at != (char *)data; /* BUG */
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* Bytes for which there is no memory. */
static bool skip_all(int fd, size_t size)
{
    char some[4096];

    while (size > 0) {
        size_t n = size < sizeof some ? size : sizeof some;

        if (!receive_all(fd, some, n))
            return false;
        size -= n;
    }
    return true;
}

/* ---- in the worker ------------------------------------------------------ */

/* One item; false when there will be no more, or it cannot go on. */
static bool serve_one(const struct process_pool_config *config, int fd)
{
    struct bytes item, result = {0, NULL};
    struct reply reply = {0, 0};
    bool sent;

    if (!receive_all(fd, &item.size, sizeof item.size))
        return false;
    item.data = item.size > 0 ? malloc(item.size) : NULL;
    if (item.size > 0 && item.data == NULL) {
        reply.error = ENOMEM;
        return skip_all(fd, item.size) && send_all(fd, &reply, sizeof reply);
    }
    if (!receive_all(fd, item.data, item.size))
        _exit(1);

    reply.error = config->work(&item, &result);
    free(item.data);
    if (reply.error == 0)
        reply.size = result.size;
    sent = send_all(fd, &reply, sizeof reply) &&
           send_all(fd, result.data, reply.size);
    free(result.data);
    return sent;
}

static _Noreturn void serve(const struct process_pool_config *config, int fd)
{
    struct reply ready = {0, 0};

    if (config->initialize != NULL)
        ready.error = config->initialize(config->arg);
    if (!send_all(fd, &ready, sizeof ready) || ready.error != 0)
        _exit(1);
    while (serve_one(config, fd))
        ;
    if (config->finish != NULL)
        config->finish(config->arg);
    _exit(0);
}

/* ---- one worker, seen by the caller ------------------------------------- */

/* Forks a worker; it still has to say that it is ready. */
static int start(struct process_pool *pool, struct worker *worker)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        return errno;
    pid = fork();
    if (pid < 0) {
        int error = errno;

        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (pid == 0) {
        close(ends[0]);
        for (int i = 0; i < pool->config.workers; i++)
            if (pool->workers[i].fd != MISSING)
                close(pool->workers[i].fd);
        serve(&pool->config, ends[1]);
    }
    close(ends[1]);
    worker->fd = ends[0];
    worker->pid = pid;
    worker->busy = false;
    return 0;
}

/* Waits for this worker and for no other child. */
static void wait_for(struct worker *worker)
{
    close(worker->fd);
    worker->fd = MISSING;
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* For one that has died, or that nothing more can be said to. */
static void put_away(struct worker *worker)
{
    kill(worker->pid, SIGKILL); /* not yet waited for, so it is still her */
    wait_for(worker);
}

/* Blocks until the worker has initialized itself. */
static int greet(struct worker *worker)
{
    struct reply ready;

    if (!receive_all(worker->fd, &ready, sizeof ready))
        ready.error = ECHILD;
    if (ready.error != 0)
        put_away(worker);
    return ready.error;
}

static void replace(struct process_pool *pool, struct worker *worker)
{
    int error = start(pool, worker);

    if (error == 0)
        error = greet(worker);
    if (error != 0)
        pool->missing_error = error;
}

/* ---- the pool ----------------------------------------------------------- */

int process_pool_create(struct process_pool **out,
                        const struct process_pool_config *config)
{
    size_t workers = (size_t)config->workers;
    struct process_pool *pool =
        calloc(1, sizeof *pool + workers * sizeof pool->workers[0]);
    int error = 0;

    *out = NULL;
    if (pool == NULL)
        return ENOMEM;
    pool->config = *config;
    for (size_t i = 0; i < workers; i++)
        pool->workers[i].fd = MISSING;
    pool->polled = calloc(workers, sizeof *pool->polled);
    if (pool->polled == NULL)
        error = ENOMEM;

    /* All of them initialize themselves at the same time. */
    for (size_t i = 0; i < workers && error == 0; i++)
        error = start(pool, &pool->workers[i]);
    for (size_t i = 0; i < workers && error == 0; i++)
        error = greet(&pool->workers[i]);
    if (error != 0)
        process_pool_destroy(pool);
    else
        *out = pool;
    return error;
}

/* shutdown() ends the connection itself: the worker reads end of file even if
 * another process has a copy of our end. close() would not do that. */
void process_pool_destroy(struct process_pool *pool)
{
    if (pool == NULL)
        return;
    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].fd != MISSING)
            shutdown(pool->workers[i].fd, SHUT_RDWR);
    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].fd != MISSING)
            wait_for(&pool->workers[i]);
    free(pool->polled);
    free(pool);
}

/* ---- map ---------------------------------------------------------------- */

struct map {
    struct process_pool *pool;
    const struct bytes *items;
    struct process_pool_result *results;
    size_t count;
    size_t next; /* the first item that nobody has been given */
};

/* The worker will not bring the result of its item. */
static void give_up(struct map *map, struct worker *worker, int error)
{
    map->results[worker->item].error = error;
    put_away(worker);
    replace(map->pool, worker);
}

/* Gives the next item to a worker that has nothing to do. */
static void give(struct map *map, struct worker *worker)
{
    const struct bytes *item = &map->items[map->next];

    worker->item = map->next++;
    if (send_all(worker->fd, &item->size, sizeof item->size) &&
        send_all(worker->fd, item->data, item->size))
        worker->busy = true;
    else
        give_up(map, worker, ECHILD);
}

/* Takes the outcome from a worker that has begun to send it, or has died. */
static void take(struct map *map, struct worker *worker)
{
    struct process_pool_result *result = &map->results[worker->item];
    struct reply reply;
    void *data = NULL;
    int error = ECHILD;

    worker->busy = false;
    if (receive_all(worker->fd, &reply, sizeof reply)) {
        if (reply.size > 0)
            data = malloc(reply.size);
        if (reply.size > 0 && data == NULL)
            error = ENOMEM;
        else if (receive_all(worker->fd, data, reply.size)) {
            result->error = reply.error;
            result->bytes = (struct bytes){reply.size, data};
            return;
        }
    }
    free(data);
    give_up(map, worker, error);
}

/* Every worker that has nothing to do gets an item, if there is one. */
static int give_all(struct map *map)
{
    struct process_pool *pool = map->pool;
    int busy = 0;

    for (int i = 0; i < pool->config.workers; i++) {
        struct worker *worker = &pool->workers[i];

        while (worker->fd != MISSING && !worker->busy && map->next < map->count)
            give(map, worker);
        busy += worker->fd != MISSING && worker->busy;
    }
    return busy;
}

/* Blocks until something has come from one that is busy. */
static void take_some(struct map *map)
{
    struct process_pool *pool = map->pool;
    nfds_t workers = (nfds_t)pool->config.workers;

    for (nfds_t i = 0; i < workers; i++) {
        pool->polled[i].fd = pool->workers[i].busy ? pool->workers[i].fd : -1;
        pool->polled[i].events = POLLIN;
        pool->polled[i].revents = 0;
    }
    if (poll(pool->polled, workers, -1) < 0)
        return; /* interrupted, in most cases: we come again */
    for (nfds_t i = 0; i < workers; i++)
        if (pool->polled[i].revents != 0)
            take(map, &pool->workers[i]);
}

int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count)
{
    struct map map = {pool, items, results, count, 0};

    for (size_t i = 0; i < count; i++)
        results[i] = (struct process_pool_result){0, {0, NULL}};
    for (int i = 0; i < pool->config.workers && count > 0; i++)
        if (pool->workers[i].fd == MISSING)
            replace(pool, &pool->workers[i]);

    while (give_all(&map) > 0)
        take_some(&map);
    for (; map.next < count; map.next++) /* nobody is left */
        results[map.next].error = pool->missing_error;

    for (size_t i = 0; i < count; i++)
        if (results[i].error != 0)
            return results[i].error;
    return 0;
}

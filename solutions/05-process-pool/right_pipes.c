/* expect: pass */
/*
 * right_pipes.c - two pipes for each worker, one for each direction.
 *
 * A pipe cannot be shut down, and the end that closes it may have copies in
 * other processes: so the last message says that there will be no more. And
 * write() knows no MSG_NOSIGNAL: SIGPIPE is ignored while one of the functions
 * runs, and is then what it was. A worker makes it what it was for itself.
 */
#include "process-pool.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAREWELL SIZE_MAX /* in place of the size of an item */
#define NO_ITEM  SIZE_MAX

struct worker {
    bool alive;
    pid_t pid;
    int to, from;
    size_t item; /* or NO_ITEM */
};

struct process_pool {
    struct process_pool_config config;
    struct sigaction callers; /* for SIGPIPE, while a function runs */
    int error;                /* why there is no worker, if there is none */
    struct worker *workers;
};

static int put(int fd, const void *from, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, (const char *)from + done, size - done);

        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    return 0;
}

static int get(int fd, void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, (char *)to + done, size - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return -1;
    }
    return 0;
}

static void pipe_ignore(struct process_pool *pool)
{
    struct sigaction ignore;

    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &pool->callers);
}

static void pipe_restore(struct process_pool *pool)
{
    sigaction(SIGPIPE, &pool->callers, NULL);
}

/* ---- in the worker ------------------------------------------------------ */

static int drop(int in, size_t size)
{
    char bytes[512];

    for (size_t n; size > 0; size -= n) {
        n = size < sizeof bytes ? size : sizeof bytes;
        if (get(in, bytes, n) < 0)
            return -1;
    }
    return 0;
}

static _Noreturn void be_worker(const struct process_pool_config *config,
                                int in, int out)
{
    size_t head[2] = {0, 0}; /* error, size */
    struct bytes item;

    if (config->initialize != NULL)
        head[0] = (size_t)(unsigned)config->initialize(config->arg);
    if (put(out, head, sizeof head) < 0 || head[0] != 0)
        _exit(1);
    while (get(in, &item.size, sizeof item.size) == 0) {
        struct bytes result = {0, NULL};

        if (item.size == FAREWELL) {
            if (config->finish != NULL)
                config->finish(config->arg);
            _exit(0);
        }
        item.data = malloc(item.size + 1);
        if ((item.data == NULL ? drop(in, item.size)
                               : get(in, item.data, item.size)) < 0)
            _exit(1);
        head[0] = item.data == NULL
                      ? ENOMEM
                      : (size_t)(unsigned)config->work(&item, &result);
        head[1] = head[0] == 0 ? result.size : 0;
        free(item.data);
        if (put(out, head, sizeof head) < 0 ||
            put(out, result.data, head[1]) < 0)
            _exit(1);
        free(result.data);
    }
    _exit(0);
}

/* ---- workers, seen by the caller ---------------------------------------- */

static void close_two(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static int worker_fork(struct process_pool *pool, struct worker *worker)
{
    int down[2], up[2];

    if (pipe(down) < 0)
        return errno;
    if (pipe(up) < 0) {
        int error = errno;

        close_two(down);
        return error;
    }
    worker->pid = fork();
    if (worker->pid < 0) {
        int error = errno;

        close_two(down);
        close_two(up);
        return error;
    }
    if (worker->pid == 0) {
        close(down[1]);
        close(up[0]);
        for (int i = 0; i < pool->config.workers; i++)
            if (pool->workers[i].alive) {
                close(pool->workers[i].to);
                close(pool->workers[i].from);
            }
        pipe_restore(pool);
        be_worker(&pool->config, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    worker->to = down[1];
    worker->from = up[0];
    worker->alive = true;
    worker->item = NO_ITEM;
    return 0;
}

static void worker_bury(struct worker *worker)
{
    close(worker->to);
    close(worker->from);
    worker->alive = false;
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static int worker_start(struct process_pool *pool, struct worker *worker)
{
    size_t head[2];
    int error = worker_fork(pool, worker);

    if (error != 0)
        return error;
    error = get(worker->from, head, sizeof head) < 0 ? ECHILD : (int)head[0];
    if (error != 0)
        worker_bury(worker);
    return error;
}

/* ---- the pool ----------------------------------------------------------- */

static void pool_end(struct process_pool *pool)
{
    const size_t farewell = FAREWELL;

    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].alive)
            put(pool->workers[i].to, &farewell, sizeof farewell);
    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].alive)
            worker_bury(&pool->workers[i]);
    pipe_restore(pool);
    free(pool->workers);
    free(pool);
}

int process_pool_create(struct process_pool **out,
                        const struct process_pool_config *config)
{
    struct process_pool *pool = calloc(1, sizeof *pool);
    int error = 0;

    *out = NULL;
    if (pool == NULL)
        return ENOMEM;
    pool->workers = calloc((size_t)config->workers, sizeof *pool->workers);
    if (pool->workers == NULL) {
        free(pool);
        return ENOMEM;
    }
    pool->config = *config;
    pipe_ignore(pool);
    for (int i = 0; i < config->workers && error == 0; i++)
        error = worker_start(pool, &pool->workers[i]);
    if (error != 0) {
        pool_end(pool);
        return error;
    }
    pipe_restore(pool);
    *out = pool;
    return 0;
}

void process_pool_destroy(struct process_pool *pool)
{
    if (pool == NULL)
        return;
    pipe_ignore(pool);
    pool_end(pool);
}

/* ---- map ---------------------------------------------------------------- */

static void result_take(struct process_pool *pool, struct worker *worker,
                        struct process_pool_result *results)
{
    struct process_pool_result *result = &results[worker->item];
    size_t head[2];

    worker->item = NO_ITEM;
    if (get(worker->from, head, sizeof head) == 0) {
        void *data = malloc(head[1] + 1);

        if (data != NULL && get(worker->from, data, head[1]) == 0) {
            result->error = (int)head[0];
            if (result->error != 0) {
                free(data);
                return;
            }
            result->bytes.size = head[1];
            result->bytes.data = data;
            return;
        }
        result->error = data == NULL ? ENOMEM : ECHILD;
        free(data);
    } else {
        result->error = ECHILD;
    }
    worker_bury(worker);
    pool->error = worker_start(pool, worker);
}

/* Blocks until somebody who is busy has something to say. */
static void results_wait(struct process_pool *pool,
                         struct process_pool_result *results)
{
    fd_set set;
    int most = -1;

    FD_ZERO(&set);
    for (int i = 0; i < pool->config.workers; i++) {
        struct worker *worker = &pool->workers[i];

        if (!worker->alive || worker->item == NO_ITEM)
            continue;
        FD_SET(worker->from, &set);
        most = worker->from > most ? worker->from : most;
    }
    if (select(most + 1, &set, NULL, NULL, NULL) < 0)
        return;
    for (int i = 0; i < pool->config.workers; i++) {
        struct worker *worker = &pool->workers[i];

        if (worker->alive && worker->item != NO_ITEM &&
            FD_ISSET(worker->from, &set)) {
            FD_CLR(worker->from, &set);
            result_take(pool, worker, results);
        }
    }
}

static size_t items_give(struct process_pool *pool, const struct bytes items[],
                         struct process_pool_result results[], size_t next,
                         size_t count, int *busy)
{
    *busy = 0;
    for (int i = 0; i < pool->config.workers; i++) {
        struct worker *worker = &pool->workers[i];

        while (worker->alive && worker->item == NO_ITEM && next < count) {
            worker->item = next++;
            if (put(worker->to, &items[worker->item].size, sizeof(size_t)) ==
                    0 &&
                put(worker->to, items[worker->item].data,
                    items[worker->item].size) == 0)
                break;
            results[worker->item].error = ECHILD;
            worker_bury(worker);
            pool->error = worker_start(pool, worker);
        }
        *busy += worker->alive && worker->item != NO_ITEM;
    }
    return next;
}

int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count)
{
    size_t next = 0;
    int busy, error = 0;

    if (count == 0)
        return 0;
    pipe_ignore(pool);
    memset(results, 0, count * sizeof results[0]);
    for (int i = 0; i < pool->config.workers; i++)
        if (!pool->workers[i].alive)
            pool->error = worker_start(pool, &pool->workers[i]);
    for (;;) {
        next = items_give(pool, items, results, next, count, &busy);
        if (busy == 0)
            break;
        results_wait(pool, results);
    }
    while (next < count)
        results[next++].error = pool->error;
    pipe_restore(pool);
    for (size_t i = count; i-- > 0;)
        if (results[i].error != 0)
            error = results[i].error;
    return error;
}

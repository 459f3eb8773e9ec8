/* expect: pass */
/*
 * right_epoll.c - the caller never blocks in a read or a write: its ends do
 * not block, and epoll says which of them can go on. Each worker has what is
 * being sent to it and what has come from it, in pieces of whatever size.
 *
 * Pipes, with SIGPIPE blocked while a function runs: one that has come by
 * then is taken away before it is unblocked, unless one was waiting before.
 * The first message to a worker that is to end is a size that no item has.
 */
#define _GNU_SOURCE
#include "process-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct head {
    bool last; /* to the worker: there are no more items */
    int error; /* from the worker */
    size_t size;
};

/* A message that is under way, in one direction: its head, then its bytes. */
struct message {
    struct head head;
    char *data;
    size_t done; /* of both together */
};

enum state { GONE, IDLE, BUSY };

struct worker {
    enum state state;
    pid_t pid;
    int in, out; /* of the caller's ends */
    struct message going, coming;
    size_t item;
};

struct process_pool {
    struct process_pool_config config;
    int epoll;
    int error;
    bool pending; /* a SIGPIPE was waiting before */
    sigset_t mask;
    struct worker *workers;
};

/* ---- SIGPIPE ------------------------------------------------------------ */

static void block_sigpipe(struct process_pool *pool)
{
    sigset_t set;

    sigpending(&set);
    pool->pending = sigismember(&set, SIGPIPE);
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, &pool->mask);
}

static void unblock_sigpipe(struct process_pool *pool)
{
    const struct timespec now = {0, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    if (!pool->pending)
        while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR)
            ;
    sigprocmask(SIG_SETMASK, &pool->mask, NULL);
}

/* ---- in the worker: descriptors that block ------------------------------ */

static void must_read(int fd, void *data, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, data, size);

        if (n == 0 || (n < 0 && errno != EINTR))
            _exit(1);
        if (n > 0) {
            data = (char *)data + n;
            size -= (size_t)n;
        }
    }
}

static void must_write(int fd, const void *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno != EINTR)
            _exit(1);
        if (n > 0) {
            data = (const char *)data + n;
            size -= (size_t)n;
        }
    }
}

/* An item for which there is no memory: its bytes go nowhere. */
static void must_skip(int fd, size_t size)
{
    char byte;

    for (; size > 0; size--)
        must_read(fd, &byte, 1);
}

static _Noreturn void live(struct process_pool_config config, int in, int out)
{
    struct head head = {false, 0, 0};

    if (config.initialize != NULL)
        head.error = config.initialize(config.arg);
    must_write(out, &head, sizeof head);
    if (head.error != 0)
        _exit(0);
    for (;;) {
        struct bytes item, result = {0, NULL};

        must_read(in, &head, sizeof head);
        if (head.last)
            break;
        item.size = head.size;
        item.data = malloc(item.size ? item.size : 1);
        if (item.data == NULL) {
            must_skip(in, item.size);
            head.error = ENOMEM;
        } else {
            must_read(in, item.data, item.size);
            head.error = config.work(&item, &result);
        }
        head.size = head.error ? 0 : result.size;
        must_write(out, &head, sizeof head);
        must_write(out, result.data, head.size);
        free(item.data);
        free(result.data);
    }
    if (config.finish != NULL)
        config.finish(config.arg);
    _exit(0);
}

/* ---- messages of the caller: as far as it goes without waiting ---------- */

enum progress { COMPLETE, TO_BE_CONTINUED, BROKEN, NO_MEMORY };

/* Where the next piece of the message is, and how long it is at most. */
static char *piece(struct message *message, size_t *size)
{
    size_t head = sizeof message->head;

    if (message->done < head) {
        *size = head - message->done;
        return (char *)&message->head + message->done;
    }
    *size = head + message->head.size - message->done;
    return message->data + (message->done - head);
}

static enum progress push(int fd, struct message *message)
{
    size_t size;

    for (;;) {
        char *at = piece(message, &size);
        ssize_t n;

        if (size == 0)
            return COMPLETE;
        n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? TO_BE_CONTINUED : BROKEN;
        message->done += (size_t)n;
    }
}

static enum progress pull(int fd, struct message *message)
{
    size_t size;

    for (;;) {
        char *at = piece(message, &size);
        ssize_t n;

        if (message->done == sizeof message->head && message->head.size > 0 &&
            message->data == NULL) {
            message->data = malloc(message->head.size);
            if (message->data == NULL)
                return NO_MEMORY;
            continue;
        }
        if (size == 0)
            return COMPLETE;
        n = read(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return TO_BE_CONTINUED;
        if (n <= 0)
            return BROKEN;
        message->done += (size_t)n;
    }
}

/* ---- workers ------------------------------------------------------------ */

/* Taken out of epoll first: it keeps an end for as long as anybody, in any
 * process, has a copy. */
static void drop_worker(struct process_pool *pool, struct worker *worker)
{
    worker->state = GONE;
    epoll_ctl(pool->epoll, EPOLL_CTL_DEL, worker->in, NULL);
    epoll_ctl(pool->epoll, EPOLL_CTL_DEL, worker->out, NULL);
    free(worker->coming.data);
    worker->coming.data = NULL;
    close(worker->in);
    close(worker->out);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* For short messages, and at times when there is nothing else to do. */
static enum progress wait_for_message(struct worker *worker)
{
    enum progress progress;

    memset(&worker->coming, 0, sizeof worker->coming);
    fcntl(worker->in, F_SETFL, 0);
    progress = pull(worker->in, &worker->coming);
    fcntl(worker->in, F_SETFL, O_NONBLOCK);
    return progress;
}

static _Noreturn void become_worker(struct process_pool *pool, int in, int out)
{
    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].state != GONE) {
            close(pool->workers[i].in);
            close(pool->workers[i].out);
        }
    close(pool->epoll);
    unblock_sigpipe(pool);
    live(pool->config, in, out);
}

static int new_worker(struct process_pool *pool, struct worker *worker)
{
    int ends[4] = {-1, -1, -1, -1}, error = 0;
    struct epoll_event event = {.data.ptr = worker};

    if (pipe(ends) < 0 || pipe(ends + 2) < 0 || (worker->pid = fork()) < 0) {
        error = errno;
        for (int i = 0; i < 4; i++)
            if (ends[i] >= 0)
                close(ends[i]);
        return error;
    }
    if (worker->pid == 0) {
        close(ends[1]);
        close(ends[2]);
        become_worker(pool, ends[0], ends[3]);
    }
    close(ends[0]);
    close(ends[3]);
    worker->out = ends[1];
    worker->in = ends[2];
    worker->state = IDLE;
    fcntl(worker->out, F_SETFL, O_NONBLOCK);
    error = wait_for_message(worker) == COMPLETE ? worker->coming.head.error
                                                 : ECHILD;
    if (error == 0 &&
        (epoll_ctl(pool->epoll, EPOLL_CTL_ADD, worker->in, &event) < 0 ||
         epoll_ctl(pool->epoll, EPOLL_CTL_ADD, worker->out, &event) < 0))
        error = errno;
    if (error != 0)
        drop_worker(pool, worker);
    return error;
}

static void say_farewell(struct worker *worker)
{
    struct message last = {.head = {.last = true}};

    fcntl(worker->out, F_SETFL, 0);
    push(worker->out, &last); /* or it is dead */
}

static void free_pool(struct process_pool *pool)
{
    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].state != GONE)
            say_farewell(&pool->workers[i]);
    for (int i = 0; i < pool->config.workers; i++)
        if (pool->workers[i].state != GONE)
            drop_worker(pool, &pool->workers[i]);
    unblock_sigpipe(pool);
    close(pool->epoll);
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
    pool->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (pool->workers == NULL || pool->epoll < 0) {
        error = pool->workers == NULL ? ENOMEM : errno;
        if (pool->epoll >= 0)
            close(pool->epoll);
        free(pool->workers);
        free(pool);
        return error;
    }
    pool->config = *config;
    block_sigpipe(pool);
    for (int i = 0; i < config->workers && error == 0; i++)
        error = new_worker(pool, &pool->workers[i]);
    if (error != 0) {
        free_pool(pool);
        return error;
    }
    unblock_sigpipe(pool);
    *out = pool;
    return 0;
}

void process_pool_destroy(struct process_pool *pool)
{
    if (pool == NULL)
        return;
    block_sigpipe(pool);
    free_pool(pool);
}

/* ---- map ---------------------------------------------------------------- */

/* What epoll is to tell of this worker. */
static void want(struct process_pool *pool, struct worker *worker, bool result,
                 bool room)
{
    struct epoll_event event = {.data.ptr = worker};

    event.events = result ? EPOLLIN : 0;
    epoll_ctl(pool->epoll, EPOLL_CTL_MOD, worker->in, &event);
    event.events = room ? EPOLLOUT : 0;
    epoll_ctl(pool->epoll, EPOLL_CTL_MOD, worker->out, &event);
}

/* Moves what can be moved; true when the worker is done with its item. */
static bool go_on(struct process_pool *pool, struct worker *worker,
                  struct process_pool_result *results)
{
    struct process_pool_result *result = &results[worker->item];
    enum progress sent = push(worker->out, &worker->going);
    enum progress come = pull(worker->in, &worker->coming);

    if (come == TO_BE_CONTINUED && sent != BROKEN) {
        want(pool, worker, true, sent == TO_BE_CONTINUED);
        return false;
    }
    want(pool, worker, false, false);
    if (come == COMPLETE) {
        result->error = worker->coming.head.error;
        result->bytes.size = worker->coming.head.size;
        result->bytes.data = worker->coming.data;
        worker->coming.data = NULL;
        worker->state = IDLE;
    } else {
        result->error = come == NO_MEMORY ? ENOMEM : ECHILD;
        drop_worker(pool, worker);
    }
    return true;
}

static void begin(struct process_pool *pool, struct worker *worker,
                  const struct bytes *item, size_t i)
{
    struct head head = {.size = item->size};

    worker->item = i;
    worker->state = BUSY;
    worker->going = (struct message){head, item->data, 0};
    memset(&worker->coming, 0, sizeof worker->coming);
    want(pool, worker, true, true);
}

/* A worker with nothing to do, made now if need be; or NULL. */
static struct worker *free_worker(struct process_pool *pool)
{
    for (int i = 0; i < pool->config.workers; i++) {
        struct worker *worker = &pool->workers[i];

        if (worker->state == GONE)
            pool->error = new_worker(pool, worker);
        if (worker->state == IDLE)
            return worker;
    }
    return NULL;
}

int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count)
{
    size_t next = 0, busy = 0;

    for (size_t i = 0; i < count; i++)
        results[i] = (struct process_pool_result){0, {0, NULL}};
    block_sigpipe(pool);
    while (next < count || busy > 0) {
        struct worker *worker = next < count ? free_worker(pool) : NULL;
        struct epoll_event events[8];
        int n;

        if (worker != NULL) {
            begin(pool, worker, &items[next], next);
            next++;
            busy++;
            continue;
        }
        if (busy == 0) {
            results[next++].error = pool->error;
            continue;
        }
        n = epoll_wait(pool->epoll, events, 8, -1);
        for (int i = 0; i < n; i++) {
            worker = events[i].data.ptr;
            if (worker->state == IDLE)
                drop_worker(pool, worker); /* it says no more: it has died */
            else if (worker->state == BUSY && go_on(pool, worker, results))
                busy--;
        }
    }
    unblock_sigpipe(pool);
    for (size_t i = 0; i < count; i++)
        if (results[i].error != 0)
            return results[i].error;
    return 0;
}

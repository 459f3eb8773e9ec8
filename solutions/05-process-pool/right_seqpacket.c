/* expect: pass */
/*
 * right_seqpacket.c - socket pairs that keep the borders of messages. What is
 * long goes in several packets; the first says how long it will be, and the
 * start of it is in the same packet. So there are no short reads, and a small
 * item costs one call on each side.
 *
 * Workers that have nothing to do are in a list, and all that the caller does
 * in map is to wait for one more. All signals are blocked meanwhile, so that
 * nothing can be interrupted; the workers unblock them.
 */
#define _GNU_SOURCE
#include "process-pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE = 16384 };
enum kind { ITEM, OUTCOME, THE_END };

struct packet {
    int kind;
    int error;
    size_t size; /* of the whole message */
    char bytes[PIECE];
};

#define HEAD offsetof(struct packet, bytes)

struct worker {
    struct worker *next_idle;
    pid_t pid;
    int fd; /* 0: missing */
    size_t item;
    bool busy;
};

struct process_pool {
    struct process_pool_config config;
    sigset_t mask; /* the caller's */
    int last_error;
    struct worker *idle;
    struct pollfd *fds;
    struct packet packet;
    struct worker workers[];
};

/* ---- messages ----------------------------------------------------------- */

static bool send_packet(int fd, const void *packet, size_t size)
{
    ssize_t n;

    do
        n = send(fd, packet, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)size;
}

/* packet->kind, ->error, ->size are set, and the bytes are at `data`. */
static bool send_message(int fd, struct packet *packet, const char *data)
{
    size_t first = packet->size < PIECE ? packet->size : PIECE;

    if (first > 0)
        memcpy(packet->bytes, data, first);
    if (!send_packet(fd, packet, HEAD + first))
        return false;
    for (size_t at = first, n; at < packet->size; at += n) {
        n = packet->size - at < PIECE ? packet->size - at : PIECE;
        if (!send_packet(fd, data + at, n))
            return false;
    }
    return true;
}

static ssize_t receive_packet(int fd, void *packet, size_t size)
{
    ssize_t n;

    do
        n = recv(fd, packet, size, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

/* The rest of a message for which there is no memory. */
static int skip_rest(int fd, struct packet *packet, size_t at)
{
    while (at < packet->size) {
        ssize_t n = receive_packet(fd, packet->bytes, PIECE);

        if (n <= 0)
            return ECHILD;
        at += (size_t)n;
    }
    return ENOMEM;
}

/* *data becomes a new block, unless there are no bytes. Returns 0, ECHILD or
 * ENOMEM, and the next message can then be received. */
static int receive_message(int fd, struct packet *packet, char **data)
{
    ssize_t n = receive_packet(fd, packet, sizeof *packet);
    size_t at;

    *data = NULL;
    if (n < (ssize_t)HEAD)
        return ECHILD;
    if (packet->size == 0)
        return 0;
    at = (size_t)n - HEAD;
    *data = malloc(packet->size);
    if (*data == NULL)
        return skip_rest(fd, packet, at);
    memcpy(*data, packet->bytes, at);
    while (at < packet->size) {
        n = receive_packet(fd, *data + at, packet->size - at);
        if (n <= 0) {
            free(*data);
            *data = NULL;
            return ECHILD;
        }
        at += (size_t)n;
    }
    return 0;
}

/* ---- in the worker ------------------------------------------------------ */

static void worker_main(struct process_pool *pool, int fd)
{
    const struct process_pool_config *config = &pool->config;
    struct packet *packet = &pool->packet; /* its own: memory is not shared */
    char *data;
    int error;

    *packet = (struct packet){.kind = OUTCOME};
    if (config->initialize != NULL)
        packet->error = config->initialize(config->arg);
    if (!send_message(fd, packet, NULL) || packet->error != 0)
        _exit(1);
    while ((error = receive_message(fd, packet, &data)) != ECHILD &&
           packet->kind == ITEM) {
        struct bytes item = {packet->size, data}, result = {0, NULL};

        if (error == 0)
            error = config->work(&item, &result);
        free(data);
        *packet = (struct packet){OUTCOME, error, error ? 0 : result.size, ""};
        if (!send_message(fd, packet, result.data))
            _exit(1);
        free(result.data);
    }
    if (packet->kind == THE_END && config->finish != NULL)
        config->finish(config->arg);
}

/* ---- workers ------------------------------------------------------------ */

static void block_signals(struct process_pool *pool)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &pool->mask);
}

static void unblock_signals(struct process_pool *pool)
{
    sigprocmask(SIG_SETMASK, &pool->mask, NULL);
}

static void become_idle(struct process_pool *pool, struct worker *worker)
{
    worker->busy = false;
    worker->next_idle = pool->idle;
    pool->idle = worker;
}

static void clear_away(struct worker *worker)
{
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(worker->fd);
    worker->fd = 0;
    worker->busy = false;
}

static int hire(struct process_pool *pool, struct worker *worker)
{
    int ends[2], error;
    char *nothing;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
        return errno;
    worker->pid = fork();
    error = errno;
    if (worker->pid == 0) {
        for (int i = 0; i < pool->config.workers; i++)
            if (pool->workers[i].fd != 0)
                close(pool->workers[i].fd);
        close(ends[0]);
        unblock_signals(pool);
        worker_main(pool, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (worker->pid < 0) {
        close(ends[0]);
        return error;
    }
    worker->fd = ends[0];
    error = receive_message(worker->fd, &pool->packet, &nothing);
    if (error == 0)
        error = pool->packet.error;
    if (error != 0)
        clear_away(worker);
    else
        become_idle(pool, worker);
    return error;
}

static void fire_all(struct process_pool *pool)
{
    pool->packet = (struct packet){.kind = THE_END};
    for (int i = 0; i < pool->config.workers; i++) {
        struct worker *worker = &pool->workers[i];

        if (worker->fd == 0)
            continue;
        send_message(worker->fd, &pool->packet, NULL);
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        close(worker->fd);
    }
}

int process_pool_create(struct process_pool **out,
                        const struct process_pool_config *config)
{
    size_t n = (size_t)config->workers;
    struct process_pool *pool =
        calloc(1, sizeof *pool + n * sizeof pool->workers[0]);
    int error = 0;

    *out = NULL;
    if (pool == NULL)
        return ENOMEM;
    pool->fds = calloc(n, sizeof *pool->fds);
    pool->config = *config;
    if (pool->fds == NULL) {
        free(pool);
        return ENOMEM;
    }
    block_signals(pool);
    for (size_t i = 0; i < n && error == 0; i++)
        error = hire(pool, &pool->workers[i]);
    if (error != 0)
        fire_all(pool);
    unblock_signals(pool);
    if (error != 0) {
        free(pool->fds);
        free(pool);
        return error;
    }
    *out = pool;
    return 0;
}

void process_pool_destroy(struct process_pool *pool)
{
    if (pool == NULL)
        return;
    block_signals(pool);
    fire_all(pool);
    unblock_signals(pool);
    free(pool->fds);
    free(pool);
}

/* ---- map ---------------------------------------------------------------- */

/* After a death. If nobody can be hired, there is one worker less. */
static void hire_another(struct process_pool *pool, struct worker *worker)
{
    int error = hire(pool, worker);

    if (error != 0)
        pool->last_error = error;
}

static void finish_item(struct process_pool *pool, struct worker *worker,
                        struct process_pool_result *result)
{
    char *data;
    int error = receive_message(worker->fd, &pool->packet, &data);

    if (error == ENOMEM) {
        result->error = ENOMEM;
        become_idle(pool, worker);
        return;
    }
    if (error == 0) {
        result->error = pool->packet.error;
        result->bytes = (struct bytes){pool->packet.size, data};
        become_idle(pool, worker);
        return;
    }
    result->error = error;
    clear_away(worker);
    hire_another(pool, worker);
}

/* Blocks; returns how many items have come to an end. */
static size_t wait_for_some(struct process_pool *pool,
                            struct process_pool_result results[])
{
    int n = pool->config.workers;
    size_t finished = 0;

    for (int i = 0; i < n; i++)
        pool->fds[i] = (struct pollfd){
            pool->workers[i].busy ? pool->workers[i].fd : -1, POLLIN, 0};
    if (poll(pool->fds, (nfds_t)n, -1) < 0)
        return 0;
    for (int i = 0; i < n; i++)
        if (pool->fds[i].revents != 0) {
            finish_item(pool, &pool->workers[i],
                        &results[pool->workers[i].item]);
            finished++;
        }
    return finished;
}

static void begin_item(struct process_pool *pool, struct worker *worker,
                       const struct bytes *item, size_t number,
                       struct process_pool_result *result, size_t *under_way)
{
    pool->packet.kind = ITEM;
    pool->packet.error = 0;
    pool->packet.size = item->size;
    worker->item = number;
    worker->busy = send_message(worker->fd, &pool->packet, item->data);
    *under_way += worker->busy;
    if (worker->busy)
        return;
    result->error = ECHILD;
    clear_away(worker);
    hire_another(pool, worker);
}

int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count)
{
    size_t next = 0, under_way = 0;

    for (size_t i = 0; i < count; i++)
        results[i] = (struct process_pool_result){0, {0, NULL}};
    block_signals(pool);
    for (int i = 0; count > 0 && i < pool->config.workers; i++)
        if (pool->workers[i].fd == 0)
            hire_another(pool, &pool->workers[i]);
    for (;;) {
        while (next < count && pool->idle != NULL) {
            struct worker *worker = pool->idle;

            pool->idle = worker->next_idle;
            begin_item(pool, worker, &items[next], next, &results[next],
                       &under_way);
            next++;
        }
        if (under_way == 0)
            break;
        under_way -= wait_for_some(pool, results);
    }
    while (next < count)
        results[next++].error = pool->last_error;
    unblock_signals(pool);
    for (size_t i = 0; i < count; i++)
        if (results[i].error != 0)
            return results[i].error;
    return 0;
}

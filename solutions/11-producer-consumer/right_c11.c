/* expect: pass */
/*
 * right_c11.c - the threads of the language: <threads.h>. They know one clock
 * only, TIME_UTC. The ring is an array that belongs to the struct, the daemon
 * counts in an atomic.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

struct queue {
    size_t capacity;
    mtx_t lock;
    cnd_t filled; /* an item was put in, or closed became true */
    cnd_t freed;  /* an item was taken out, or closed became true */

    /* guarded by lock */
    bool closed;
    size_t next_in, next_out, count;
    void **places;
};

struct queue *queue_create(size_t capacity)
{
    struct queue *queue;

    if (capacity == 0) {
        errno = EINVAL;
        return NULL;
    }
    queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return NULL;
    queue->capacity = capacity;
    queue->places = calloc(capacity, sizeof *queue->places);
    if (queue->places == NULL)
        goto no_places;
    if (mtx_init(&queue->lock, mtx_plain) != thrd_success)
        goto no_lock;
    if (cnd_init(&queue->filled) != thrd_success)
        goto no_filled;
    if (cnd_init(&queue->freed) == thrd_success)
        return queue;
    cnd_destroy(&queue->filled);
no_filled:
    mtx_destroy(&queue->lock);
no_lock:
    free(queue->places);
no_places:
    free(queue);
    errno = ENOMEM;
    return NULL;
}

void queue_destroy(struct queue *queue)
{
    cnd_destroy(&queue->freed);
    cnd_destroy(&queue->filled);
    mtx_destroy(&queue->lock);
    free(queue->places);
    free(queue);
}

int queue_put(struct queue *queue, void *item)
{
    mtx_lock(&queue->lock);
    while (!queue->closed && queue->count == queue->capacity)
        cnd_wait(&queue->freed, &queue->lock);
    if (queue->closed) {
        mtx_unlock(&queue->lock);
        return EPIPE;
    }
    queue->places[queue->next_in] = item;
    queue->next_in = (queue->next_in + 1) % queue->capacity;
    queue->count++;
    mtx_unlock(&queue->lock);
    cnd_signal(&queue->filled); /* after the unlock: the change is made */
    return 0;
}

/* Holds the lock, gives it back. */
static int take_and_unlock(struct queue *queue, void **item, int otherwise)
{
    if (queue->count == 0) {
        if (queue->closed)
            otherwise = EPIPE;
        mtx_unlock(&queue->lock);
        return otherwise;
    }
    *item = queue->places[queue->next_out];
    queue->next_out = (queue->next_out + 1) % queue->capacity;
    queue->count--;
    mtx_unlock(&queue->lock);
    cnd_signal(&queue->freed);
    return 0;
}

int queue_take(struct queue *queue, void **item)
{
    mtx_lock(&queue->lock);
    while (!queue->closed && queue->count == 0)
        cnd_wait(&queue->filled, &queue->lock);
    return take_and_unlock(queue, item, EPIPE);
}

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec until;
    int in_time = thrd_success;

    timespec_get(&until, TIME_UTC);
    if (milliseconds > 0) {
        long nanoseconds = until.tv_nsec + milliseconds % 1000 * 1000000;

        until.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000;
        until.tv_nsec = nanoseconds % 1000000000;
    }
    mtx_lock(&queue->lock);
    while (!queue->closed && queue->count == 0 && in_time == thrd_success)
        in_time = cnd_timedwait(&queue->filled, &queue->lock, &until);
    return take_and_unlock(queue, item, ETIMEDOUT);
}

void queue_close(struct queue *queue)
{
    mtx_lock(&queue->lock);
    queue->closed = true;
    cnd_broadcast(&queue->filled);
    cnd_broadcast(&queue->freed);
    mtx_unlock(&queue->lock);
}

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    thrd_t thread;
    atomic_size_t done;
};

static int serve(void *arg)
{
    struct daemon *daemon = arg;
    void *item;

    while (queue_take(daemon->queue, &item) == 0) {
        daemon->work(item, daemon->arg);
        atomic_fetch_add(&daemon->done, 1);
    }
    return 0;
}

struct daemon *daemon_start(struct queue *queue,
                            void (*work)(void *item, void *arg), void *arg)
{
    struct daemon *daemon = malloc(sizeof *daemon);

    if (daemon == NULL)
        return NULL;
    daemon->queue = queue;
    daemon->work = work;
    daemon->arg = arg;
    atomic_init(&daemon->done, 0);
    if (thrd_create(&daemon->thread, serve, daemon) == thrd_success)
        return daemon;
    free(daemon);
    return NULL;
}

size_t daemon_finish(struct daemon *daemon)
{
    size_t done;

    queue_close(daemon->queue);
    thrd_join(daemon->thread, NULL);
    done = atomic_load(&daemon->done);
    free(daemon);
    return done;
}

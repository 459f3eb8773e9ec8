/* expect: pass */
/*
 * A ring that doubles when it must; the clock is named at the wait. Signals are
 * made only when somebody waits, and after the unlock.
 */
#define _GNU_SOURCE
#include "producer-consumer.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    size_t capacity, places;
    pthread_mutex_t lock;
    pthread_cond_t items_there, room_there;
    size_t takers, putters; /* who sleep */
    size_t head, count;
    bool closed;
    void **ring;
};

struct queue *queue_create(size_t capacity)
{
    struct queue *q;
    pthread_mutexattr_t a;

    if (capacity == 0) {
        errno = EINVAL;
        return NULL;
    }
    q = calloc(1, sizeof *q);
    if (q == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    q->capacity = capacity;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&q->lock, &a);
    pthread_mutexattr_destroy(&a);
    pthread_cond_init(&q->items_there, NULL);
    pthread_cond_init(&q->room_there, NULL);
    return q;
}

/* Under lock: room for one more. */
static int grow(struct queue *q)
{
    size_t places = q->places == 0 ? 4 : 2 * q->places;
    void **ring;

    if (q->count < q->places)
        return 0;
    if (places > q->capacity)
        places = q->capacity;
    ring = reallocarray(NULL, places, sizeof *ring);
    if (ring == NULL)
        return ENOMEM;
    for (size_t i = 0; i < q->count; i++)
        ring[i] = q->ring[(q->head + i) % q->places];
    free(q->ring);
    q->ring = ring;
    q->places = places;
    q->head = 0;
    return 0;
}

void queue_destroy(struct queue *q)
{
    pthread_cond_destroy(&q->items_there);
    pthread_cond_destroy(&q->room_there);
    pthread_mutex_destroy(&q->lock);
    free(q->ring);
    free(q);
}

int queue_put(struct queue *q, void *item)
{
    bool wake = false;
    int error = 0;

    pthread_mutex_lock(&q->lock);
    while (!q->closed && q->count == q->capacity) {
        q->putters++;
        pthread_cond_wait(&q->room_there, &q->lock);
        q->putters--;
    }
    if (q->closed) {
        error = EPIPE;
    } else if ((error = grow(q)) == 0) {
        q->ring[(q->head + q->count++) % q->places] = item;
        wake = q->takers > 0;
    } else {
        /* the place that this one was woken for is another's now */
        pthread_cond_signal(&q->room_there);
    }
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->items_there);
    return error;
}

static int take(struct queue *q, void **item, const struct timespec *until)
{
    bool wake = false;
    int error = 0;

    pthread_mutex_lock(&q->lock);
    while (!q->closed && q->count == 0 && error == 0) {
        q->takers++;
        error = until != NULL
                    ? pthread_cond_clockwait(&q->items_there, &q->lock,
                                             CLOCK_MONOTONIC, until)
                    : pthread_cond_wait(&q->items_there, &q->lock);
        q->takers--;
    }
    if (q->count > 0) {
        *item = q->ring[q->head];
        q->head = (q->head + 1) % q->places;
        q->count--;
        wake = q->putters > 0;
        error = 0;
    } else if (q->closed) {
        error = EPIPE;
    }
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->room_there);
    return error;
}

int queue_take(struct queue *q, void **item)
{
    return take(q, item, NULL);
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->items_there);
    pthread_cond_broadcast(&q->room_there);
}

int queue_take_within(struct queue *q, void **item, long ms)
{
    struct timespec until = {0, 0}; /* long past */

    if (ms == LONG_MAX)
        return take(q, item, NULL);
    if (ms > 0) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += ms / 1000;
        until.tv_nsec += ms % 1000 * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
    }
    return take(q, item, &until);
}

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
};

static void *serve(void *arg)
{
    struct daemon *d = arg;
    uintptr_t done = 0;
    void *item;

    for (; queue_take(d->queue, &item) == 0; done++)
        d->work(item, d->arg);
    return (void *)done;
}

struct daemon *daemon_start(struct queue *queue,
                            void (*work)(void *item, void *arg), void *arg)
{
    struct daemon *d = malloc(sizeof *d);
    sigset_t all, before;
    int error;

    if (d == NULL)
        return NULL;
    d->queue = queue;
    d->work = work;
    d->arg = arg;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&d->thread, NULL, serve, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        free(d);
        return NULL;
    }
    return d;
}

size_t daemon_finish(struct daemon *d)
{
    void *done = NULL;

    queue_close(d->queue);
    pthread_join(d->thread, &done);
    free(d);
    return (uintptr_t)done;
}

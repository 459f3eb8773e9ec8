/* expect: pass */
/*
 * A ring in a mapping of its own, memory only where it is touched. Signals are
 * made only when somebody waits, and after the unlock. The daemon takes no
 * signals, and its count comes back through the join.
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
#include <sys/mman.h>
#include <time.h>

struct queue {
    size_t capacity, bytes;
    pthread_mutex_t lock;
    pthread_cond_t items_there, room_there;
    size_t takers, putters; /* who sleep */
    size_t head, count;
    bool closed;
    void **ring;
};

static int make_condition(pthread_cond_t *c)
{
    pthread_condattr_t a;
    int error = pthread_condattr_init(&a);

    if (error == 0) {
        pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
        error = pthread_cond_init(c, &a);
        pthread_condattr_destroy(&a);
    }
    return error;
}

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
    if (__builtin_mul_overflow(capacity, sizeof(void *), &q->bytes)) {
        free(q);
        errno = ENOMEM;
        return NULL;
    }
    q->ring = mmap(NULL, q->bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (q->ring == MAP_FAILED) {
        free(q);
        errno = ENOMEM;
        return NULL;
    }
    q->capacity = capacity;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&q->lock, &a);
    pthread_mutexattr_destroy(&a);
    if (make_condition(&q->items_there) != 0 ||
        make_condition(&q->room_there) != 0) {
        pthread_mutex_destroy(&q->lock);
        munmap(q->ring, q->bytes);
        free(q);
        errno = ENOMEM;
        return NULL;
    }
    return q;
}

void queue_destroy(struct queue *q)
{
    pthread_cond_destroy(&q->items_there);
    pthread_cond_destroy(&q->room_there);
    pthread_mutex_destroy(&q->lock);
    munmap(q->ring, q->bytes);
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
    } else {
        size_t at = q->capacity - q->head > q->count
                        ? q->head + q->count
                        : q->count - (q->capacity - q->head);

        q->ring[at] = item;
        q->count++;
        wake = q->takers > 0;
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
                    ? pthread_cond_timedwait(&q->items_there, &q->lock, until)
                    : pthread_cond_wait(&q->items_there, &q->lock);
        q->takers--;
    }
    if (q->count > 0) {
        *item = q->ring[q->head];
        q->head = q->head + 1 == q->capacity ? 0 : q->head + 1;
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

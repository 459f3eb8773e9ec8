/* expect: pass */
/*
 * right_eventfd.c - the kernel counts: two eventfds used as semaphores, and
 * poll() for the wait, with its time-out in milliseconds. A mutex keeps the
 * ring whole. It costs system calls where a condition variable costs none; but
 * a descriptor can stand in an event loop beside sockets and timers.
 *
 * At the end each eventfd gets one unit for nothing, which goes from hand to
 * hand: who finds nothing behind it puts it back.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct queue {
    int room, items; /* eventfds */
    size_t capacity;
    pthread_mutex_t lock;

    /* guarded by lock */
    bool closed;
    size_t head, tail;
    void **ring;
};

enum { COUNTS = EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC };

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
    queue->ring = calloc(capacity, sizeof *queue->ring);
    queue->room = eventfd((unsigned)capacity, COUNTS);
    queue->items = eventfd(0, COUNTS);
    if (queue->ring == NULL || queue->room < 0 || queue->items < 0) {
        if (queue->room >= 0)
            close(queue->room);
        if (queue->items >= 0)
            close(queue->items);
        free(queue->ring);
        free(queue);
        errno = ENOMEM;
        return NULL;
    }
    queue->capacity = capacity;
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    close(queue->items);
    close(queue->room);
    free(queue->ring);
    free(queue);
}

static void up(int counter)
{
    uint64_t one = 1;

    while (write(counter, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Beyond a century it makes no difference. */
static int64_t in_milliseconds(long milliseconds)
{
    const int64_t century = 100 * 366 * 86400000LL;

    return now() + (milliseconds < century ? milliseconds : century) * 1000000;
}

/* Takes a unit: waits for `milliseconds` at the most, for ever below 0. */
static bool down(int counter, long milliseconds)
{
    int64_t end = in_milliseconds(milliseconds);
    uint64_t one;

    while (read(counter, &one, sizeof one) != sizeof one) {
        struct pollfd look = {.fd = counter, .events = POLLIN};
        int64_t left = (end - now() + 999999) / 1000000; /* rounded up */

        if (milliseconds >= 0 && left <= 0)
            return false;
        poll(&look, 1,
             milliseconds < 0 ? -1
             : left < INT_MAX ? (int)left
                              : INT_MAX);
    }
    return true;
}

int queue_put(struct queue *queue, void *item)
{
    bool open;

    down(queue->room, -1);
    pthread_mutex_lock(&queue->lock);
    open = !queue->closed;
    if (open)
        queue->ring[queue->tail++ % queue->capacity] = item;
    pthread_mutex_unlock(&queue->lock);
    up(open ? queue->items : queue->room);
    return open ? 0 : EPIPE;
}

/* With a unit of `items` in hand. */
static int take(struct queue *queue, void **item)
{
    bool some;

    pthread_mutex_lock(&queue->lock);
    some = queue->head != queue->tail;
    if (some)
        *item = queue->ring[queue->head++ % queue->capacity];
    pthread_mutex_unlock(&queue->lock);
    up(some ? queue->room : queue->items);
    return some ? 0 : EPIPE;
}

int queue_take(struct queue *queue, void **item)
{
    down(queue->items, -1);
    return take(queue, item);
}

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    if (!down(queue->items, milliseconds > 0 ? milliseconds : 0))
        return ETIMEDOUT;
    return take(queue, item);
}

void queue_close(struct queue *queue)
{
    bool first;

    pthread_mutex_lock(&queue->lock);
    first = !queue->closed;
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    if (first) {
        up(queue->items);
        up(queue->room);
    }
}

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
    size_t done; /* the thread's, until it is joined */
};

static void *serve(void *arg)
{
    struct daemon *daemon = arg;
    void *item;

    while (queue_take(daemon->queue, &item) == 0) {
        daemon->work(item, daemon->arg);
        daemon->done++;
    }
    return NULL;
}

struct daemon *daemon_start(struct queue *queue,
                            void (*work)(void *item, void *arg), void *arg)
{
    struct daemon *daemon = malloc(sizeof *daemon);

    if (daemon == NULL)
        return NULL;
    *daemon = (struct daemon){.queue = queue, .work = work, .arg = arg};
    if (pthread_create(&daemon->thread, NULL, serve, daemon) == 0)
        return daemon;
    free(daemon);
    return NULL;
}

size_t daemon_finish(struct daemon *daemon)
{
    size_t done;

    queue_close(daemon->queue);
    pthread_join(daemon->thread, NULL);
    done = daemon->done;
    free(daemon);
    return done;
}

/* expect: pass */
/*
 * right_one_condition.c - one condition variable for everybody: something has
 * changed. Each change is broadcast; whoever is not concerned sleeps again.
 * Simple, and with a hundred waiting threads slow: a hundred wake for one item.
 *
 * The clock of a wait is the calendar's, as it is where nothing else is said.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of the fields below */

    /* guarded by lock: the items from `head` up to `tail`; both only grow */
    bool closed;
    size_t head, tail;
    size_t capacity;
    void *ring[];
};

struct queue *queue_create(size_t capacity)
{
    struct queue *queue = NULL;

    if (capacity == 0)
        errno = EINVAL;
    else if (capacity > (SIZE_MAX - sizeof *queue) / sizeof(void *))
        errno = ENOMEM;
    else
        queue = calloc(1, sizeof *queue + capacity * sizeof(void *));
    if (queue == NULL)
        return NULL;
    queue->capacity = capacity;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

int queue_put(struct queue *queue, void *item)
{
    bool open;

    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->tail - queue->head == queue->capacity)
        pthread_cond_wait(&queue->changed, &queue->lock);
    open = !queue->closed;
    if (open) {
        queue->ring[queue->tail++ % queue->capacity] = item;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return open ? 0 : EPIPE;
}

/* Under the lock: 0, EPIPE, or EAGAIN when one would have to wait. */
static int try_take(struct queue *queue, void **item)
{
    if (queue->head == queue->tail)
        return queue->closed ? EPIPE : EAGAIN;
    *item = queue->ring[queue->head++ % queue->capacity];
    pthread_cond_broadcast(&queue->changed);
    return 0;
}

int queue_take(struct queue *queue, void **item)
{
    int error;

    pthread_mutex_lock(&queue->lock);
    while ((error = try_take(queue, item)) == EAGAIN)
        pthread_cond_wait(&queue->changed, &queue->lock);
    pthread_mutex_unlock(&queue->lock);
    return error;
}

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec until;
    struct timeval now;
    long microseconds;
    int error, late = 0;

    gettimeofday(&now, NULL);
    if (milliseconds < 0)
        milliseconds = 0;
    microseconds = now.tv_usec + milliseconds % 1000 * 1000;
    until.tv_sec = now.tv_sec + milliseconds / 1000 + microseconds / 1000000;
    until.tv_nsec = microseconds % 1000000 * 1000;

    pthread_mutex_lock(&queue->lock);
    while ((error = try_take(queue, item)) == EAGAIN && late == 0)
        late = pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
    pthread_mutex_unlock(&queue->lock);
    return error == EAGAIN ? ETIMEDOUT : error;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
};

/* The count comes back as the thread's result. */
static void *serve(void *arg)
{
    struct daemon *daemon = arg;
    size_t done = 0;
    void *item;

    for (; queue_take(daemon->queue, &item) == 0; done++)
        daemon->work(item, daemon->arg);
    return (void *)done;
}

struct daemon *daemon_start(struct queue *queue,
                            void (*work)(void *item, void *arg), void *arg)
{
    struct daemon *daemon = calloc(1, sizeof *daemon);

    if (daemon == NULL)
        return NULL;
    daemon->queue = queue;
    daemon->work = work;
    daemon->arg = arg;
    if (pthread_create(&daemon->thread, NULL, serve, daemon) == 0)
        return daemon;
    free(daemon);
    return NULL;
}

size_t daemon_finish(struct daemon *daemon)
{
    void *done = NULL;

    queue_close(daemon->queue);
    pthread_join(daemon->thread, &done);
    free(daemon);
    return (size_t)done;
}

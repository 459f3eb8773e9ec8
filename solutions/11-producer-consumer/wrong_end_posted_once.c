/* expect: fail close */
/*
 * wrong_end_posted_once.c - the queue of two semaphores: at the end each is
 * posted once. That wakes one; she keeps the unit, and the others sleep on.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    sem_t room;  /* a unit for each free place; and one at the end */
    sem_t items; /* a unit for each item in the ring; and one at the end */
    size_t capacity;
    pthread_mutex_t lock;

    /* guarded by lock */
    bool closed;
    size_t head, tail;
    void **ring;
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
    queue->ring = calloc(capacity, sizeof *queue->ring);
    if (queue->ring == NULL) {
        free(queue);
        return NULL;
    }
    queue->capacity = capacity;
    sem_init(&queue->room, 0, (unsigned)capacity);
    sem_init(&queue->items, 0, 0);
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    sem_destroy(&queue->items);
    sem_destroy(&queue->room);
    free(queue->ring);
    free(queue);
}

static void down(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) /* EINTR: a signal came */
        ;
}

int queue_put(struct queue *queue, void *item)
{
    bool open;

    down(&queue->room);
    pthread_mutex_lock(&queue->lock);
    open = !queue->closed;
    if (open)
        queue->ring[queue->tail++ % queue->capacity] = item;
    pthread_mutex_unlock(&queue->lock);
    if (open)
        sem_post(&queue->items);
    return open ? 0 : EPIPE; /* BUG: the unit goes no further */
}

/* A unit of `items` is in hand. */
static int take(struct queue *queue, void **item)
{
    bool some;

    pthread_mutex_lock(&queue->lock);
    some = queue->head != queue->tail;
    if (some)
        *item = queue->ring[queue->head++ % queue->capacity];
    pthread_mutex_unlock(&queue->lock);
    if (some)
        sem_post(&queue->room);
    return some ? 0 : EPIPE; /* BUG: the unit goes no further */
}

int queue_take(struct queue *queue, void **item)
{
    down(&queue->items);
    return take(queue, item);
}

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    if (milliseconds > 0) {
        until.tv_sec += milliseconds / 1000;
        until.tv_nsec += milliseconds % 1000 * 1000000;
    }
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (sem_timedwait(&queue->items, &until) != 0)
        if (errno == ETIMEDOUT)
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
        sem_post(&queue->items);
        sem_post(&queue->room);
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

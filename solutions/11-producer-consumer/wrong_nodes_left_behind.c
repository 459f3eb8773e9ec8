/* expect: fail memory */
/*
 * wrong_nodes_left_behind.c - a node for each item; and when the queue is
 * destroyed, those that are still in it are forgotten. The items are the
 * caller's affair. The nodes are not.
 */
#define _GNU_SOURCE /* pthread_cond_clockwait() */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct node {
    struct node *next;
    void *item;
};

struct queue {
    size_t capacity;
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full; /* or closed became true */

    /* guarded by lock */
    bool closed;
    size_t count;
    struct node *first, **end; /* *end is where the next one goes */
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
    queue->end = &queue->first;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_cond_destroy(&queue->not_full);
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

int queue_put(struct queue *queue, void *item)
{
    struct node *node = malloc(sizeof *node); /* BUG: who frees it? */

    if (node == NULL)
        return ENOMEM;
    *node = (struct node){NULL, item};
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->lock);
    if (queue->closed) {
        pthread_mutex_unlock(&queue->lock);
        free(node);
        return EPIPE;
    }
    *queue->end = node;
    queue->end = &node->next;
    queue->count++;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
    return 0;
}

/* Under the lock: the first node, or NULL. */
static struct node *unlink_first(struct queue *queue)
{
    struct node *node = queue->first;

    if (node == NULL)
        return NULL;
    queue->first = node->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    queue->count--;
    pthread_cond_signal(&queue->not_full);
    return node;
}

static int unwrap(struct node *node, void **item, int otherwise)
{
    if (node == NULL)
        return otherwise;
    *item = node->item;
    free(node);
    return 0;
}

int queue_take(struct queue *queue, void **item)
{
    struct node *node;

    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closed)
        pthread_cond_wait(&queue->not_empty, &queue->lock);
    node = unlink_first(queue);
    pthread_mutex_unlock(&queue->lock);
    return unwrap(node, item, EPIPE);
}

static struct timespec after(long milliseconds)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += milliseconds / 1000;
    time.tv_nsec += milliseconds % 1000 * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec until = after(milliseconds > 0 ? milliseconds : 0);
    struct node *node;
    int error = 0;

    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closed && error != ETIMEDOUT)
        error = pthread_cond_clockwait(&queue->not_empty, &queue->lock,
                                       CLOCK_MONOTONIC, &until);
    node = unlink_first(queue);
    error = queue->closed ? EPIPE : ETIMEDOUT;
    pthread_mutex_unlock(&queue->lock);
    return unwrap(node, item, error);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->lock);
}

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t over; /* ended became true */

    /* guarded by lock */
    bool ended;
    size_t done;
};

static void *serve(void *arg)
{
    struct daemon *daemon = arg;
    void *item;

    while (queue_take(daemon->queue, &item) == 0) {
        daemon->work(item, daemon->arg);
        pthread_mutex_lock(&daemon->lock);
        daemon->done++;
        pthread_mutex_unlock(&daemon->lock);
    }
    pthread_mutex_lock(&daemon->lock);
    daemon->ended = true;
    pthread_cond_signal(&daemon->over);
    pthread_mutex_unlock(&daemon->lock);
    return NULL;
}

static void daemon_free(struct daemon *daemon)
{
    pthread_cond_destroy(&daemon->over);
    pthread_mutex_destroy(&daemon->lock);
    free(daemon);
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
    pthread_mutex_init(&daemon->lock, NULL);
    pthread_cond_init(&daemon->over, NULL);
    if (pthread_create(&daemon->thread, NULL, serve, daemon) != 0) {
        daemon_free(daemon);
        return NULL;
    }
    return daemon;
}

size_t daemon_finish(struct daemon *daemon)
{
    size_t done;

    queue_close(daemon->queue);
    pthread_mutex_lock(&daemon->lock);
    while (!daemon->ended)
        pthread_cond_wait(&daemon->over, &daemon->lock);
    done = daemon->done;
    pthread_mutex_unlock(&daemon->lock);
    pthread_join(daemon->thread, NULL);
    daemon_free(daemon);
    return done;
}

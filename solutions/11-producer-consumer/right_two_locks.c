/* expect: pass */
/*
 * right_two_locks.c - who puts and who takes hold different locks, so a put
 * and a take go on at the same moment: the queue of Michael and Scott with two
 * locks (1996), with a bound, as Java's LinkedBlockingQueue has it. A dummy
 * node keeps the two ends apart; the count, which both sides change, is
 * atomic.
 *
 * Each side wakes its own: who takes and leaves more behind wakes the next
 * taker. The other side is woken only over the edge, from 0 to 1 item and from
 * full to not full, with the other side's lock.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct node {
    struct node *next;
    void *item;
};

struct queue {
    size_t capacity;
    atomic_size_t count;

    pthread_mutex_t put_lock;
    pthread_cond_t not_full; /* with put_lock */

    /* guarded by put_lock */
    struct node *last;

    pthread_mutex_t take_lock; /* may be taken while put_lock is held */
    pthread_cond_t not_empty;  /* with take_lock */

    /* guarded by take_lock; first->next is the first item */
    struct node *first;

    /* written under both locks, read under either */
    bool closed;
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
    queue->first = queue->last = calloc(1, sizeof *queue->first);
    if (queue->first == NULL) {
        free(queue);
        return NULL;
    }
    queue->capacity = capacity;
    atomic_init(&queue->count, 0);
    pthread_mutex_init(&queue->put_lock, NULL);
    pthread_mutex_init(&queue->take_lock, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    while (queue->first != NULL) {
        struct node *node = queue->first;

        queue->first = node->next;
        free(node);
    }
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
    pthread_mutex_destroy(&queue->take_lock);
    pthread_mutex_destroy(&queue->put_lock);
    free(queue);
}

static void wake(pthread_mutex_t *lock, pthread_cond_t *condition)
{
    pthread_mutex_lock(lock);
    pthread_cond_signal(condition);
    pthread_mutex_unlock(lock);
}

int queue_put(struct queue *queue, void *item)
{
    struct node *node = malloc(sizeof *node);
    size_t before;

    if (node == NULL)
        return ENOMEM;
    *node = (struct node){NULL, item};
    pthread_mutex_lock(&queue->put_lock);
    while (atomic_load(&queue->count) == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->put_lock);
    if (queue->closed) {
        pthread_mutex_unlock(&queue->put_lock);
        free(node);
        return EPIPE;
    }
    /* Takers look at `next` only when the count says that it is there. */
    queue->last->next = node;
    queue->last = node;
    before = atomic_fetch_add(&queue->count, 1);
    if (before + 1 < queue->capacity)
        pthread_cond_signal(&queue->not_full);
    pthread_mutex_unlock(&queue->put_lock);
    if (before == 0)
        wake(&queue->take_lock, &queue->not_empty);
    return 0;
}

static int take_until(struct queue *queue, void **item,
                      const struct timespec *until)
{
    struct node *dummy = NULL;
    size_t before = 0;
    int error = 0;

    pthread_mutex_lock(&queue->take_lock);
    while (atomic_load(&queue->count) == 0 && !queue->closed && error == 0)
        error = until == NULL
                    ? pthread_cond_wait(&queue->not_empty, &queue->take_lock)
                    : pthread_cond_timedwait(&queue->not_empty,
                                             &queue->take_lock, until);
    if (atomic_load(&queue->count) > 0) {
        dummy = queue->first;
        queue->first = dummy->next;
        *item = queue->first->item;
        before = atomic_fetch_sub(&queue->count, 1);
        if (before > 1)
            pthread_cond_signal(&queue->not_empty);
        error = 0;
    } else if (queue->closed) {
        error = EPIPE;
    }
    pthread_mutex_unlock(&queue->take_lock);
    if (dummy != NULL && before == queue->capacity)
        wake(&queue->put_lock, &queue->not_full);
    free(dummy);
    return error;
}

int queue_take(struct queue *queue, void **item)
{
    return take_until(queue, item, NULL);
}

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    if (milliseconds < 0)
        milliseconds = 0;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return take_until(queue, item, &until);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->put_lock);
    pthread_mutex_lock(&queue->take_lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->take_lock);
    pthread_mutex_unlock(&queue->put_lock);
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

/* expect: fail no-data-race */
/*
 * wrong_list_of_daemons.c - all daemons stand in a list, for the end of the
 * program; and the list belongs to all threads, and has no lock.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* ---- steps 1 and 2: a bounded queue, and its end ------------------------ */

struct queue {
    size_t capacity; /* never changes */

    pthread_mutex_t lock;
    pthread_cond_t not_empty; /* count rose above 0, or closed became true */
    pthread_cond_t not_full;  /* count fell below capacity, or closed ... */

    /* guarded by lock: a ring, items[first] has been there longest */
    bool closed;
    size_t first;
    size_t count;
    void **items;
};

/* A deadline should not move when somebody sets the clock on the wall. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

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
    queue->items = calloc(capacity, sizeof *queue->items);
    if (queue->items == NULL) {
        free(queue);
        return NULL;
    }
    queue->capacity = capacity;
    pthread_mutex_init(&queue->lock, NULL);
    init_condition(&queue->not_empty);
    init_condition(&queue->not_full);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_cond_destroy(&queue->not_full);
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->lock);
    free(queue->items);
    free(queue);
}

int queue_put(struct queue *queue, void *item)
{
    int error = EPIPE;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->lock);
    if (!queue->closed) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        pthread_cond_signal(&queue->not_empty);
        error = 0;
    }
    pthread_mutex_unlock(&queue->lock);
    return error;
}

/* Waits for an item: for ever, or until the deadline. */
static int take_until(struct queue *queue, void **item,
                      const struct timespec *deadline)
{
    int error = 0;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed && error == 0)
        if (deadline == NULL)
            pthread_cond_wait(&queue->not_empty, &queue->lock);
        else
            error = pthread_cond_timedwait(&queue->not_empty, &queue->lock,
                                           deadline);

    /* An item comes first, then the end, and the time last of all. */
    if (queue->count > 0) {
        *item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        pthread_cond_signal(&queue->not_full);
        error = 0;
    } else if (queue->closed) {
        error = EPIPE;
    }
    pthread_mutex_unlock(&queue->lock);
    return error;
}

int queue_take(struct queue *queue, void **item)
{
    return take_until(queue, item, NULL);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->lock);
}

/* ---- step 3: a wait that ends ------------------------------------------- */

enum { MILLION = 1000000, BILLION = 1000000000 };

/* The moment is fixed once, before the first wait: a wait that begins again
 * begins with the same end. */
int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec deadline;

    if (milliseconds < 0)
        milliseconds = 0;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += milliseconds / 1000;
    deadline.tv_nsec += milliseconds % 1000 * MILLION;
    if (deadline.tv_nsec >= BILLION) {
        deadline.tv_nsec -= BILLION;
        deadline.tv_sec++;
    }
    return take_until(queue, item, &deadline);
}

/* ---- step 4: a daemon --------------------------------------------------- */

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
    size_t done; /* the daemon's thread's; after the join, the joiner's */
    struct daemon *next;
};

static struct daemon *all;

static void *work_off(void *arg)
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
    if (pthread_create(&daemon->thread, NULL, work_off, daemon) != 0) {
        free(daemon);
        return NULL;
    }
    daemon->next = all; /* BUG */
    all = daemon;       /* BUG */
    return daemon;
}

size_t daemon_finish(struct daemon *daemon)
{
    struct daemon **at = &all;
    size_t done;

    queue_close(daemon->queue);
    pthread_join(daemon->thread, NULL);
    while (*at != daemon)  /* BUG */
        at = &(*at)->next; /* BUG */
    *at = daemon->next;    /* BUG */
    done = daemon->done;
    free(daemon);
    return done;
}

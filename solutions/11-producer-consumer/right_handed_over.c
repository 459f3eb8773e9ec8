/* expect: pass */
/*
 * right_handed_over.c - strictly in turn. Whoever has to wait stands in a line
 * with a condition of her own, and what she waits for is given into her hands:
 * the item to a taker, the place to a putter. Nobody can snatch it on the way,
 * and exactly the one is woken whose turn it is.
 *
 * A taker whose time is over steps out of the line; if she was served in the
 * same moment, she has an item, and that is what counts.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* One who waits; on her own stack. */
struct waiter {
    struct waiter *next;
    pthread_cond_t turn; /* served or refused became true */
    void *item;          /* to be put in; or what she was given */
    bool served, refused;
};

struct line {
    struct waiter *first;
};

struct queue {
    size_t capacity;
    pthread_mutex_t lock;

    /* guarded by lock, with all waiters in the two lines. Takers stand there
     * only while the queue is empty, putters only while it is full. */
    bool closed;
    struct line takers, putters;
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
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    free(queue->ring);
    free(queue);
}

static void stand_in(struct line *line, struct waiter *waiter)
{
    struct waiter **end = &line->first;

    while (*end != NULL)
        end = &(*end)->next;
    *end = waiter;
}

static void step_out(struct line *line, struct waiter *waiter)
{
    struct waiter **at = &line->first;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
}

static struct waiter *next_in(struct line *line)
{
    struct waiter *waiter = line->first;

    if (waiter != NULL)
        line->first = waiter->next;
    return waiter;
}

static void serve(struct waiter *waiter)
{
    waiter->served = true;
    pthread_cond_signal(&waiter->turn);
}

/* With the lock: until it is her turn, or the time is over. */
static int wait_in(struct queue *queue, struct line *line,
                   struct waiter *waiter, const struct timespec *until)
{
    int error = 0;

    pthread_cond_init(&waiter->turn, NULL);
    stand_in(line, waiter);
    while (!waiter->served && !waiter->refused && error == 0)
        if (until == NULL)
            pthread_cond_wait(&waiter->turn, &queue->lock);
        else
            error = pthread_cond_timedwait(&waiter->turn, &queue->lock, until);
    pthread_cond_destroy(&waiter->turn);
    if (waiter->served)
        return 0;
    if (waiter->refused)
        return EPIPE;
    step_out(line, waiter);
    return ETIMEDOUT;
}

int queue_put(struct queue *queue, void *item)
{
    struct waiter self = {.item = item}, *taker;
    int error = 0;

    pthread_mutex_lock(&queue->lock);
    if (queue->closed) {
        error = EPIPE;
    } else if ((taker = next_in(&queue->takers)) != NULL) {
        taker->item = item;
        serve(taker);
    } else if (queue->tail - queue->head < queue->capacity) {
        queue->ring[queue->tail++ % queue->capacity] = item;
    } else {
        error = wait_in(queue, &queue->putters, &self, NULL);
    }
    pthread_mutex_unlock(&queue->lock);
    return error;
}

static int take_until(struct queue *queue, void **item,
                      const struct timespec *until)
{
    struct waiter self = {.item = NULL}, *putter;
    int error = 0;

    pthread_mutex_lock(&queue->lock);
    if (queue->head != queue->tail) {
        *item = queue->ring[queue->head++ % queue->capacity];
        if ((putter = next_in(&queue->putters)) != NULL) {
            queue->ring[queue->tail++ % queue->capacity] = putter->item;
            serve(putter);
        }
    } else if (queue->closed) {
        error = EPIPE;
    } else {
        error = wait_in(queue, &queue->takers, &self, until);
        if (error == 0)
            *item = self.item;
    }
    pthread_mutex_unlock(&queue->lock);
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

static void refuse_all(struct line *line)
{
    struct waiter *waiter;

    while ((waiter = next_in(line)) != NULL) {
        waiter->refused = true;
        pthread_cond_signal(&waiter->turn);
    }
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    refuse_all(&queue->takers);
    refuse_all(&queue->putters);
    pthread_mutex_unlock(&queue->lock);
}

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
    size_t done; /* the thread's, until it is joined */
};

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
    if (pthread_create(&daemon->thread, NULL, work_off, daemon) == 0)
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

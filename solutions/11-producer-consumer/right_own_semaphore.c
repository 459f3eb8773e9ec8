/* expect: pass */
/*
 * right_own_semaphore.c - a spinlock for the few instructions in which the
 * ring changes, and nobody sleeps with it. Whoever has to wait stands in one
 * of two lines with a semaphore of her own, on her own stack. Each change
 * takes one out of the line that it concerns and wakes her; she asks again,
 * and if another one was faster she goes to the end of the line.
 *
 * Her semaphore is posted under the spinlock, which she takes before it ends
 * with her stack: so nobody posts one that is gone.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct sleeper {
    sem_t woken;
    struct sleeper *next;
    bool in_line;
};

struct line {
    struct sleeper *first;
};

struct queue {
    size_t capacity;
    pthread_spinlock_t spin;

    /* guarded by spin */
    struct line putters, takers;
    bool closed;
    size_t first, count;
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
        errno = ENOMEM;
        return NULL;
    }
    queue->capacity = capacity;
    pthread_spin_init(&queue->spin, PTHREAD_PROCESS_PRIVATE);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    pthread_spin_destroy(&queue->spin);
    free(queue->ring);
    free(queue);
}

/* ---- the lines: all of this under the spinlock ---- */

static void leave(struct line *line, struct sleeper *sleeper)
{
    struct sleeper **at = &line->first;

    while (*at != sleeper)
        at = &(*at)->next;
    *at = sleeper->next;
    sleeper->in_line = false;
}

static void enter(struct line *line, struct sleeper *sleeper)
{
    struct sleeper **end = &line->first;

    while (*end != NULL)
        end = &(*end)->next;
    *end = sleeper;
    sleeper->next = NULL;
    sleeper->in_line = true;
}

static void wake_one(struct line *line)
{
    struct sleeper *sleeper = line->first;

    if (sleeper == NULL)
        return;
    leave(line, sleeper);
    sem_post(&sleeper->woken);
}

static void wake_all(struct line *line)
{
    while (line->first != NULL)
        wake_one(line);
}

/* 0 or ETIMEDOUT; a signal does not end the wait. */
static int sleep_until(sem_t *woken, const struct timespec *deadline)
{
    do {
        if (deadline == NULL ? sem_wait(woken) == 0
                             : sem_timedwait(woken, deadline) == 0)
            return 0;
    } while (errno == EINTR);
    return ETIMEDOUT;
}

/* Stands in the line, without the spinlock, until somebody wakes her or the
 * time is over. */
static int wait_in(struct queue *queue, struct line *line,
                   const struct timespec *deadline)
{
    struct sleeper self;
    int error;

    sem_init(&self.woken, 0, 0);
    enter(line, &self);
    pthread_spin_unlock(&queue->spin);
    error = sleep_until(&self.woken, deadline);
    pthread_spin_lock(&queue->spin);
    if (self.in_line)
        leave(line, &self);
    sem_destroy(&self.woken);
    return error;
}

/* ---- the queue ---- */

int queue_put(struct queue *queue, void *item)
{
    bool open;

    pthread_spin_lock(&queue->spin);
    while (queue->count == queue->capacity && !queue->closed)
        wait_in(queue, &queue->putters, NULL);
    open = !queue->closed;
    if (open) {
        queue->ring[(queue->first + queue->count++) % queue->capacity] = item;
        wake_one(&queue->takers);
    }
    pthread_spin_unlock(&queue->spin);
    return open ? 0 : EPIPE;
}

static int take_until(struct queue *queue, void **item,
                      const struct timespec *deadline)
{
    int error = 0;

    pthread_spin_lock(&queue->spin);
    while (queue->count == 0 && !queue->closed && error == 0)
        error = wait_in(queue, &queue->takers, deadline);
    if (queue->count > 0) {
        *item = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        wake_one(&queue->putters);
        error = 0;
    } else if (queue->closed) {
        error = EPIPE;
    }
    pthread_spin_unlock(&queue->spin);
    return error;
}

int queue_take(struct queue *queue, void **item)
{
    return take_until(queue, item, NULL);
}

/* A semaphore waits by the calendar's clock. */
int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    struct timespec deadline;

    if (milliseconds < 0)
        milliseconds = 0;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += milliseconds / 1000;
    deadline.tv_nsec += milliseconds % 1000 * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return take_until(queue, item, &deadline);
}

void queue_close(struct queue *queue)
{
    pthread_spin_lock(&queue->spin);
    queue->closed = true;
    wake_all(&queue->putters);
    wake_all(&queue->takers);
    pthread_spin_unlock(&queue->spin);
}

/* ---- step 4: a daemon --------------------------------------------------- */

struct daemon {
    struct queue *queue;
    void (*work)(void *item, void *arg);
    void *arg;
    pthread_t thread;
    size_t done; /* the daemon's thread's; after the join, the joiner's */
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
    if (pthread_create(&daemon->thread, NULL, work_off, daemon) != 0) {
        free(daemon);
        return NULL;
    }
    return daemon;
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

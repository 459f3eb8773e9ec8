/* expect: fail everyone-gets-a-turn */
/*
 * Who comes from a wait stands behind all others, newcomers too: as long as two
 * that compute hand over to each other it never gets the interpreter again.
 */
/*
 * Whoever comes from a wait goes before those who compute, since it will be
 * quick (and so does whoever has just come). As long as two threads come and go
 * in turn, one that computes never gets the interpreter again.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

/* Lives on the stack of the thread that waits. */
struct waiter {
    TAILQ_ENTRY(waiter) link;
    pthread_cond_t called;
    bool owner; /* the interpreter has been handed to it */
};

struct gil {
    int interval; /* never changes */

    pthread_mutex_t lock;

    /* guarded by lock, as are the waiters */
    TAILQ_HEAD(, waiter) queue;
    TAILQ_HEAD(, waiter) back; /* from a wait: when nobody else is there */
    bool taken;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    if (pthread_mutex_init(&gil->lock, NULL) != 0) {
        free(gil);
        return NULL;
    }
    gil->interval = interval;
    gil->taken = false;
    TAILQ_INIT(&gil->queue);
    TAILQ_INIT(&gil->back);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

/* Under lock. */
static void stand_in_line(struct gil *gil, bool from_wait)
{
    struct waiter self = {.owner = false};

    pthread_cond_init(&self.called, NULL);
    if (from_wait)
        TAILQ_INSERT_TAIL(&gil->back, &self, link); /* BUG */
    else
        TAILQ_INSERT_TAIL(&gil->queue, &self, link);
    while (!self.owner)
        pthread_cond_wait(&self.called, &gil->lock);
    pthread_cond_destroy(&self.called);
}

/* Under lock, by the owner. */
static void call_the_next(struct gil *gil)
{
    struct waiter *first = TAILQ_FIRST(&gil->queue);

    if (first != NULL) {
        TAILQ_REMOVE(&gil->queue, first, link);
    } else if ((first = TAILQ_FIRST(&gil->back)) != NULL) {
        TAILQ_REMOVE(&gil->back, first, link);
    } else {
        gil->taken = false;
        return;
    }
    first->owner = true;
    pthread_cond_signal(&first->called);
}

static void acquire(struct gil *gil, bool from_wait)
{
    pthread_mutex_lock(&gil->lock);
    if (gil->taken)
        stand_in_line(gil, from_wait);
    gil->taken = true;
    pthread_mutex_unlock(&gil->lock);
}

static void release(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    call_the_next(gil);
    pthread_mutex_unlock(&gil->lock);
}

static void turn_is_over(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    if (!TAILQ_EMPTY(&gil->queue) || !TAILQ_EMPTY(&gil->back)) {
        call_the_next(gil);
        stand_in_line(gil, false);
    }
    pthread_mutex_unlock(&gil->lock);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    int executed = 0;
    int error = 0;

    acquire(gil, false);
    for (;;) {
        enum vm_status status = vm_step(thread);

        if (status == VM_ENDS)
            break;
        if (status == VM_WAITS) {
            release(gil);
            error = vm_wait(thread);
            acquire(gil, true);
            executed = 0;
            if (error != 0)
                break;
        } else if (++executed >= gil->interval) {
            turn_is_over(gil);
            executed = 0;
        }
    }
    error = vm_finish(thread);
    release(gil);
    return error;
}

/* expect: pass */
/*
 * A stack: whoever has come last goes first, since what it needs may still be
 * in a cache. But each fourth time it is the turn of the one at the bottom, so
 * nobody stays there for ever. Fair need not mean first come, first served.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

enum { PATIENCE = 4 };

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
    TAILQ_HEAD(waiters, waiter) stack;
    bool taken;
    unsigned calls; /* so far */
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
    TAILQ_INIT(&gil->stack);
    gil->calls = 0;
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

/* Under lock. */
static void stand_on_top(struct gil *gil)
{
    struct waiter self = {.owner = false};

    pthread_cond_init(&self.called, NULL);
    TAILQ_INSERT_HEAD(&gil->stack, &self, link);
    while (!self.owner)
        pthread_cond_wait(&self.called, &gil->lock);
    pthread_cond_destroy(&self.called);
}

/* Under lock, by the owner. */
static void call_the_next(struct gil *gil)
{
    struct waiter *next = TAILQ_FIRST(&gil->stack);

    if (next == NULL) {
        gil->taken = false;
        return;
    }
    if (++gil->calls % PATIENCE == 0)
        next = TAILQ_LAST(&gil->stack, waiters);
    TAILQ_REMOVE(&gil->stack, next, link);
    next->owner = true;
    pthread_cond_signal(&next->called);
}

static void acquire(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    if (gil->taken)
        stand_on_top(gil);
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
    if (!TAILQ_EMPTY(&gil->stack)) {
        call_the_next(gil);
        stand_on_top(gil);
    }
    pthread_mutex_unlock(&gil->lock);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    int executed = 0;
    int error = 0;

    acquire(gil);
    for (;;) {
        enum vm_status status = vm_step(thread);

        if (status == VM_ENDS)
            break;
        if (status == VM_WAITS) {
            release(gil);
            error = vm_wait(thread);
            acquire(gil);
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

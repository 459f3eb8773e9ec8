/* expect: fail twenty-wait */
/*
 * Those who wait stand in an array, and the author never had more than eight.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Lives on the stack of the thread that waits. */
struct waiter {
    pthread_cond_t called;
    bool owner; /* the interpreter has been handed to it */
};

enum { MOST = 8 };

struct gil {
    int interval; /* never changes */

    pthread_mutex_t lock;

    /* guarded by lock, as are the waiters */
    struct waiter *queue[MOST];
    int waiting;
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
    gil->waiting = 0;
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

/* Under lock. */
static void stand_in_line(struct gil *gil)
{
    struct waiter self = {.owner = false};

    pthread_cond_init(&self.called, NULL);
    gil->queue[gil->waiting++] = &self; /* BUG */
    while (!self.owner)
        pthread_cond_wait(&self.called, &gil->lock); /* BUG */
    pthread_cond_destroy(&self.called);
}

/* Under lock, by the owner. */
static void call_the_next(struct gil *gil)
{
    struct waiter *first = gil->queue[0];

    if (gil->waiting == 0) {
        gil->taken = false;
        return;
    }
    for (int i = 1; i < gil->waiting; i++)
        gil->queue[i - 1] = gil->queue[i]; /* BUG */
    gil->waiting--;
    first->owner = true; /* BUG */
    pthread_cond_signal(&first->called);
}

static void acquire(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    if (gil->taken)
        stand_in_line(gil);
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
    if (gil->waiting > 0) {
        call_the_next(gil);
        stand_in_line(gil);
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

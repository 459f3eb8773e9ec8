/* expect: fail one-at-a-time */
/*
 * How many wait is counted for all interpreters together. A thread that is
 * alone in its interpreter hands over, since in another somebody waits, and
 * waits for ever for somebody to take it.
 */
#include "gil.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */

    pthread_mutex_t lock;
    pthread_cond_t free;     /* signalled when `taken` becomes false */
    pthread_cond_t switched; /* signalled when `takings` has grown */

    /* guarded by lock */
    bool taken;
    unsigned long takings; /* how often it was taken */
};

static atomic_int waiting; /* who want it */

struct gil *gil_create(int interval)
{
    struct gil *gil = calloc(1, sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    pthread_mutex_init(&gil->lock, NULL);
    pthread_cond_init(&gil->free, NULL);
    pthread_cond_init(&gil->switched, NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_cond_destroy(&gil->switched);
    pthread_cond_destroy(&gil->free);
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

/* Under lock. */
static void take_locked(struct gil *gil)
{
    waiting++; /* BUG */
    while (gil->taken)
        pthread_cond_wait(&gil->free, &gil->lock);
    waiting--;
    gil->taken = true;
    gil->takings++;
    pthread_cond_broadcast(&gil->switched);
}

static void take(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    take_locked(gil);
    pthread_mutex_unlock(&gil->lock);
}

static void give(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    gil->taken = false;
    pthread_cond_signal(&gil->free);
    pthread_mutex_unlock(&gil->lock);
}

static void hand_over(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    if (waiting > 0) { /* BUG */
        unsigned long before = gil->takings;

        gil->taken = false;
        pthread_cond_signal(&gil->free);
        while (gil->takings == before)
            pthread_cond_wait(&gil->switched, &gil->lock); /* BUG */
        take_locked(gil);
    }
    pthread_mutex_unlock(&gil->lock);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int error = 0;
    int left = gil->interval;

    take(gil);
    do {
        status = vm_step(thread);
        if (status == VM_WAITS) {
            give(gil);
            error = vm_wait(thread);
            take(gil);
            left = gil->interval;
        } else if (status == VM_GOES_ON && --left == 0) {
            hand_over(gil);
            left = gil->interval;
        }
    } while (status != VM_ENDS && error == 0);
    error = vm_finish(thread);
    give(gil);
    return error;
}

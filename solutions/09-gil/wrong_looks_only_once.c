/* expect: fail everyone-gets-a-turn */
/*
 * Whether somebody waits is looked at when exactly `interval` instructions have
 * been executed. If nobody does so then, it is never looked at again, and
 * whoever comes later stands there until the program has ended.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */

    pthread_mutex_t lock;
    pthread_cond_t free;     /* signalled when `taken` becomes false */
    pthread_cond_t switched; /* signalled when `takings` has grown */

    /* guarded by lock */
    bool taken;
    int waiting;           /* who want it */
    unsigned long takings; /* how often it was taken */
};

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
    gil->waiting++;
    while (gil->taken)
        pthread_cond_wait(&gil->free, &gil->lock);
    gil->waiting--;
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

static bool hand_over(struct gil *gil)
{
    bool forced = false;

    pthread_mutex_lock(&gil->lock);
    if (gil->waiting > 0) {
        unsigned long before = gil->takings;

        gil->taken = false;
        pthread_cond_signal(&gil->free);
        while (gil->takings == before)
            pthread_cond_wait(&gil->switched, &gil->lock);
        take_locked(gil);
        forced = true;
    }
    pthread_mutex_unlock(&gil->lock);
    return forced;
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
        } else if (status == VM_GOES_ON && --left == 0) { /* BUG */
            if (hand_over(gil))
                left = gil->interval; /* BUG */
        }
    } while (status != VM_ENDS && error == 0);
    error = vm_finish(thread);
    give(gil);
    return error;
}

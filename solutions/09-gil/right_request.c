/* expect: pass */
/*
 * Who waits asks for the interpreter by a flag that the evaluation loop looks
 * at after each instruction: a load, and no lock, as long as nobody asks.
 * (CPython has such a flag, the eval breaker.) The interval is counted from
 * the moment at which the request was seen.
 */
#include "gil.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */

    atomic_bool requested; /* somebody waits; only a hint, but never false
                              for long while it is true */
    pthread_mutex_t lock;
    pthread_cond_t moved;

    /* guarded by lock */
    unsigned long head; /* has the interpreter */
    unsigned long tail; /* for the next that comes */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = calloc(1, sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    atomic_init(&gil->requested, false);
    pthread_mutex_init(&gil->lock, NULL);
    pthread_cond_init(&gil->moved, NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_cond_destroy(&gil->moved);
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

static void enter(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    for (unsigned long place = gil->tail++; gil->head != place;) {
        atomic_store(&gil->requested, true);
        pthread_cond_wait(&gil->moved, &gil->lock);
    }
    atomic_store(&gil->requested, gil->tail - gil->head > 1);
    pthread_mutex_unlock(&gil->lock);
}

static void leave(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    gil->head++;
    pthread_cond_broadcast(&gil->moved);
    pthread_mutex_unlock(&gil->lock);
}

/*
 * Leave and enter in one: nobody can come in between, so the place is drawn
 * before the interpreter is given away.
 */
static void hand_over(struct gil *gil)
{
    unsigned long place;

    pthread_mutex_lock(&gil->lock);
    place = gil->tail++;
    gil->head++;
    pthread_cond_broadcast(&gil->moved);
    atomic_store(&gil->requested, true);
    while (gil->head != place)
        pthread_cond_wait(&gil->moved, &gil->lock);
    atomic_store(&gil->requested, gil->tail - gil->head > 1);
    pthread_mutex_unlock(&gil->lock);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int since = 0; /* instructions since the request was seen */
    int error = 0;

    enter(gil);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            leave(gil);
            error = vm_wait(thread);
            enter(gil);
            since = 0;
        } else if (!atomic_load(&gil->requested)) {
            since = 0;
        } else if (++since >= gil->interval) {
            hand_over(gil);
            since = 0;
        }
    }
    error = vm_finish(thread);
    leave(gil);
    return error;
}

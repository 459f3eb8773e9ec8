/* expect: fail everyone-gets-a-turn */
/*
 * A ring of 32 places to wait in, and nobody looks whether one is free: with 33
 * threads, who is made to hand over takes the place of the one who is called,
 * and both wait there.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { PLACES = 32 };

struct gil {
    int interval;
    pthread_mutex_t lock;
    pthread_cond_t called[PLACES];
    bool owner[PLACES];
    int first, count; /* of the line */
    bool taken;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = calloc(1, sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    pthread_mutex_init(&gil->lock, NULL);
    for (int i = 0; i < PLACES; i++)
        pthread_cond_init(&gil->called[i], NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    for (int i = 0; i < PLACES; i++)
        pthread_cond_destroy(&gil->called[i]);
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

static void stand_in_line(struct gil *gil)
{
    int place = (gil->first + gil->count++) % PLACES; /* BUG */

    gil->owner[place] = false;
    while (!gil->owner[place])
        pthread_cond_wait(&gil->called[place], &gil->lock);
}

static void call_the_next(struct gil *gil)
{
    if (gil->count == 0) {
        gil->taken = false;
        return;
    }
    gil->owner[gil->first] = true;
    pthread_cond_signal(&gil->called[gil->first]);
    gil->first = (gil->first + 1) % PLACES;
    gil->count--;
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
    if (gil->count > 0) {
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

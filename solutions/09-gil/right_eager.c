/* expect: pass */
/*
 * Instructions are counted at the top of the loop, whatever came of them; who
 * has had enough of them hands over as soon as somebody waits.
 */
#include "gil.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct waiter {
    struct waiter *next;
    pthread_cond_t mine;
    bool granted;
};

struct gil {
    long interval;
    atomic_int waiting; /* changed under lock; looked at by the holder */
    pthread_mutex_t lock;
    struct waiter *first, **last;
    bool held;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    atomic_init(&gil->waiting, 0);
    gil->first = NULL;
    gil->last = &gil->first;
    gil->held = false;
    if (pthread_mutex_init(&gil->lock, NULL) != 0) {
        free(gil);
        return NULL;
    }
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

static void wait_locked(struct gil *gil)
{
    struct waiter me = {.next = NULL, .granted = false};

    pthread_cond_init(&me.mine, NULL);
    *gil->last = &me;
    gil->last = &me.next;
    atomic_fetch_add(&gil->waiting, 1);
    while (!me.granted)
        pthread_cond_wait(&me.mine, &gil->lock);
    pthread_cond_destroy(&me.mine);
}

static bool grant_locked(struct gil *gil)
{
    struct waiter *next = gil->first;

    if (next == NULL)
        return false;
    gil->first = next->next;
    if (gil->first == NULL)
        gil->last = &gil->first;
    atomic_fetch_sub(&gil->waiting, 1);
    next->granted = true;
    pthread_cond_signal(&next->mine);
    return true;
}

static void take(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    if (gil->held)
        wait_locked(gil);
    gil->held = true;
    pthread_mutex_unlock(&gil->lock);
}

static void drop(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    gil->held = grant_locked(gil);
    pthread_mutex_unlock(&gil->lock);
}

static bool hand_over(struct gil *gil)
{
    bool given;

    if (atomic_load(&gil->waiting) == 0)
        return false;
    pthread_mutex_lock(&gil->lock);
    given = grant_locked(gil);
    if (given)
        wait_locked(gil);
    pthread_mutex_unlock(&gil->lock);
    return given;
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    long executed = 0;
    int error = 0;

    take(gil);
    do {
        status = vm_step(thread);
        if (++executed >= gil->interval && hand_over(gil))
            executed = 0;
        if (status == VM_WAITS) {
            drop(gil);
            error = vm_wait(thread);
            take(gil);
            executed = 0;
        }
    } while (status != VM_ENDS && error == 0);
    error = vm_finish(thread);
    drop(gil);
    return error;
}

/* expect: pass */
/*
 * C11 threads. Places in a line are counted modulo a few conditions, so that
 * to call the next number wakes few others.
 */
#include "gil.h"

#include <stdlib.h>
#include <threads.h>

enum { BELLS = 8 };

struct gil {
    int interval; /* never changes */

    mtx_t lock;
    cnd_t bells[BELLS]; /* for the numbers that leave this remainder */

    /* guarded by lock */
    unsigned next, now;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    gil->next = gil->now = 0;
    mtx_init(&gil->lock, mtx_plain);
    for (int i = 0; i < BELLS; i++)
        cnd_init(&gil->bells[i]);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    for (int i = 0; i < BELLS; i++)
        cnd_destroy(&gil->bells[i]);
    mtx_destroy(&gil->lock);
    free(gil);
}

/* All three are called under lock. */
static void come(struct gil *gil)
{
    unsigned number = gil->next++;

    while (gil->now != number)
        cnd_wait(&gil->bells[number % BELLS], &gil->lock);
}

static void go(struct gil *gil)
{
    gil->now++;
    cnd_broadcast(&gil->bells[gil->now % BELLS]);
}

static int others_wait(const struct gil *gil)
{
    return gil->next != gil->now + 1;
}

/* The lock is held whenever it is not asleep, executing or waiting. */
int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int executed = 0;
    int error = 0;

    mtx_lock(&gil->lock);
    come(gil);
    do {
        mtx_unlock(&gil->lock);
        status = vm_step(thread);
        mtx_lock(&gil->lock);
        if (status == VM_WAITS) {
            go(gil);
            mtx_unlock(&gil->lock);
            error = vm_wait(thread);
            mtx_lock(&gil->lock);
            come(gil);
            executed = 0;
        } else if (++executed == gil->interval) {
            executed = 0;
            if (others_wait(gil)) {
                go(gil);
                come(gil);
            }
        }
    } while (status != VM_ENDS && error == 0);
    mtx_unlock(&gil->lock);
    error = vm_finish(thread);
    mtx_lock(&gil->lock);
    go(gil);
    mtx_unlock(&gil->lock);
    return error;
}

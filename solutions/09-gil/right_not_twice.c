/* expect: pass */
/*
 * One condition, and one more thing to look at: who had the interpreter last.
 * While others wait, that thread does not take it again, however early it
 * comes.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */

    pthread_mutex_t lock;
    pthread_cond_t changed;

    /* guarded by lock */
    bool taken;
    int wanting;                  /* want it and have it not */
    const struct vm_thread *last; /* had it last; NULL: nobody, or it ended */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    *gil = (struct gil){.interval = interval,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->lock);
    pthread_cond_destroy(&gil->changed);
    free(gil);
}

static void enter(struct gil *gil, const struct vm_thread *me)
{
    pthread_mutex_lock(&gil->lock);
    gil->wanting++;
    while (gil->taken || (gil->last == me && gil->wanting > 1))
        pthread_cond_wait(&gil->changed, &gil->lock);
    gil->wanting--;
    gil->taken = true;
    gil->last = me;
    pthread_cond_broadcast(&gil->changed); /* for the one that was last */
    pthread_mutex_unlock(&gil->lock);
}

static void leave(struct gil *gil, const struct vm_thread *last)
{
    pthread_mutex_lock(&gil->lock);
    gil->taken = false;
    gil->last = last;
    pthread_cond_broadcast(&gil->changed);
    pthread_mutex_unlock(&gil->lock);
}

static bool somebody_waits(struct gil *gil)
{
    bool waits;

    pthread_mutex_lock(&gil->lock);
    waits = gil->wanting > 0;
    pthread_mutex_unlock(&gil->lock);
    return waits;
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    int executed = 0, error = 0;

    enter(gil, thread);
    for (bool more = true; more;) {
        switch (vm_step(thread)) {
        case VM_ENDS:
            more = false;
            break;
        case VM_WAITS:
            leave(gil, NULL);
            error = vm_wait(thread);
            enter(gil, thread);
            executed = 0;
            more = error == 0;
            break;
        case VM_GOES_ON:
            if (++executed >= gil->interval && somebody_waits(gil)) {
                leave(gil, thread);
                enter(gil, thread);
                executed = 0;
            }
            break;
        }
    }
    error = vm_finish(thread);
    leave(gil, NULL);
    return error;
}

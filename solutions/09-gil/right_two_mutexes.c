/* expect: pass */
/*
 * Two mutexes and nothing else. `interpreter` is what its name says. `next` is
 * the place before the door: only who has it asks for the interpreter, and
 * gives the place free when it is inside. So while somebody stands there, a
 * thread whose turn is over cannot come to the door again before that one has
 * gone through: the unlock followed by a lock is a hand-over after all.
 */
#include "gil.h"

#include <pthread.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */
    pthread_mutex_t next;
    pthread_mutex_t interpreter;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    pthread_mutex_init(&gil->next, NULL);
    pthread_mutex_init(&gil->interpreter, NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->interpreter);
    pthread_mutex_destroy(&gil->next);
    free(gil);
}

static void take(struct gil *gil)
{
    pthread_mutex_lock(&gil->next);
    pthread_mutex_lock(&gil->interpreter);
    pthread_mutex_unlock(&gil->next);
}

static void give(struct gil *gil)
{
    pthread_mutex_unlock(&gil->interpreter);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int executed = 0;
    int error = 0;

    take(gil);
    do {
        status = vm_step(thread);
        if (status == VM_WAITS) {
            give(gil);
            error = vm_wait(thread);
            take(gil);
            executed = 0;
        } else if (++executed % gil->interval == 0) {
            give(gil);
            take(gil);
        }
    } while (error == 0 && status != VM_ENDS);
    error = vm_finish(thread);
    give(gil);
    return error;
}

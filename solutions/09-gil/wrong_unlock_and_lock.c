/* expect: fail handed-over */
/*
 * The interpreter is a mutex. At the end of a turn it is unlocked and locked
 * again: whoever waits for it is woken, and finds it taken.
 */
#include "gil.h"

#include <pthread.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */
    pthread_mutex_t interpreter;
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    pthread_mutex_init(&gil->interpreter, NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_destroy(&gil->interpreter);
    free(gil);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int executed = 0;
    int error = 0;

    pthread_mutex_lock(&gil->interpreter);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            pthread_mutex_unlock(&gil->interpreter);
            error = vm_wait(thread);
            pthread_mutex_lock(&gil->interpreter);
        } else if (++executed >= gil->interval) {
            pthread_mutex_unlock(&gil->interpreter);
            pthread_mutex_lock(&gil->interpreter); /* BUG */
            executed = 0;
        }
    }
    error = vm_finish(thread);
    pthread_mutex_unlock(&gil->interpreter);
    return error;
}

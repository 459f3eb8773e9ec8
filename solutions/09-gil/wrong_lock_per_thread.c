/* expect: fail no-data-race */
/*
 * Each thread locks a mutex of its own, a local variable. Nobody else ever
 * comes to that door.
 */
#include "gil.h"

#include <pthread.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    return gil;
}

void gil_destroy(struct gil *gil)
{
    free(gil);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    pthread_mutex_t interpreter = PTHREAD_MUTEX_INITIALIZER; /* BUG */
    enum vm_status status;
    int executed = 0;
    int error = 0;

    pthread_mutex_lock(&interpreter);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) { /* BUG */
        if (status == VM_WAITS) {
            pthread_mutex_unlock(&interpreter);
            error = vm_wait(thread);
            pthread_mutex_lock(&interpreter);
        } else if (++executed >= gil->interval) {
            pthread_mutex_unlock(&interpreter);
            pthread_mutex_lock(&interpreter);
            executed = 0;
        }
    }
    error = vm_finish(thread); /* BUG */
    pthread_mutex_unlock(&interpreter);
    return error;
}

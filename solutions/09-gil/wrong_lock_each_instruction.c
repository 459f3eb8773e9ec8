/* expect: fail handed-over */
/*
 * The mutex is held for one instruction at a time, and taken again for the
 * next: so everybody has a chance after each. But nobody is handed anything.
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
    int error = 0;

    do {
        pthread_mutex_lock(&gil->interpreter); /* BUG */
        status = vm_step(thread);
        pthread_mutex_unlock(&gil->interpreter);
        if (status == VM_WAITS)
            error = vm_wait(thread);
    } while (error == 0 && status != VM_ENDS);
    pthread_mutex_lock(&gil->interpreter);
    error = vm_finish(thread);
    pthread_mutex_unlock(&gil->interpreter);
    return error;
}

/* expect: fail handed-over */
/*
 * Whoever waits for the interpreter looks ten thousand times a second whether
 * it is free.
 */
#include "gil.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

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

static void take(struct gil *gil)
{
    while (pthread_mutex_trylock(&gil->interpreter) != 0)
        usleep(100); /* BUG */
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int executed = 0;
    int error = 0;

    take(gil);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            pthread_mutex_unlock(&gil->interpreter);
            error = vm_wait(thread);
            take(gil);
        } else if (++executed >= gil->interval) {
            pthread_mutex_unlock(&gil->interpreter);
            usleep(200);
            take(gil);
            executed = 0;
        }
    }
    error = vm_finish(thread);
    pthread_mutex_unlock(&gil->interpreter);
    return error;
}

/*
 * gil.c - yours to change. The contract is in gil.h, the explanation in the
 * handout.
 *
 * This is the evaluation loop of an interpreter for one thread. With two, all
 * their instructions run at once, and every count of references is in danger.
 */
#include "gil.h"

#include <stdlib.h>

struct gil {
    int interval; /* never changes */

    /* TODO: who holds the interpreter, and who waits for it? Which lock
     * guards that, and what does one sleep on? */
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
    enum vm_status status;
    int error = 0;

    (void)gil;
    /* TODO: take the interpreter. */
    do {
        status = vm_step(thread);
        /* TODO: after `interval` instructions, if somebody waits: hand over. */
        if (status == VM_WAITS) {
            /* TODO: nobody holds the interpreter during this. */
            error = vm_wait(thread);
        }
    } while (status != VM_ENDS && error == 0);
    error = vm_finish(thread);
    /* TODO: give the interpreter back. */
    return error;
}

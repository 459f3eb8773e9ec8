/* expect: fail everyone-gets-a-turn */
/*
 * Whoever waits for the interpreter asks again and again whether the number is
 * served, and keeps a core from everybody else.
 */
#include "gil.h"

#include <stdatomic.h>
#include <stdlib.h>

struct gil {
    int interval; /* never changes */
    atomic_ulong drawn;
    atomic_ulong serving; /* whoever drew this one holds the interpreter */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    atomic_init(&gil->drawn, 0);
    atomic_init(&gil->serving, 0);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    free(gil);
}

static void take(struct gil *gil)
{
    unsigned long mine = atomic_fetch_add(&gil->drawn, 1);

    while (atomic_load(&gil->serving) != mine) /* BUG */
        ;
}

static void give(struct gil *gil)
{
    atomic_fetch_add(&gil->serving, 1);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int executed = 0;
    int error = 0;

    take(gil);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            give(gil);
            error = vm_wait(thread);
            take(gil);
        } else if (++executed >= gil->interval) {
            executed = 0;
            give(gil);
            take(gil);
        }
    }
    error = vm_finish(thread);
    give(gil);
    return error;
}

/* expect: pass */
/*
 * right_futex.c - numbers, as in the reference, and no lock at all: who has to
 * wait sleeps in the kernel on the word that says whose turn it is.
 */
#define _GNU_SOURCE
#include "gil.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct gil {
    int interval; /* never changes */

    atomic_uint drawn;   /* numbers drawn so far */
    atomic_uint serving; /* whoever drew this one holds the interpreter */

    /* guarded by the interpreter */
    int executed; /* instructions of this turn */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = calloc(1, sizeof *gil);

    if (gil != NULL)
        gil->interval = interval;
    return gil;
}

void gil_destroy(struct gil *gil)
{
    free(gil);
}

/* Waits until everyone who came before has had a turn. The kernel puts us to
 * sleep only if the word is still what we saw. */
static void take(struct gil *gil)
{
    unsigned mine = atomic_fetch_add(&gil->drawn, 1), served;

    while ((served = atomic_load(&gil->serving)) != mine)
        syscall(SYS_futex, &gil->serving, FUTEX_WAIT_PRIVATE, served, NULL,
                NULL, 0);
    gil->executed = 0;
}

static void give(struct gil *gil)
{
    atomic_fetch_add(&gil->serving, 1);
    syscall(SYS_futex, &gil->serving, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL,
            0);
}

/* After each instruction, with the interpreter held. */
static void end_of_instruction(struct gil *gil)
{
    if (++gil->executed < gil->interval)
        return;
    gil->executed = 0;
    if (atomic_load(&gil->drawn) - atomic_load(&gil->serving) > 1) {
        give(gil);
        take(gil);
    }
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int error = 0;

    take(gil);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            give(gil);
            error = vm_wait(thread);
            take(gil);
        } else {
            end_of_instruction(gil);
        }
    }
    error = vm_finish(thread);
    give(gil);
    return error;
}

/* expect: fail computes-no-faster */
/*
 * The interval is kept in a variable that is too narrow. 127 fits in; 500
 * becomes -12, and then a turn is over after each instruction.
 */
#include "gil.h"

#include <pthread.h>
#include <stdlib.h>

struct gil {
    signed char interval; /* BUG */

    pthread_mutex_t lock;
    pthread_cond_t served; /* broadcast when `serving` changes */

    /* guarded by lock */
    unsigned long drawn;   /* numbers drawn so far */
    unsigned long serving; /* whoever drew this one holds the interpreter */

    /* guarded by the interpreter */
    int executed; /* instructions of this turn */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    pthread_mutex_init(&gil->lock, NULL);
    pthread_cond_init(&gil->served, NULL);
    gil->interval = (signed char)interval; /* BUG */
    gil->drawn = gil->serving = 0;
    gil->executed = 0;
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_cond_destroy(&gil->served);
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

/* Under lock. Waits until everyone who came before has had a turn. */
static void take_locked(struct gil *gil)
{
    unsigned long mine = gil->drawn++;

    while (gil->serving != mine)
        pthread_cond_wait(&gil->served, &gil->lock);
    gil->executed = 0;
}

/* Under lock, by the thread that holds the interpreter. */
static void give_locked(struct gil *gil)
{
    gil->serving++;
    pthread_cond_broadcast(&gil->served);
}

static void take(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    take_locked(gil);
    pthread_mutex_unlock(&gil->lock);
}

static void give(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    give_locked(gil);
    pthread_mutex_unlock(&gil->lock);
}

/* After each instruction, with the interpreter held. */
static void end_of_instruction(struct gil *gil)
{
    if (++gil->executed < gil->interval) /* BUG */
        return;
    pthread_mutex_lock(&gil->lock);
    gil->executed = 0;
    if (gil->drawn - gil->serving > 1) { /* not only this thread's number */
        give_locked(gil);
        take_locked(gil);
    }
    pthread_mutex_unlock(&gil->lock);
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

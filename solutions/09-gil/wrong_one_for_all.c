/* expect: fail one-at-a-time */
/*
 * One lock for all interpreters: two that have nothing in common wait for each
 * other.
 */
#include "gil.h"

#include <pthread.h>
#include <stdlib.h>

/* BUG: one for the whole process */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t served; /* broadcast when `serving` changes */

    /* guarded by lock */
    unsigned long drawn;   /* numbers drawn so far */
    unsigned long serving; /* whoever drew this one holds the interpreter */
} line = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

struct gil {
    int interval; /* never changes */

    /* guarded by the interpreter */
    int executed; /* instructions of this turn */
};

struct gil *gil_create(int interval)
{
    struct gil *gil = malloc(sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    gil->executed = 0;
    return gil;
}

void gil_destroy(struct gil *gil)
{
    free(gil);
}

/* Under lock. Waits until everyone who came before has had a turn. */
static void take_locked(struct gil *gil)
{
    unsigned long mine = line.drawn++;

    while (line.serving != mine)
        pthread_cond_wait(&line.served, &line.lock);
    gil->executed = 0;
}

/* Under lock, by the thread that holds the interpreter. */
static void give_locked(void)
{
    line.serving++;
    pthread_cond_broadcast(&line.served);
}

static void take(struct gil *gil)
{
    pthread_mutex_lock(&line.lock);
    take_locked(gil);
    pthread_mutex_unlock(&line.lock);
}

static void give(void)
{
    pthread_mutex_lock(&line.lock);
    give_locked();
    pthread_mutex_unlock(&line.lock);
}

/* After each instruction, with the interpreter held. */
static void end_of_instruction(struct gil *gil)
{
    if (++gil->executed < gil->interval)
        return;
    pthread_mutex_lock(&line.lock);
    gil->executed = 0;
    if (line.drawn - line.serving > 1) { /* not only this thread's number */
        give_locked();
        take_locked(gil);
    }
    pthread_mutex_unlock(&line.lock);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int error = 0;

    take(gil);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            give();
            error = vm_wait(thread);
            take(gil);
        } else {
            end_of_instruction(gil);
        }
    }
    error = vm_finish(thread);
    give();
    return error;
}

/* expect: pass */
/*
 * No line but a roll: each thread has a slot, and says there whether it wants
 * the interpreter. Whoever gives it back goes round the slots from its own and
 * gives it to the first that wants it, by name. There is a condition for each
 * slot. More threads than slots wait for a slot first.
 */
#include "gil.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SLOTS = 64, NOBODY = -1 };

struct gil {
    int interval; /* never changes */

    pthread_mutex_t lock;
    pthread_cond_t slot_free;

    /* guarded by lock */
    int owner; /* a slot, or NOBODY */
    int wanting;
    struct slot {
        bool used;
        bool wants;
        pthread_cond_t given;
    } slots[SLOTS];
};

struct gil *gil_create(int interval)
{
    struct gil *gil = calloc(1, sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    gil->owner = NOBODY;
    pthread_mutex_init(&gil->lock, NULL);
    pthread_cond_init(&gil->slot_free, NULL);
    for (int i = 0; i < SLOTS; i++)
        pthread_cond_init(&gil->slots[i].given, NULL);
    return gil;
}

void gil_destroy(struct gil *gil)
{
    for (int i = 0; i < SLOTS; i++)
        pthread_cond_destroy(&gil->slots[i].given);
    pthread_cond_destroy(&gil->slot_free);
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

/* ---- all under lock ----------------------------------------------------- */

static int free_slot(const struct gil *gil)
{
    for (int i = 0; i < SLOTS; i++)
        if (!gil->slots[i].used)
            return i;
    return NOBODY;
}

static void want(struct gil *gil, int me)
{
    if (gil->owner == NOBODY) {
        gil->owner = me;
        return;
    }
    gil->slots[me].wants = true;
    gil->wanting++;
    while (gil->owner != me)
        pthread_cond_wait(&gil->slots[me].given, &gil->lock);
}

static void pass_on(struct gil *gil, int me)
{
    gil->owner = NOBODY;
    for (int i = 1; i < SLOTS && gil->wanting > 0; i++) {
        struct slot *slot = &gil->slots[(me + i) % SLOTS];

        if (!slot->wants)
            continue;
        slot->wants = false;
        gil->wanting--;
        gil->owner = (me + i) % SLOTS;
        pthread_cond_signal(&slot->given);
        return;
    }
}

/* ---- the loop ----------------------------------------------------------- */

static int execute_all(struct gil *gil, struct vm_thread *thread, int me)
{
    int executed = 0;

    for (;;) {
        enum vm_status status = vm_step(thread);
        int error = 0;

        if (status == VM_ENDS)
            return vm_finish(thread);
        if (status == VM_GOES_ON && ++executed < gil->interval)
            continue;
        pthread_mutex_lock(&gil->lock);
        executed = 0;
        if (status == VM_WAITS) {
            pass_on(gil, me);
            pthread_mutex_unlock(&gil->lock);
            error = vm_wait(thread);
            pthread_mutex_lock(&gil->lock);
            want(gil, me);
        } else if (gil->wanting > 0) {
            pass_on(gil, me);
            want(gil, me);
        }
        pthread_mutex_unlock(&gil->lock);
        if (error != 0)
            return vm_finish(thread);
    }
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    int me, error;

    pthread_mutex_lock(&gil->lock);
    while ((me = free_slot(gil)) == NOBODY)
        pthread_cond_wait(&gil->slot_free, &gil->lock);
    gil->slots[me].used = true;
    want(gil, me);
    pthread_mutex_unlock(&gil->lock);

    error = execute_all(gil, thread, me);

    pthread_mutex_lock(&gil->lock);
    pass_on(gil, me);
    gil->slots[me].used = false;
    pthread_cond_signal(&gil->slot_free);
    pthread_mutex_unlock(&gil->lock);
    return error;
}

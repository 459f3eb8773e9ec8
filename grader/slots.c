/*
 * slots.c - a counting semaphore with priorities: a mutex, a condition, and
 * the question asked again after each wakeup.
 */
#include "slots.h"

#include <stdbool.h>
#include <string.h>

void slots_init(struct slots *slots, unsigned count)
{
    memset(slots, 0, sizeof *slots);
    pthread_mutex_init(&slots->lock, NULL);
    pthread_cond_init(&slots->freed, NULL);
    slots->free = count > 0 ? count : 1;
}

void slots_destroy(struct slots *slots)
{
    pthread_cond_destroy(&slots->freed);
    pthread_mutex_destroy(&slots->lock);
}

/* with slots->lock held */
static bool must_wait(const struct slots *slots, unsigned priority)
{
    if (slots->free == 0)
        return true;
    for (unsigned i = 0; i < priority; i++)
        if (slots->waiting[i] > 0)
            return true;
    return false;
}

void slots_take(struct slots *slots, unsigned priority)
{
    if (priority > 7)
        priority = 7;
    pthread_mutex_lock(&slots->lock);
    slots->waiting[priority]++;
    for (;;) {
        /* this one does not count among those that wait before it */
        if (!must_wait(slots, priority))
            break;
        pthread_cond_wait(&slots->freed, &slots->lock);
    }
    slots->waiting[priority]--;
    slots->free--;
    /* who waited behind this one may look again: a slot may be left */
    pthread_cond_broadcast(&slots->freed);
    pthread_mutex_unlock(&slots->lock);
}

void slots_give(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    slots->free++;
    pthread_cond_broadcast(&slots->freed);
    pthread_mutex_unlock(&slots->lock);
}

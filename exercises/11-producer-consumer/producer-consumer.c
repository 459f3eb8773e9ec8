/*
 * producer-consumer.c - yours to write. The contract is in
 * producer-consumer.h, the explanation in the handout.
 *
 * It compiles, and one item at a time gets through, if you are lucky: there is
 * one place, whatever the capacity, and a flag that says whether it is taken.
 * Who would have to wait is sent away. Go through the steps in their order;
 * each can be checked before the next is begun.
 */
#include "producer-consumer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- step 1: a bounded queue -------------------------------------------- */

struct queue {
    /* TODO step 1: a mutex; the conditions that threads wait for; and, below
     * the mutex, what it guards: `capacity` places, and which are taken. */
    size_t capacity;
    void *place;
    bool taken;
};

struct queue *queue_create(size_t capacity)
{
    struct queue *queue;

    if (capacity == 0) {
        errno = EINVAL;
        return NULL;
    }
    queue = calloc(1, sizeof *queue);
    if (queue != NULL)
        queue->capacity = capacity;
    return queue;
}

int queue_put(struct queue *queue, void *item)
{
    /* TODO step 1: sleep while it is full. Step 2: it may be closed. */
    if (queue->taken)
        return ENOSYS;
    queue->place = item;
    queue->taken = true;
    return 0;
}

int queue_take(struct queue *queue, void **item)
{
    /* TODO step 1: sleep while it is empty. Step 2: it may be closed. */
    if (!queue->taken)
        return ENOSYS;
    *item = queue->place;
    queue->taken = false;
    return 0;
}

void queue_destroy(struct queue *queue)
{
    free(queue);
}

/* ---- step 2: the end of a queue ----------------------------------------- */

void queue_close(struct queue *queue)
{
    /* TODO step 2: say so, and wake everyone whom it concerns. */
    (void)queue;
}

/* ---- step 3: a wait that ends ------------------------------------------- */

int queue_take_within(struct queue *queue, void **item, long milliseconds)
{
    /* TODO step 3: as queue_take(), with an end of the wait. */
    (void)queue;
    (void)item;
    (void)milliseconds;
    return ENOSYS;
}

/* ---- step 4: a daemon --------------------------------------------------- */

struct daemon {
    struct queue *queue;
    /* TODO step 4: its thread, what it does, and how much it has done. */
};

struct daemon *daemon_start(struct queue *queue,
                            void (*work)(void *item, void *arg), void *arg)
{
    /* TODO step 4: start the thread. */
    (void)queue;
    (void)work;
    (void)arg;
    return NULL;
}

size_t daemon_finish(struct daemon *daemon)
{
    /* TODO step 4: close the queue, wait for the thread. */
    free(daemon);
    return 0;
}

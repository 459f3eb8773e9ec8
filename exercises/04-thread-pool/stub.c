/*
 * thread-pool.c - yours to write. The contract is in thread-pool.h, the
 * explanation in the handout.
 *
 * It compiles, and there is not one thread in it: a task is run at once by
 * whoever submits it. Go through the steps in their order; each can be
 * checked before the next is begun.
 */
#include "thread-pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- step 1: a future --------------------------------------------------- */

struct future {
    /* TODO step 1: a mutex, and under it what it guards; a condition. */
    bool set;
    int error;
    void *result;
};

struct future *future_create(void)
{
    return calloc(1, sizeof(struct future));
}

void future_set(struct future *future, int error, void *result)
{
    /* TODO step 1: others look at these at the same moment. */
    future->error = error;
    future->result = result;
    future->set = true;
}

int future_wait(struct future *future, void **result)
{
    /* TODO step 1: sleep until it is set. Step 2: but not inside a task. */
    if (!future->set)
        return EAGAIN;
    if (result != NULL)
        *result = future->result;
    return future->error;
}

void future_destroy(struct future *future)
{
    free(future);
}

/* ---- step 2: the queue and the workers ---------------------------------- */

struct pool {
    struct pool_config config;
    /* TODO step 2: the workers; the queue, and the lock that guards it. */
};

struct pool *pool_create(const struct pool_config *config)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->config = *config;
    /* TODO step 2: start the workers. */
    return pool;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    void *result = NULL;
    int error;

    (void)pool;
    *future = future_create();
    if (*future == NULL)
        return ENOMEM;

    /* TODO step 2: put it into the queue, and let a worker do this. */
    error = task(arg, &result);
    future_set(*future, error, result);
    return 0;
}

void pool_destroy(struct pool *pool)
{
    /*
     * TODO step 4: shut down, then free everything. Until then nothing is
     * freed, on purpose: the workers of step 2 would still be using it.
     */
    (void)pool;
}

/* ---- step 3: map, and a session for each worker ------------------------- */

int pool_map(struct pool *pool, pool_task *task, void *const args[],
             void *results[], size_t count)
{
    /* TODO step 3: submit all of them, then wait for each. */
    (void)pool;
    (void)task;
    (void)args;
    (void)results;
    (void)count;
    return ENOSYS;
}

void *pool_session(void)
{
    /* TODO step 3: what this thread's open_session() returned. */
    return NULL;
}

/* ---- step 4: the end ---------------------------------------------------- */

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    /* TODO step 4: close the queue, wake everyone, join the workers. */
    (void)pool;
    (void)ending;
    return ENOSYS;
}

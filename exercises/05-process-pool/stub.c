/*
 * process-pool.c - yours to write. The contract is in process-pool.h, the
 * explanation in the handout.
 *
 * It compiles, and there is not one process in it but the caller's, which
 * does all the work itself. Go through the steps in their order; each can be
 * checked before the next is begun.
 */
#include "process-pool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct process_pool {
    struct process_pool_config config;
    /* TODO step 1: for each worker its process, and the way to it. */
};

/* ---- in the worker ------------------------------------------------------ */

/* TODO step 1: read an item, call work(), write its result, until there are
 * no more; then _exit(). Step 3: initialize() before, finish() after. */

/* ---- in the caller ------------------------------------------------------ */

int process_pool_create(struct process_pool **pool,
                        const struct process_pool_config *config)
{
    *pool = calloc(1, sizeof **pool);
    if (*pool == NULL)
        return ENOMEM;
    (*pool)->config = *config;
    /* TODO step 1: fork the workers. Step 3: wait until they are ready. */
    return 0;
}

int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count)
{
    int error = 0;

    /* TODO step 1: let a worker do this. Step 2: as many as there are, at
     * the same moment. Step 4: and if one of them dies? */
    for (size_t i = 0; i < count; i++) {
        results[i].bytes = (struct bytes){0, NULL};
        results[i].error = pool->config.work(&items[i], &results[i].bytes);
        if (error == 0)
            error = results[i].error;
    }
    return error;
}

void process_pool_destroy(struct process_pool *pool)
{
    /* TODO step 1: let the workers end, wait for each, close its ends; and
     * when nobody uses the pool any more, free it. */
    (void)pool;
}

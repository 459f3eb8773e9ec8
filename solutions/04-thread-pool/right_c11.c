/* expect: pass */
/*
 * right_c11.c - the pool in the words of C11: thrd_t, mtx_t, cnd_t, and tss_t
 * for what belongs to each thread. The queue is a linked list; a counter of
 * the workers that are still there is not needed, as thrd_join() waits.
 */
#include "thread-pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>

/* One value for each worker: who it is. Made once for the program. */
static tss_t self;
static once_flag self_once = ONCE_FLAG_INIT;

struct worker {
    struct pool *pool;
    thrd_t thread;
    void *session; /* only the worker itself uses it */
};

struct future {
    mtx_t lock;
    cnd_t ready;

    /* guarded by lock */
    enum { PENDING, DONE } state;
    int error;
    void *result;
};

struct node {
    struct node *next;
    pool_task *task;
    void *arg;
    struct future *future;
};

struct pool {
    struct pool_config config;
    struct worker *workers;
    mtx_t lock;
    cnd_t came; /* a node was added, or the pool closed */
    cnd_t went; /* a node was taken, or the pool closed */

    /* guarded by lock */
    struct node *first, *last;
    int count;
    bool closed;
};

static void self_begin(void)
{
    tss_create(&self, NULL);
}

static struct worker *who(void)
{
    call_once(&self_once, self_begin);
    return tss_get(self);
}

static bool inside(const struct pool *pool)
{
    struct worker *worker = who();

    return worker != NULL && worker->pool == pool;
}

struct future *future_create(void)
{
    struct future *future = calloc(1, sizeof *future);

    if (future == NULL)
        return NULL;
    if (mtx_init(&future->lock, mtx_plain) != thrd_success) {
        free(future);
        return NULL;
    }
    cnd_init(&future->ready);
    return future;
}

void future_destroy(struct future *future)
{
    cnd_destroy(&future->ready);
    mtx_destroy(&future->lock);
    free(future);
}

void future_set(struct future *future, int error, void *result)
{
    mtx_lock(&future->lock);
    future->state = DONE;
    future->error = error;
    future->result = result;
    cnd_broadcast(&future->ready);
    mtx_unlock(&future->lock);
}

int future_wait(struct future *future, void **result)
{
    bool may_block = who() == NULL;
    int error = EDEADLK;

    mtx_lock(&future->lock);
    while (future->state == PENDING && may_block)
        cnd_wait(&future->ready, &future->lock);
    if (future->state == DONE) {
        error = future->error;
        if (result != NULL)
            *result = future->result;
    }
    mtx_unlock(&future->lock);
    return error;
}

/* Under the lock. */
static int add(struct pool *pool, struct node *node)
{
    while (!pool->closed && pool->count == pool->config.capacity) {
        if (inside(pool))
            return EAGAIN;
        cnd_wait(&pool->went, &pool->lock);
    }
    if (pool->closed)
        return ESHUTDOWN;
    if (pool->last != NULL)
        pool->last->next = node;
    else
        pool->first = node;
    pool->last = node;
    pool->count++;
    cnd_signal(&pool->came);
    return 0;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    struct node *node = calloc(1, sizeof *node);
    int error = ENOMEM;

    if (node == NULL)
        return ENOMEM;
    node->task = task;
    node->arg = arg;
    node->future = future_create();
    if (node->future != NULL) {
        struct future *made = node->future; /* the node may be gone soon */

        mtx_lock(&pool->lock);
        error = add(pool, node);
        mtx_unlock(&pool->lock);
        if (error == 0)
            *future = made;
        else
            future_destroy(made);
    }
    if (error != 0)
        free(node);
    return error;
}

static struct node *take(struct pool *pool)
{
    struct node *node = pool->first;

    pool->first = node->next;
    if (pool->first == NULL)
        pool->last = NULL;
    pool->count--;
    cnd_signal(&pool->went);
    return node;
}

static int work(void *arg)
{
    struct worker *worker = arg;
    struct pool *pool = worker->pool;

    who();
    tss_set(self, worker);
    if (pool->config.open_session != NULL)
        worker->session = pool->config.open_session(pool->config.arg);

    mtx_lock(&pool->lock);
    for (;;) {
        while (pool->first == NULL && !pool->closed)
            cnd_wait(&pool->came, &pool->lock);
        if (pool->first == NULL)
            break;
        struct node *node = take(pool);
        mtx_unlock(&pool->lock);

        void *result = NULL;
        int error = node->task(node->arg, &result);
        future_set(node->future, error, result);
        free(node);

        mtx_lock(&pool->lock);
    }
    mtx_unlock(&pool->lock);

    if (pool->config.close_session != NULL)
        pool->config.close_session(worker->session);
    return 0;
}

static void end(struct pool *pool, int workers)
{
    cnd_broadcast(&pool->came);
    cnd_broadcast(&pool->went);
    for (int i = 0; i < workers; i++)
        thrd_join(pool->workers[i].thread, NULL);
}

static void release(struct pool *pool)
{
    cnd_destroy(&pool->came);
    cnd_destroy(&pool->went);
    mtx_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

struct pool *pool_create(const struct pool_config *config)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->config = *config;
    pool->workers = calloc((size_t)config->workers, sizeof *pool->workers);
    mtx_init(&pool->lock, mtx_plain);
    cnd_init(&pool->came);
    cnd_init(&pool->went);
    if (pool->workers == NULL) {
        release(pool);
        return NULL;
    }
    for (int i = 0; i < config->workers; i++) {
        struct worker *worker = &pool->workers[i];

        worker->pool = pool;
        if (thrd_create(&worker->thread, work, worker) == thrd_success)
            continue;
        mtx_lock(&pool->lock);
        pool->closed = true;
        mtx_unlock(&pool->lock);
        end(pool, i);
        release(pool);
        return NULL;
    }
    return pool;
}

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    bool closed;

    if (inside(pool))
        return EDEADLK;
    mtx_lock(&pool->lock);
    closed = pool->closed;
    pool->closed = true;
    while (!closed && ending == POOL_CANCEL && pool->first != NULL) {
        struct node *node = take(pool);

        future_set(node->future, ECANCELED, NULL);
        free(node);
    }
    mtx_unlock(&pool->lock);
    if (closed)
        return ESHUTDOWN;
    end(pool, pool->config.workers);
    return 0;
}

void pool_destroy(struct pool *pool)
{
    pool_shutdown(pool, POOL_DRAIN);
    release(pool);
}

int pool_map(struct pool *pool, pool_task *task, void *const args[],
             void *results[], size_t count)
{
    struct future **futures = calloc(count + 1, sizeof *futures);
    int error = 0;

    if (futures == NULL)
        return ENOMEM;
    if (inside(pool)) {
        free(futures);
        return EDEADLK;
    }
    for (size_t i = 0; i < count; i++)
        pool_submit(pool, task, args[i], &futures[i]);
    /* Backwards, so that the error that stays is that of the lowest. */
    for (size_t i = count; i-- > 0;) {
        int this_error = ESHUTDOWN;

        results[i] = NULL;
        if (futures[i] != NULL) {
            this_error = future_wait(futures[i], &results[i]);
            future_destroy(futures[i]);
        }
        if (this_error != 0)
            error = this_error;
    }
    free(futures);
    return error;
}

void *pool_session(void)
{
    struct worker *worker = who();

    return worker != NULL ? worker->session : NULL;
}

/* expect: pass */
/*
 * right_constructor.c - the reference, with what all pools share made before
 * main(): a constructor makes the key under which each thread keeps its pool,
 * the kind of lock that says so when it is misused, and one lock of that kind.
 */
#include "thread-pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Made by prepare(), before main(); never changed. */
static pthread_key_t pool_key; /* the pool whose worker a thread is */
static pthread_mutexattr_t checked;

static pthread_mutex_t all_lock; /* taken before any other lock, or alone */
/* guarded by all_lock */
static int pools_alive;

static _Thread_local void *this_session;

__attribute__((constructor)) static void prepare(void)
{
    pthread_key_create(&pool_key, NULL);
    pthread_mutexattr_init(&checked);
    pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&all_lock, &checked);
    pthread_mutex_lock(&all_lock);
    pools_alive = 0;
    pthread_mutex_unlock(&all_lock);
}

__attribute__((destructor)) static void forget(void)
{
    pthread_mutex_destroy(&all_lock);
    pthread_mutexattr_destroy(&checked);
    pthread_key_delete(pool_key);
}

static void count_pools(int more)
{
    pthread_mutex_lock(&all_lock);
    pools_alive += more;
    pthread_mutex_unlock(&all_lock);
}

static struct pool *this_pool(void)
{
    return pthread_getspecific(pool_key);
}

/* ---- step 1: a future --------------------------------------------------- */

struct future {
    pthread_mutex_t lock;
    pthread_cond_t was_set; /* set became true */

    /* guarded by lock */
    bool set;
    int error;
    void *result;
};

struct future *future_create(void)
{
    struct future *future = calloc(1, sizeof *future);

    if (future == NULL)
        return NULL;
    pthread_mutex_init(&future->lock, &checked);
    pthread_cond_init(&future->was_set, NULL);
    return future;
}

void future_destroy(struct future *future)
{
    pthread_cond_destroy(&future->was_set);
    pthread_mutex_destroy(&future->lock);
    free(future);
}

/* The broadcast is made under the lock: once the lock is free a waiter may
 * come back and destroy the future, condition and all. */
void future_set(struct future *future, int error, void *result)
{
    pthread_mutex_lock(&future->lock);
    future->error = error;
    future->result = result;
    future->set = true;
    pthread_cond_broadcast(&future->was_set);
    pthread_mutex_unlock(&future->lock);
}

int future_wait(struct future *future, void **result)
{
    int error = EDEADLK;

    pthread_mutex_lock(&future->lock);
    while (!future->set && this_pool() == NULL)
        pthread_cond_wait(&future->was_set, &future->lock);
    if (future->set) {
        error = future->error;
        if (result != NULL)
            *result = future->result;
    }
    pthread_mutex_unlock(&future->lock);
    return error;
}

/* ---- step 2: the queue -------------------------------------------------- */

struct item {
    pool_task *task;
    void *arg;
    struct future *future; /* the submitter's; set once, then left alone */
};

struct pool {
    /* set before the first worker starts, and never changed */
    struct pool_config config;

    /* used by the thread that creates and the one that shuts down */
    pthread_t *threads;
    int started;

    pthread_mutex_t lock;
    pthread_cond_t not_empty; /* count rose above 0, or closed became true */
    pthread_cond_t not_full;  /* count fell below capacity, or closed ... */

    /* guarded by lock: a ring, items[first] has stood there longest */
    bool closed;
    int first;
    int count;
    struct item *items;
};

/* Under the lock, and there is room. */
static void queue_put(struct pool *pool, struct item item)
{
    pool->items[(pool->first + pool->count) % pool->config.capacity] = item;
    pool->count++;
    pthread_cond_signal(&pool->not_empty);
}

/* Under the lock, and there is an item. */
static struct item queue_take(struct pool *pool)
{
    struct item item = pool->items[pool->first];

    pool->first = (pool->first + 1) % pool->config.capacity;
    pool->count--;
    pthread_cond_signal(&pool->not_full);
    return item;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    struct item item = {task, arg, future_create()};
    int error = 0;

    if (item.future == NULL)
        return ENOMEM;

    pthread_mutex_lock(&pool->lock);
    while (!pool->closed && pool->count == pool->config.capacity &&
           this_pool() != pool)
        pthread_cond_wait(&pool->not_full, &pool->lock);
    if (pool->closed)
        error = ESHUTDOWN;
    else if (pool->count == pool->config.capacity)
        error = EAGAIN;
    else
        queue_put(pool, item);
    pthread_mutex_unlock(&pool->lock);

    if (error != 0)
        future_destroy(item.future);
    else
        *future = item.future;
    return error;
}

/* ---- step 2: the workers ------------------------------------------------ */

/* Blocks until there is an item, or there will be none any more: false. */
static bool next_item(struct pool *pool, struct item *item)
{
    bool found;

    pthread_mutex_lock(&pool->lock);
    while (pool->count == 0 && !pool->closed)
        pthread_cond_wait(&pool->not_empty, &pool->lock);
    found = pool->count > 0;
    if (found)
        *item = queue_take(pool);
    pthread_mutex_unlock(&pool->lock);
    return found;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    struct item item;

    pthread_setspecific(pool_key, pool);
    if (pool->config.open_session != NULL)
        this_session = pool->config.open_session(pool->config.arg);

    while (next_item(pool, &item)) {
        void *result = NULL;
        int error = item.task(item.arg, &result);

        future_set(item.future, error, result);
    }

    if (pool->config.close_session != NULL)
        pool->config.close_session(this_session);
    return NULL;
}

static void pool_free(struct pool *pool)
{
    count_pools(-1);
    pthread_cond_destroy(&pool->not_full);
    pthread_cond_destroy(&pool->not_empty);
    pthread_mutex_destroy(&pool->lock);
    free(pool->items);
    free(pool->threads);
    free(pool);
}

struct pool *pool_create(const struct pool_config *config)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    count_pools(1);
    pool->config = *config;
    pthread_mutex_init(&pool->lock, &checked);
    pthread_cond_init(&pool->not_empty, NULL);
    pthread_cond_init(&pool->not_full, NULL);
    pool->items = calloc((size_t)config->capacity, sizeof *pool->items);
    pool->threads = calloc((size_t)config->workers, sizeof *pool->threads);
    if (pool->items == NULL || pool->threads == NULL) {
        pool_free(pool);
        return NULL;
    }

    while (pool->started < config->workers) {
        if (pthread_create(&pool->threads[pool->started], NULL, work, pool)) {
            pool_destroy(pool);
            return NULL;
        }
        pool->started++;
    }
    return pool;
}

void pool_destroy(struct pool *pool)
{
    pool_shutdown(pool, POOL_DRAIN); /* ESHUTDOWN: it was done before */
    pool_free(pool);
}

/* ---- step 3: map, and a session for each worker ------------------------- */

struct entry {
    struct future *future; /* NULL: it was not accepted, see error */
    int error;
};

int pool_map(struct pool *pool, pool_task *task, void *const args[],
             void *results[], size_t count)
{
    struct entry *entries;
    int first_error = 0;

    if (this_pool() == pool)
        return EDEADLK;
    if (count == 0)
        return 0;
    entries = calloc(count, sizeof *entries);
    if (entries == NULL)
        return ENOMEM;

    /* All are under way before the first is waited for. */
    for (size_t i = 0; i < count; i++)
        entries[i].error = pool_submit(pool, task, args[i], &entries[i].future);

    /* In the order of the input, whatever the order in which they end. */
    for (size_t i = 0; i < count; i++) {
        results[i] = NULL;
        if (entries[i].future != NULL) {
            entries[i].error = future_wait(entries[i].future, &results[i]);
            future_destroy(entries[i].future);
        }
        if (first_error == 0)
            first_error = entries[i].error;
    }
    free(entries);
    return first_error;
}

void *pool_session(void)
{
    return this_session;
}

/* ---- step 4: the end ---------------------------------------------------- */

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    if (this_pool() == pool)
        return EDEADLK;

    pthread_mutex_lock(&pool->lock);
    if (pool->closed) {
        pthread_mutex_unlock(&pool->lock);
        return ESHUTDOWN;
    }
    pool->closed = true;
    if (ending == POOL_CANCEL)
        while (pool->count > 0)
            future_set(queue_take(pool).future, ECANCELED, NULL);
    /* Everybody is concerned, so not one signal: a broadcast. */
    pthread_cond_broadcast(&pool->not_empty);
    pthread_cond_broadcast(&pool->not_full);
    pthread_mutex_unlock(&pool->lock);

    /* Without the lock: the workers need it to find out. */
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    return 0;
}

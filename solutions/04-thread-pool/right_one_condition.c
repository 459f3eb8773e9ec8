/* expect: pass */
/*
 * right_one_condition.c - one lock and one condition variable for everything
 * there is: futures, queues, all pools. Everybody who waits is woken at every
 * change, looks whether it was hers, and mostly sleeps again. Simple to get
 * right, and a crowd at the door (a "thundering herd") with many threads.
 *
 * It lives on its `while` loops: nearly every wakeup is for somebody else.
 */
#include "thread-pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER; /* anything did */

static _Thread_local struct pool *my_pool;
static _Thread_local void *my_session;

/* All of this is guarded by `lock`. */
struct future {
    bool set;
    int error;
    void *result;

    struct future *next; /* in the queue */
    pool_task *task;
    void *arg;
};

struct pool {
    struct future *queue;
    int queued;
    bool closed;

    /* never change once the pool is made */
    struct pool_config config;
    pthread_t *threads;
};

struct future *future_create(void)
{
    return calloc(1, sizeof(struct future));
}

void future_destroy(struct future *future)
{
    free(future);
}

static void set(struct future *future, int error, void *result)
{
    future->error = error;
    future->result = result;
    future->set = true;
    pthread_cond_broadcast(&changed);
}

void future_set(struct future *future, int error, void *result)
{
    pthread_mutex_lock(&lock);
    set(future, error, result);
    pthread_mutex_unlock(&lock);
}

int future_wait(struct future *future, void **result)
{
    int error = EDEADLK;

    pthread_mutex_lock(&lock);
    while (!future->set && my_pool == NULL)
        pthread_cond_wait(&changed, &lock);
    if (future->set) {
        error = future->error;
        if (result != NULL)
            *result = future->result;
    }
    pthread_mutex_unlock(&lock);
    return error;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    struct future *made = future_create();
    struct future **end;
    int error = 0;

    if (made == NULL)
        return ENOMEM;
    made->task = task;
    made->arg = arg;

    pthread_mutex_lock(&lock);
    while (!pool->closed && pool->queued == pool->config.capacity &&
           my_pool != pool)
        pthread_cond_wait(&changed, &lock);
    if (pool->closed) {
        error = ESHUTDOWN;
    } else if (pool->queued == pool->config.capacity) {
        error = EAGAIN;
    } else {
        for (end = &pool->queue; *end != NULL; end = &(*end)->next)
            ;
        *end = made;
        pool->queued++;
        *future = made;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);

    if (error != 0)
        free(made);
    return error;
}

/* Under the lock, and the queue is not empty. */
static struct future *take(struct pool *pool)
{
    struct future *future = pool->queue;

    pool->queue = future->next;
    pool->queued--;
    pthread_cond_broadcast(&changed);
    return future;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;

    my_pool = pool;
    if (pool->config.open_session != NULL)
        my_session = pool->config.open_session(pool->config.arg);
    pthread_mutex_lock(&lock);
    for (;;) {
        struct future *future;
        void *result = NULL;
        int error;

        while (pool->queue == NULL && !pool->closed)
            pthread_cond_wait(&changed, &lock);
        if (pool->queue == NULL)
            break;
        future = take(pool);
        pthread_mutex_unlock(&lock);
        error = future->task(future->arg, &result);
        pthread_mutex_lock(&lock);
        set(future, error, result);
    }
    pthread_mutex_unlock(&lock);
    if (pool->config.close_session != NULL)
        pool->config.close_session(my_session);
    return NULL;
}

static int close_and_join(struct pool *pool, enum pool_ending ending,
                          int threads)
{
    bool closed;

    pthread_mutex_lock(&lock);
    closed = pool->closed;
    pool->closed = true;
    while (!closed && ending == POOL_CANCEL && pool->queue != NULL)
        set(take(pool), ECANCELED, NULL);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (closed)
        return ESHUTDOWN;
    for (int i = 0; i < threads; i++)
        pthread_join(pool->threads[i], NULL);
    return 0;
}

struct pool *pool_create(const struct pool_config *config)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->config = *config;
    pool->threads = calloc((size_t)config->workers, sizeof *pool->threads);
    if (pool->threads == NULL) {
        free(pool);
        return NULL;
    }
    for (int i = 0; i < config->workers; i++) {
        if (pthread_create(&pool->threads[i], NULL, worker, pool) != 0) {
            close_and_join(pool, POOL_CANCEL, i);
            free(pool->threads);
            free(pool);
            return NULL;
        }
    }
    return pool;
}

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    if (my_pool == pool)
        return EDEADLK;
    return close_and_join(pool, ending, pool->config.workers);
}

void pool_destroy(struct pool *pool)
{
    pool_shutdown(pool, POOL_DRAIN);
    free(pool->threads);
    free(pool);
}

int pool_map(struct pool *pool, pool_task *task, void *const args[],
             void *results[], size_t count)
{
    struct future **futures;
    int *errors;
    int first = 0;

    if (my_pool == pool)
        return EDEADLK;
    futures = calloc(count + 1, sizeof *futures);
    errors = calloc(count + 1, sizeof *errors);
    if (futures == NULL || errors == NULL) {
        free(futures);
        free(errors);
        return ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        results[i] = NULL;
        errors[i] = pool_submit(pool, task, args[i], &futures[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (errors[i] == 0) {
            errors[i] = future_wait(futures[i], &results[i]);
            future_destroy(futures[i]);
        }
    }
    for (size_t i = 0; i < count && first == 0; i++)
        first = errors[i];
    free(futures);
    free(errors);
    return first;
}

void *pool_session(void)
{
    return my_session;
}

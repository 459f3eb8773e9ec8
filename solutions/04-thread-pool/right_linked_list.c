/* expect: pass */
/*
 * right_linked_list.c - the future itself is the node of the queue: one block
 * of memory for each task. Whoever wakes others does so after the unlock, as
 * some like it better: the woken thread finds the lock free. That is allowed
 * for the pool's conditions, which live until the workers are joined; it
 * would be a mistake for the future's, which may be destroyed by then.
 *
 * Helgrind calls a signal without the lock "dubious".
 */
#include "thread-pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

static __thread struct pool *worker_of;
static __thread void *session;

struct future {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool set;
    int error;
    void *result;

    /* while it stands in the queue; guarded by the pool's lock */
    struct future *next;
    pool_task *task;
    void *arg;
};

struct pool {
    struct pool_config config;

    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t room;

    /* guarded by lock */
    struct future *head;
    struct future **tail;
    int length;
    bool closed;

    pthread_t threads[];
};

struct future *future_create(void)
{
    struct future *f = calloc(1, sizeof *f);

    if (f != NULL) {
        pthread_mutex_init(&f->lock, NULL);
        pthread_cond_init(&f->done, NULL);
    }
    return f;
}

void future_destroy(struct future *f)
{
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->done);
    free(f);
}

void future_set(struct future *f, int error, void *result)
{
    pthread_mutex_lock(&f->lock);
    f->set = true;
    f->error = error;
    f->result = result;
    pthread_cond_broadcast(&f->done);
    pthread_mutex_unlock(&f->lock);
}

int future_wait(struct future *f, void **result)
{
    int error;

    if (worker_of != NULL)
        return EDEADLK;
    pthread_mutex_lock(&f->lock);
    while (!f->set)
        pthread_cond_wait(&f->done, &f->lock);
    error = f->error;
    if (result)
        *result = f->result;
    pthread_mutex_unlock(&f->lock);
    return error;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    struct future *f = future_create();
    int error = 0;

    if (f == NULL)
        return ENOMEM;
    f->task = task;
    f->arg = arg;

    pthread_mutex_lock(&pool->lock);
    while (pool->length >= pool->config.capacity && !pool->closed) {
        if (worker_of == pool) {
            error = EAGAIN;
            goto out;
        }
        pthread_cond_wait(&pool->room, &pool->lock);
    }
    if (pool->closed) {
        error = ESHUTDOWN;
        goto out;
    }
    *pool->tail = f;
    pool->tail = &f->next;
    pool->length++;
out:
    pthread_mutex_unlock(&pool->lock);
    if (error != 0) {
        future_destroy(f);
        return error;
    }
    pthread_cond_signal(&pool->work);
    *future = f;
    return 0;
}

/* Under the lock; NULL when the queue is empty. */
static struct future *take(struct pool *pool)
{
    struct future *f = pool->head;

    if (f == NULL)
        return NULL;
    pool->head = f->next;
    if (pool->head == NULL)
        pool->tail = &pool->head;
    pool->length--;
    return f;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;

    worker_of = pool;
    if (pool->config.open_session)
        session = pool->config.open_session(pool->config.arg);
    for (;;) {
        struct future *f;
        void *result = NULL;
        int error;

        pthread_mutex_lock(&pool->lock);
        while ((f = take(pool)) == NULL && !pool->closed)
            pthread_cond_wait(&pool->work, &pool->lock);
        pthread_mutex_unlock(&pool->lock);
        if (f == NULL)
            break;
        pthread_cond_signal(&pool->room);

        error = f->task(f->arg, &result);
        future_set(f, error, result);
    }
    if (pool->config.close_session)
        pool->config.close_session(session);
    return NULL;
}

static void close_and_join(struct pool *pool, int threads)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_broadcast(&pool->work);
    pthread_cond_broadcast(&pool->room);
    for (int i = 0; i < threads; i++)
        pthread_join(pool->threads[i], NULL);
}

static void release(struct pool *pool)
{
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->room);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

struct pool *pool_create(const struct pool_config *config)
{
    struct pool *pool =
        calloc(1, sizeof *pool + (size_t)config->workers * sizeof(pthread_t));

    if (pool == NULL)
        return NULL;
    pool->config = *config;
    pool->tail = &pool->head;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->room, NULL);
    for (int i = 0; i < config->workers; i++) {
        if (pthread_create(&pool->threads[i], NULL, worker, pool) != 0) {
            close_and_join(pool, i);
            release(pool);
            return NULL;
        }
    }
    return pool;
}

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    struct future *dropped = NULL;
    bool closed;

    if (worker_of == pool)
        return EDEADLK;
    pthread_mutex_lock(&pool->lock);
    closed = pool->closed;
    if (!closed && ending == POOL_CANCEL) {
        dropped = pool->head;
        pool->head = NULL;
        pool->tail = &pool->head;
        pool->length = 0;
    }
    pool->closed = true;
    pthread_mutex_unlock(&pool->lock);
    if (closed)
        return ESHUTDOWN;

    /* Nobody else can reach these any more, but for their owners. */
    while (dropped != NULL) {
        struct future *next = dropped->next;

        future_set(dropped, ECANCELED, NULL);
        dropped = next;
    }
    close_and_join(pool, pool->config.workers);
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
    struct future **futures;
    int error = 0, refused = 0;
    size_t accepted = 0;

    if (worker_of == pool)
        return EDEADLK;
    futures = calloc(count + 1, sizeof *futures);
    if (futures == NULL)
        return ENOMEM;
    while (accepted < count && refused == 0) {
        refused = pool_submit(pool, task, args[accepted], &futures[accepted]);
        if (refused == 0)
            accepted++;
    }
    for (size_t i = 0; i < count; i++) {
        results[i] = NULL;
        if (i < accepted) {
            int e = future_wait(futures[i], &results[i]);

            if (error == 0)
                error = e;
            future_destroy(futures[i]);
        }
    }
    free(futures);
    return error != 0 ? error : refused;
}

void *pool_session(void)
{
    return session;
}

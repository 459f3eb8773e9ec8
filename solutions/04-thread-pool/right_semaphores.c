/* expect: pass */
/*
 * right_semaphores.c - two counting semaphores say how much room and how many
 * tasks there are, and a mutex keeps the ring whole: the bounded buffer as it
 * stands in textbooks. A future is a semaphore too, used as a turnstile: who
 * comes through lets the next one through.
 *
 * At the end each semaphore is posted once. Whoever wakes, and finds the pool
 * closed, posts it again for the next: a chain in place of a broadcast.
 */
#include "thread-pool.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

static _Thread_local struct pool *own_pool;
static _Thread_local void *own_session;

struct future {
    sem_t set; /* what is below belongs to the setter before, to all after */
    int error;
    void *result;
};

struct item {
    pool_task *task;
    void *arg;
    struct future *future;
};

struct pool {
    struct pool_config config;
    pthread_t *threads;
    sem_t room;  /* free places */
    sem_t tasks; /* tasks in the ring */
    pthread_mutex_t lock;

    /* guarded by lock */
    struct item *ring;
    unsigned head, tail; /* they only grow */
    bool closed;
};

static void down(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        ;
}

struct future *future_create(void)
{
    struct future *future = malloc(sizeof *future);

    if (future == NULL)
        return NULL;
    sem_init(&future->set, 0, 0);
    return future;
}

void future_destroy(struct future *future)
{
    sem_destroy(&future->set);
    free(future);
}

void future_set(struct future *future, int error, void *result)
{
    future->error = error;
    future->result = result;
    sem_post(&future->set);
}

int future_wait(struct future *future, void **result)
{
    int error;

    if (own_pool == NULL)
        down(&future->set);
    else if (sem_trywait(&future->set) != 0)
        return EDEADLK;
    error = future->error;
    if (result != NULL)
        *result = future->result;
    sem_post(&future->set);
    return error;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    struct future *made = future_create();
    bool closed;

    if (made == NULL)
        return ENOMEM;
    if (own_pool != pool) {
        down(&pool->room);
    } else if (sem_trywait(&pool->room) != 0) {
        future_destroy(made);
        return EAGAIN;
    }

    pthread_mutex_lock(&pool->lock);
    closed = pool->closed;
    if (!closed)
        pool->ring[pool->tail++ % (unsigned)pool->config.capacity] =
            (struct item){task, arg, made};
    pthread_mutex_unlock(&pool->lock);

    if (closed) {
        sem_post(&pool->room); /* for the next who is blocked */
        future_destroy(made);
        return ESHUTDOWN;
    }
    *future = made;
    sem_post(&pool->tasks);
    return 0;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;

    own_pool = pool;
    if (pool->config.open_session != NULL)
        own_session = pool->config.open_session(pool->config.arg);
    for (;;) {
        struct item item;
        void *result = NULL;
        bool empty;
        int error;

        down(&pool->tasks);
        pthread_mutex_lock(&pool->lock);
        empty = pool->head == pool->tail; /* then it is closed */
        if (!empty)
            item = pool->ring[pool->head++ % (unsigned)pool->config.capacity];
        pthread_mutex_unlock(&pool->lock);
        if (empty)
            break;
        sem_post(&pool->room);
        error = item.task(item.arg, &result);
        future_set(item.future, error, result);
    }
    sem_post(&pool->tasks); /* for the next worker */
    if (pool->config.close_session != NULL)
        pool->config.close_session(own_session);
    return NULL;
}

/* Under the lock: closes, and with POOL_CANCEL empties the ring. The posts of
 * the tasks that were dropped only make a worker look, and leave. */
static void close_ring(struct pool *pool, enum pool_ending ending)
{
    unsigned capacity = (unsigned)pool->config.capacity;

    pool->closed = true;
    while (ending == POOL_CANCEL && pool->head != pool->tail)
        future_set(pool->ring[pool->head++ % capacity].future, ECANCELED, NULL);
}

static void end(struct pool *pool, int threads)
{
    sem_post(&pool->tasks);
    sem_post(&pool->room);
    for (int i = 0; i < threads; i++)
        pthread_join(pool->threads[i], NULL);
}

static void release(struct pool *pool)
{
    sem_destroy(&pool->room);
    sem_destroy(&pool->tasks);
    pthread_mutex_destroy(&pool->lock);
    free(pool->ring);
    free(pool->threads);
    free(pool);
}

struct pool *pool_create(const struct pool_config *config)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->config = *config;
    sem_init(&pool->room, 0, (unsigned)config->capacity);
    sem_init(&pool->tasks, 0, 0);
    pthread_mutex_init(&pool->lock, NULL);
    pool->ring = calloc((size_t)config->capacity, sizeof *pool->ring);
    pool->threads = calloc((size_t)config->workers, sizeof *pool->threads);
    if (pool->ring == NULL || pool->threads == NULL) {
        release(pool);
        return NULL;
    }
    for (int i = 0; i < config->workers; i++) {
        if (pthread_create(&pool->threads[i], NULL, worker, pool) == 0)
            continue;
        pool->closed = true;
        end(pool, i);
        release(pool);
        return NULL;
    }
    return pool;
}

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    bool closed;

    if (own_pool == pool)
        return EDEADLK;
    pthread_mutex_lock(&pool->lock);
    closed = pool->closed;
    if (!closed)
        close_ring(pool, ending);
    pthread_mutex_unlock(&pool->lock);
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
    int first = 0;

    if (futures == NULL)
        return ENOMEM;
    if (own_pool == pool) {
        free(futures);
        return EDEADLK;
    }
    for (size_t i = 0; i < count; i++)
        if (pool_submit(pool, task, args[i], &futures[i]) != 0)
            futures[i] = NULL;
    for (size_t i = 0; i < count; i++) {
        int error = ESHUTDOWN;

        results[i] = NULL;
        if (futures[i] != NULL) {
            error = future_wait(futures[i], &results[i]);
            future_destroy(futures[i]);
        }
        first = first == 0 ? error : first;
    }
    free(futures);
    return first;
}

void *pool_session(void)
{
    return own_session;
}

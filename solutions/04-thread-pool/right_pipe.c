/* expect: pass */
/*
 * right_pipe.c - the kernel's queue: what is submitted goes as a pointer
 * through a pipe, and workers sleep in read(). Closing the writing end is the
 * shutdown: readers first get what is left, then the end of the file. A
 * second pipe holds a byte for each free place.
 *
 * A read returns a whole pointer, as each write is one (up to PIPE_BUF bytes
 * are written in one piece). Helgrind does not see that what went into a pipe
 * comes before what comes out of it, and reports races on the tasks.
 */
#include "thread-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUT, IN }; /* the two ends of a pipe */

static _Thread_local struct pool *self_pool;
static _Thread_local void *self_session;

struct future {
    pthread_mutex_t lock;
    pthread_cond_t came;

    /* guarded by lock */
    bool here;
    int error;
    void *result;
};

struct parcel {
    pool_task *task;
    void *arg;
    struct future *future;
};

struct pool {
    struct pool_config config;
    pthread_t *threads;
    int parcels[2];
    int places[2]; /* not blocking; poll() blocks */

    pthread_mutex_t lock;

    /* guarded by lock: after it the writing end of `parcels` is shut */
    bool closed;
};

struct future *future_create(void)
{
    struct future *future = calloc(1, sizeof *future);

    if (future == NULL)
        return NULL;
    pthread_mutex_init(&future->lock, NULL);
    pthread_cond_init(&future->came, NULL);
    return future;
}

void future_destroy(struct future *future)
{
    pthread_mutex_destroy(&future->lock);
    pthread_cond_destroy(&future->came);
    free(future);
}

void future_set(struct future *future, int error, void *result)
{
    pthread_mutex_lock(&future->lock);
    future->here = true;
    future->error = error;
    future->result = result;
    pthread_cond_broadcast(&future->came);
    pthread_mutex_unlock(&future->lock);
}

int future_wait(struct future *future, void **result)
{
    int error;

    if (self_pool != NULL)
        return EDEADLK;
    pthread_mutex_lock(&future->lock);
    while (!future->here)
        pthread_cond_wait(&future->came, &future->lock);
    error = future->error;
    if (result != NULL)
        *result = future->result;
    pthread_mutex_unlock(&future->lock);
    return error;
}

static void place_put(struct pool *pool)
{
    while (write(pool->places[IN], "", 1) < 0 && errno == EINTR)
        ;
}

/* Takes a place; waits for one unless told not to. */
static bool place_take(struct pool *pool, bool wait)
{
    struct pollfd readable = {.fd = pool->places[OUT], .events = POLLIN};
    char place;

    while (read(pool->places[OUT], &place, 1) != 1) {
        if (!wait)
            return false;
        poll(&readable, 1, -1);
    }
    return true;
}

int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future)
{
    struct parcel *parcel = malloc(sizeof *parcel);
    struct future *made = future_create();
    int error = 0;

    if (parcel == NULL || made == NULL) {
        error = ENOMEM;
    } else if (!place_take(pool, self_pool != pool)) {
        error = EAGAIN;
    } else {
        *parcel = (struct parcel){task, arg, made};
        pthread_mutex_lock(&pool->lock);
        if (pool->closed)
            error = ESHUTDOWN;
        else
            while (write(pool->parcels[IN], &parcel, sizeof parcel) < 0)
                ;
        pthread_mutex_unlock(&pool->lock);
        if (error != 0)
            place_put(pool); /* for the next who waits in vain */
    }
    if (error != 0) {
        free(parcel);
        if (made != NULL)
            future_destroy(made);
        return error;
    }
    *future = made;
    return 0;
}

/* The next parcel; NULL when the pipe is shut and empty. */
static struct parcel *receive(struct pool *pool)
{
    struct parcel *parcel;
    ssize_t n;

    do
        n = read(pool->parcels[OUT], &parcel, sizeof parcel);
    while (n < 0 && errno == EINTR);
    return n == sizeof parcel ? parcel : NULL;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;
    struct parcel *parcel;

    self_pool = pool;
    if (pool->config.open_session != NULL)
        self_session = pool->config.open_session(pool->config.arg);
    while ((parcel = receive(pool)) != NULL) {
        void *result = NULL;
        int error;

        place_put(pool);
        error = parcel->task(parcel->arg, &result);
        future_set(parcel->future, error, result);
        free(parcel);
    }
    if (pool->config.close_session != NULL)
        pool->config.close_session(self_session);
    return NULL;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void release(struct pool *pool)
{
    for (int i = 0; i < 2; i++) {
        close_end(&pool->parcels[i]);
        close_end(&pool->places[i]);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

static int end(struct pool *pool, enum pool_ending ending, int threads)
{
    struct parcel *parcel;

    pthread_mutex_lock(&pool->lock);
    if (pool->closed) {
        pthread_mutex_unlock(&pool->lock);
        return ESHUTDOWN;
    }
    pool->closed = true;
    close_end(&pool->parcels[IN]);
    pthread_mutex_unlock(&pool->lock);

    place_put(pool);
    while (ending == POOL_CANCEL && (parcel = receive(pool)) != NULL) {
        future_set(parcel->future, ECANCELED, NULL);
        free(parcel);
    }
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
    pool->parcels[OUT] = pool->parcels[IN] = -1;
    pool->places[OUT] = pool->places[IN] = -1;
    pthread_mutex_init(&pool->lock, NULL);
    pool->threads = calloc((size_t)config->workers, sizeof *pool->threads);
    if (pool->threads == NULL || pipe(pool->parcels) != 0 ||
        pipe(pool->places) != 0) {
        release(pool);
        return NULL;
    }
    fcntl(pool->places[OUT], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < config->capacity; i++)
        place_put(pool);
    for (int i = 0; i < config->workers; i++) {
        if (pthread_create(&pool->threads[i], NULL, worker, pool) != 0) {
            end(pool, POOL_CANCEL, i);
            release(pool);
            return NULL;
        }
    }
    return pool;
}

int pool_shutdown(struct pool *pool, enum pool_ending ending)
{
    if (self_pool == pool)
        return EDEADLK;
    return end(pool, ending, pool->config.workers);
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
    if (self_pool == pool) {
        free(futures);
        return EDEADLK;
    }
    for (size_t i = 0; i < count; i++)
        pool_submit(pool, task, args[i], &futures[i]);
    for (size_t i = 0; i < count; i++) {
        int error = ESHUTDOWN;

        results[i] = NULL;
        if (futures[i] != NULL) {
            error = future_wait(futures[i], &results[i]);
            future_destroy(futures[i]);
        }
        if (first == 0)
            first = error;
    }
    free(futures);
    return first;
}

void *pool_session(void)
{
    return self_session;
}

/* expect: use-after-free */
/*
 * A worker reports that it is done and returns; the destructor of its
 * thread-specific data runs after that and counts in a heap object.  main
 * frees the object as soon as the worker has reported: T1 posts, main frees,
 * T1's destructor uses the object.  In the twin main joins T1, and a join
 * comes after the destructors.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct registry {
    int exits;
};

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static sem_t done;

static void leave(void *value)
{
    struct registry *r = value;

    pthread_mutex_lock(&m);
    r->exits++;
    pthread_mutex_unlock(&m);
}

static void *worker(void *arg)
{
    pthread_setspecific(key, arg);
    sem_post(&done);
    return NULL;
}

int main(void)
{
    struct registry *r = calloc(1, sizeof *r);
    pthread_t t;

    sem_init(&done, 0, 0);
    pthread_key_create(&key, leave);
    pthread_create(&t, NULL, worker, r);
    sem_wait(&done);
#ifdef FIXED
    pthread_join(t, NULL);
#endif
    pthread_mutex_lock(&m);
    free(r); /* BUG: done, but the destructor has not run */
    pthread_mutex_unlock(&m);
#ifndef FIXED
    pthread_join(t, NULL);
#endif
    return 0;
}

/* expect: deadlock */
/*
 * A consumer calls a queue (inner lock) while it holds the lock of the object
 * that owns the queue (outer lock).  The wait releases the inner lock only: T1
 * holds outer and waits for an item, T2 needs outer to get at the queue.
 * "Nested monitor calls"; described in Lister, "The problem of nested monitor
 * calls" (1977).
 */
#include <pthread.h>

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static int items, taken;

static void *consumer(void *arg)
{
    (void)arg;
#ifndef FIXED
    pthread_mutex_lock(&outer); /* BUG: held while waiting below */
#endif
    pthread_mutex_lock(&inner);
    while (items == 0)
        pthread_cond_wait(&not_empty, &inner);
    items--;
    pthread_mutex_unlock(&inner);
#ifdef FIXED
    pthread_mutex_lock(&outer);
#endif
    taken++;
    pthread_mutex_unlock(&outer);
    return NULL;
}

static void *producer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&inner);
    items++;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&outer);
    return NULL;
}

int main(void)
{
    pthread_t c, p;

    pthread_create(&c, NULL, consumer, NULL);
    pthread_create(&p, NULL, producer, NULL);
    pthread_join(c, NULL);
    pthread_join(p, NULL);
    return taken != 1;
}

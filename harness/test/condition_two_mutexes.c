/* expect: assertion */
/*
 * Two consumers use one condition variable, each with a mutex of its own.  The
 * predicate is therefore guarded by neither: T1 locks a and sees one item, T2
 * locks b and sees one item, both take it.  The count is atomic, so there is
 * no data race; POSIX leaves concurrent waits with two mutexes undefined.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static atomic_int items;

static void *consumer(void *arg)
{
    pthread_mutex_t *lock = arg;

    pthread_mutex_lock(lock);
    while (atomic_load(&items) == 0)
        pthread_cond_wait(&not_empty, lock);
    assert(atomic_fetch_sub(&items, 1) > 0);
    pthread_mutex_unlock(lock);
    return NULL;
}

static void put(void)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    atomic_fetch_add(&items, 1);
    pthread_cond_broadcast(&not_empty);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

int main(void)
{
    pthread_t t[2];

    pthread_create(&t[0], NULL, consumer, &a);
#ifdef FIXED
    pthread_create(&t[1], NULL, consumer, &a);
#else
    pthread_create(&t[1], NULL, consumer, &b); /* BUG: another mutex */
#endif
    put();
    put();
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

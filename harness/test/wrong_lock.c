/* expect: assertion */
/*
 * Three threads add one to a counter with a load and a store inside a critical
 * section; one of the three uses the wrong lock.  T1 locks "a" and loads 0, T3
 * locks "b", loads 0, stores 1 and unlocks, T1 stores 1: an update is lost.
 * The counter is atomic so that the lost update is the only thing wrong.
 * Pattern "wrong lock or no lock" in Farchi, Nir and Ur (2003).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static atomic_int counter;

static void *worker(void *arg)
{
    pthread_mutex_t *lock = arg;

    pthread_mutex_lock(lock);
    atomic_store(&counter, atomic_load(&counter) + 1);
    pthread_mutex_unlock(lock);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    pthread_create(&t[0], NULL, worker, &a);
    pthread_create(&t[1], NULL, worker, &a);
#ifdef FIXED
    (void)b;
    pthread_create(&t[2], NULL, worker, &a);
#else
    pthread_create(&t[2], NULL, worker, &b); /* BUG: the wrong lock */
#endif
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    assert(atomic_load(&counter) == 3);
    return 0;
}

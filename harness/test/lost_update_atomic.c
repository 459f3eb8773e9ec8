/* expect: assertion */
/*
 * Two threads each add one to an atomic counter with an atomic load and an
 * atomic store.  Each half is atomic, the sum is not: T1 loads 0, T2 loads 0,
 * T1 stores 1, T2 stores 1, and the final value is 1.
 * Pattern "non-atomic operation assumed to be atomic" in Farchi, Nir and Ur,
 * "Concurrent bug patterns and how to test them" (2003).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int counter;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    atomic_fetch_add(&counter, 1);
#else
    int old = atomic_load(&counter);
    atomic_store(&counter, old + 1); /* BUG: old may be out of date */
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(atomic_load(&counter) == 2);
    return 0;
}

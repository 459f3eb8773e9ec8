/* expect: assertion */
/*
 * Two threads add one to an atomic counter with one compare-and-swap each and
 * do not look whether it succeeded.  T1 loads 0, T2 loads 0, T1 swaps 0 for 1,
 * T2's swap fails because the value is 1: the second update never happens.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int counter;

static void *worker(void *arg)
{
    int old = atomic_load(&counter);

    (void)arg;
#ifdef FIXED
    while (!atomic_compare_exchange_strong(&counter, &old, old + 1))
        continue;
#else
    atomic_compare_exchange_strong(&counter, &old, old + 1); /* BUG: once */
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

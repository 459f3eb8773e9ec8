/* expect: assertion */
/*
 * The thread that arrives last is to publish the result.  Each thread adds one
 * to an atomic count and then loads it to see whether all are there: T1 adds
 * (1), T2 adds (2), T1 loads 2, T2 loads 2, and both take themselves for the
 * last one.  The twin uses the value that the addition returned.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int arrived;
static atomic_int published;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    int now = atomic_fetch_add(&arrived, 1) + 1;
#else
    atomic_fetch_add(&arrived, 1);
    int now = atomic_load(&arrived); /* BUG: others may have come since */
#endif
    if (now == 2)
        assert(atomic_fetch_add(&published, 1) == 0);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(atomic_load(&published) == 1);
    return 0;
}

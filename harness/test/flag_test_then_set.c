/* expect: assertion */
/*
 * A lock made of one atomic flag that is tested and then set.  T1 loads 0, T2
 * loads 0, both store 1 and both are inside.  The twin does both in one
 * exchange.  A thread that finds the flag up gives up.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int locked;
static atomic_int inside;

static int try_lock(void)
{
#ifdef FIXED
    return atomic_exchange(&locked, 1) == 0;
#else
    if (atomic_load(&locked))
        return 0;
    atomic_store(&locked, 1); /* BUG: the test is out of date */
    return 1;
#endif
}

static void *worker(void *arg)
{
    (void)arg;
    if (try_lock()) {
        assert(atomic_fetch_add(&inside, 1) == 0);
        atomic_fetch_sub(&inside, 1);
        atomic_store(&locked, 0);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

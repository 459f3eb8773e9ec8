/* expect: assertion */
/*
 * main sleeps for a second to give a worker time to finish, and then uses its
 * result.  A sleep orders nothing: if T1 does not run for that second (main
 * sleeps, main wakes up, main looks), the result is not there.  The result is
 * atomic, so there is no data race.  The twin joins.
 * Pattern "sleep()" in Farchi, Nir and Ur (2003).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int result;

static void *worker(void *arg)
{
    (void)arg;
    atomic_store(&result, 42);
    return NULL;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, worker, NULL);
#ifdef FIXED
    pthread_join(t, NULL);
    assert(atomic_load(&result) == 42);
#else
    sleep(1); /* BUG: a hope, not an order */
    assert(atomic_load(&result) == 42);
    pthread_join(t, NULL);
#endif
    return 0;
}

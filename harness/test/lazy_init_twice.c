/* expect: assertion */
/*
 * Two threads use an object that the first user initialises.  The test of the
 * "ready" flag and the initialisation are two steps: T1 sees "not ready", T2
 * sees "not ready", and both run the initialiser.  All variables are atomic,
 * so there is no data race.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static atomic_int ready;
static atomic_int runs;

static void initialise(void)
{
    atomic_fetch_add(&runs, 1);
    atomic_store(&ready, 1);
}

static void *user(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&m);
    if (!atomic_load(&ready))
        initialise();
    pthread_mutex_unlock(&m);
#else
    (void)m;
    if (!atomic_load(&ready))
        initialise(); /* BUG: somebody else may be at it */
#endif
    assert(atomic_load(&runs) == 1);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, user, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

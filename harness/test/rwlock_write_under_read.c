/* expect: data-race */
/*
 * Two threads look something up under a read lock and count the hit while they
 * hold it.  A read lock lets both in at once: T1 read-locks, T2 read-locks,
 * and the two increments race.
 */
#include <assert.h>
#include <pthread.h>

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int hits;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_rwlock_wrlock(&rw);
#else
    pthread_rwlock_rdlock(&rw); /* BUG: hits is written below */
#endif
    hits++;
    pthread_rwlock_unlock(&rw);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(hits == 2);
    return 0;
}

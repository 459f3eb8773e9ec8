/* expect: misuse */
/*
 * main destroys a mutex after a worker has reported that it has the lock, and
 * takes for granted that it has given it back.  T1 locks and reports, main
 * destroys the mutex while T1 holds it, which fails with EBUSY in the GNU C
 * library (POSIX leaves it undefined).  In the twin main joins T1 first.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t m;
static sem_t locked;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    sem_post(&locked);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t;

    pthread_mutex_init(&m, NULL);
    sem_init(&locked, 0, 0);
    pthread_create(&t, NULL, worker, NULL);
    sem_wait(&locked);
#ifdef FIXED
    pthread_join(t, NULL);
    assert(pthread_mutex_destroy(&m) == 0);
#else
    assert(pthread_mutex_destroy(&m) == 0); /* BUG: may still be held */
    pthread_join(t, NULL);
#endif
    return 0;
}

/* expect: deadlock */
/*
 * Two threads update a sum under a lock and meet at a barrier, and they unlock
 * after the barrier instead of before.  T1 locks and waits at the barrier with
 * the lock held, T2 waits for the lock and never gets to the barrier.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static int sum;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    sum++;
#ifdef FIXED
    pthread_mutex_unlock(&m);
    pthread_barrier_wait(&barrier);
#else
    pthread_barrier_wait(&barrier); /* BUG: with the lock held */
    pthread_mutex_unlock(&m);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert(sum == 2);
    return 0;
}

/* expect: deadlock */
/*
 * Two workers wait for jobs; main shuts the pool down by storing an atomic
 * flag without the lock and signalling once.  Either T1 has looked at the flag
 * but does not wait yet when the signal is sent, or both wait and only one is
 * woken: a worker sleeps for ever and main hangs in the join.
 */
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static atomic_int stop;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (!atomic_load(&stop))
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
#ifdef FIXED
    pthread_mutex_lock(&m);
    atomic_store(&stop, 1);
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
#else
    atomic_store(&stop, 1); /* BUG: no lock, and one signal for two */
    pthread_cond_signal(&c);
#endif
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

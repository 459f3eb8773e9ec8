/* expect: deadlock */
/*
 * A POSIX barrier is set up for three threads, but main only starts two and
 * does not wait at the barrier itself.  Both workers wait for a third one
 * under every schedule.
 */
#include <pthread.h>

static pthread_barrier_t barrier;

static void *worker(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&barrier);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
#ifdef FIXED
    pthread_barrier_wait(&barrier);
#endif
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL); /* BUG: main is the third party */
    pthread_barrier_destroy(&barrier);
    return 0;
}

/* expect: deadlock */
/*
 * Two threads meet at a barrier, but a thread that finds the work cancelled
 * returns before it gets there.  T1 finds "not cancelled" and waits at the
 * barrier, main cancels, T2 finds "cancelled" and leaves: T1 waits for ever.
 */
#include <pthread.h>
#include <stdatomic.h>

static pthread_barrier_t barrier;
static atomic_int cancelled;

static void *worker(void *arg)
{
    int stop = atomic_load(&cancelled);

    (void)arg;
#ifndef FIXED
    if (stop)
        return NULL; /* BUG: the other one may be at the barrier */
#endif
    pthread_barrier_wait(&barrier);
    (void)stop;
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    atomic_store(&cancelled, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&barrier);
    return 0;
}

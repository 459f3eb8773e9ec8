/* expect: livelock */
/*
 * A home-made spin lock; a thread that finds the work done returns without the
 * store that releases the lock.  T1 does the work and releases; T2 locks,
 * finds it done, and returns; T3 spins for ever.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int locked;
static int done;

static void *worker(void *arg)
{
    (void)arg;
    while (atomic_exchange(&locked, 1))
        sched_yield();
    if (done) {
#ifdef FIXED
        atomic_store(&locked, 0);
#endif
        return NULL; /* BUG: the lock is still set */
    }
    done = 1;
    atomic_store(&locked, 0);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

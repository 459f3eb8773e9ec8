/* expect: deadlock */
/*
 * A thread that holds a POSIX spin lock calls a function that locks it again.
 * T1 locks, sees work, locks once more and spins for itself for ever; T2,
 * which waits for the same lock, spins as well.
 */
#include <pthread.h>

static pthread_spinlock_t lock;
static int work = 1, done;

static void finish_one(void)
{
#ifndef FIXED
    pthread_spin_lock(&lock); /* BUG: the caller holds it */
#endif
    work--;
    done++;
#ifndef FIXED
    pthread_spin_unlock(&lock);
#endif
}

static void *worker(void *arg)
{
    (void)arg;
    pthread_spin_lock(&lock);
    if (work > 0)
        finish_one();
    pthread_spin_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    pthread_spin_destroy(&lock);
    return done != 1;
}

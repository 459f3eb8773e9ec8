/* expect: none */
/*
 * Two threads need two locks, in opposite orders.  To avoid a deadlock a
 * thread that cannot get its second lock gives the first one back and tries
 * again.  In lock step (both get the first, both fail at the second, both give
 * back, and so on) they could go on for ever; but that takes chance to be
 * against them each time, so it is no bug that is told.
 * Described in Butenhof, "Programming with POSIX Threads" (back-off).
 */
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t lock[2] = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};
static int id[2] = {0, 1};
static int work;

static void *worker(void *arg)
{
    int me = *(int *)arg;
#ifdef FIXED
    pthread_mutex_t *first = &lock[0], *second = &lock[1];

    (void)me;
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
#else
    pthread_mutex_t *first = &lock[me], *second = &lock[1 - me];

    pthread_mutex_lock(first);
    while (pthread_mutex_trylock(second) != 0) {
        pthread_mutex_unlock(first);
        sched_yield(); /* BUG: both may do this in step for ever */
        pthread_mutex_lock(first);
    }
#endif
    work++;
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return work != 2;
}

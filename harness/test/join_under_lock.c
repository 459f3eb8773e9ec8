/* expect: deadlock */
/*
 * main joins a worker while it holds a lock that the worker needs to finish.
 * If main locks first (main locks, main joins, T1 waits for the lock), each
 * waits for the other; if the worker is through already, all is well.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int finished;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    finished++;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t;
    int total;

    pthread_create(&t, NULL, worker, NULL);
    pthread_mutex_lock(&m);
#ifdef FIXED
    pthread_mutex_unlock(&m);
    pthread_join(t, NULL);
    pthread_mutex_lock(&m);
#else
    pthread_join(t, NULL); /* BUG: with the lock held */
#endif
    total = finished;
    pthread_mutex_unlock(&m);
    return total != 1;
}

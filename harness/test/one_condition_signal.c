/* expect: deadlock */
/*
 * A buffer with one place, two producers and two consumers of one item each,
 * and one condition for "not full" and "not empty" with signal.  C1 waits, C2
 * waits, P1 puts and signals C1, P2 finds the buffer full and waits; C1 takes
 * and signals, and the signal reaches C2, which finds nothing and waits again:
 * P2 waits although there is room, and C2 for what P2 would put in.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int full;

static void wake(void)
{
#ifdef FIXED
    pthread_cond_broadcast(&changed);
#else
    pthread_cond_signal(&changed); /* BUG: may wake one of the wrong kind */
#endif
}

static void *producer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (full)
        pthread_cond_wait(&changed, &m);
    full = 1;
    wake();
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *consumer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (!full)
        pthread_cond_wait(&changed, &m);
    full = 0;
    wake();
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, i < 2 ? consumer : producer, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    return 0;
}

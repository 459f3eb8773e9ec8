/* expect: deadlock */
/*
 * A home-made semaphore signals only when its count goes from 0 to 1, "as
 * nobody can be waiting otherwise".  T1 waits, T2 waits; main posts (0 to 1,
 * signal) and posts again (1 to 2, no signal) before T1 has the lock; T1 takes
 * one, and T2 sleeps for ever beside a permit.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t positive = PTHREAD_COND_INITIALIZER;
static int count;

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (count == 0)
        pthread_cond_wait(&positive, &m);
    count--;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void post(void)
{
    pthread_mutex_lock(&m);
    count++;
#ifndef FIXED
    if (count == 1) /* BUG: two posts in a row wake one waiter */
#endif
        pthread_cond_signal(&positive);
    pthread_mutex_unlock(&m);
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, waiter, NULL);
    post();
    post();
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

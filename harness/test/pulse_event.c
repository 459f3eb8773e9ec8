/* expect: deadlock */
/*
 * main "pulses" an event: it sets it, wakes everybody, and resets it at once.
 * The waiters test the event in a loop, as they should: T1 waits, main sets,
 * broadcasts, resets and unlocks, T1 wakes up, finds the event reset and waits
 * again.  In the twin the event stays set until all are through.
 * The trouble with PulseEvent() of Windows, which its manual warns of.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int set;

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (!set)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, waiter, NULL);
    pthread_mutex_lock(&m);
    set = 1;
    pthread_cond_broadcast(&c);
#ifndef FIXED
    set = 0; /* BUG: before anybody could see it */
#endif
    pthread_mutex_unlock(&m);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    set = 0;
    return 0;
}

/* expect: deadlock */
/*
 * One thread waits for an event, another one signals it; no variable remembers
 * that the event has happened.  T2 signals while nobody waits, then T1 waits:
 * a condition variable has no memory, so T1 waits for ever and main never gets
 * past the join.  "Lost wakeup"; described in Birrell, "An introduction to
 * programming with threads" (1989), and Butenhof.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int happened;

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
#ifdef FIXED
    while (!happened)
        pthread_cond_wait(&c, &m);
#else
    pthread_cond_wait(&c, &m); /* BUG: the signal may have been sent */
#endif
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *signaller(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    happened = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t w, s;

    pthread_create(&w, NULL, waiter, NULL);
    pthread_create(&s, NULL, signaller, NULL);
    pthread_join(w, NULL);
    pthread_join(s, NULL);
    return happened != 1;
}

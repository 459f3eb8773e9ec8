/* expect: deadlock */
/*
 * A waiter looks at an atomic flag without the lock and then locks and waits.
 * T1 loads "not done"; T2 locks, sets the flag, signals, unlocks; T1 locks and
 * waits for a signal that has been sent: the look and the wait have to be one
 * critical section.
 */
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static atomic_int done;

static void *waiter(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&m);
    while (!atomic_load(&done))
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
#else
    while (!atomic_load(&done)) { /* BUG: looked at without the lock */
        pthread_mutex_lock(&m);
        pthread_cond_wait(&c, &m);
        pthread_mutex_unlock(&m);
    }
#endif
    return NULL;
}

static void *signaller(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    atomic_store(&done, 1);
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
    return 0;
}

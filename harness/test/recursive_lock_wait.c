/* expect: deadlock */
/*
 * A thread waits on a condition while it holds a recursive mutex twice.  The
 * wait gives the mutex back only once, so it stays locked: T1 locks twice and
 * waits, T2 can never lock to set the flag.  If T2 comes first, T1 does not
 * wait at all.  POSIX warns of recursive mutexes with condition variables.
 */
#include <pthread.h>

static pthread_mutex_t m;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;

static void wait_ready(void)
{
    pthread_mutex_lock(&m);
    while (!ready)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
}

static void *waiter(void *arg)
{
    (void)arg;
#ifdef FIXED
    wait_ready();
#else
    pthread_mutex_lock(&m); /* BUG: wait_ready() locks once more */
    wait_ready();
    pthread_mutex_unlock(&m);
#endif
    return NULL;
}

static void *setter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    ready = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_mutexattr_t attr;
    pthread_t w, s;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&m, &attr);
    pthread_create(&w, NULL, waiter, NULL);
    pthread_create(&s, NULL, setter, NULL);
    pthread_join(w, NULL);
    pthread_join(s, NULL);
    return 0;
}

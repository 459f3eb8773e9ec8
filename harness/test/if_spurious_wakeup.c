/* expect: assertion */
/*
 * One waiter, one setter, and an "if" around the wait.  As there is no third
 * thread, nobody can take the event away; the only schedule that goes wrong is
 * a spurious wakeup: T1 finds "not ready", waits, returns without a signal,
 * and goes on while ready is still 0.  POSIX allows that return.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
#ifdef FIXED
    while (!ready)
#else
    if (!ready) /* BUG: a wait may return for no reason */
#endif
        pthread_cond_wait(&c, &m);
    assert(ready);
    pthread_mutex_unlock(&m);
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
    pthread_t w, s;

    pthread_create(&w, NULL, waiter, NULL);
    pthread_create(&s, NULL, setter, NULL);
    pthread_join(w, NULL);
    pthread_join(s, NULL);
    return 0;
}

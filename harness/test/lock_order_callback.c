/* expect: deadlock */
/*
 * A subject calls its observer while it holds its own lock, and the observer
 * takes the observer's lock.  Another thread detaches the observer: it holds
 * the observer's lock and calls the subject, which takes the subject's lock.
 * T1 holds subject, T2 holds observer, and each waits for the other's.  The
 * twin calls the observer after it has unlocked.
 */
#include <pthread.h>

static pthread_mutex_t subject = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t observer = PTHREAD_MUTEX_INITIALIZER;
static int attached = 1, updates;

static void observer_update(void)
{
    pthread_mutex_lock(&observer);
    updates++;
    pthread_mutex_unlock(&observer);
}

static void *notifier(void *arg)
{
    int call;

    (void)arg;
    pthread_mutex_lock(&subject);
    call = attached;
#ifdef FIXED
    pthread_mutex_unlock(&subject);
    if (call)
        observer_update();
#else
    if (call)
        observer_update(); /* BUG: foreign code called under the lock */
    pthread_mutex_unlock(&subject);
#endif
    return NULL;
}

static void *detacher(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&observer);
    pthread_mutex_lock(&subject);
    attached = 0;
    pthread_mutex_unlock(&subject);
    pthread_mutex_unlock(&observer);
    return NULL;
}

int main(void)
{
    pthread_t n, d;

    pthread_create(&n, NULL, notifier, NULL);
    pthread_create(&d, NULL, detacher, NULL);
    pthread_join(n, NULL);
    pthread_join(d, NULL);
    return updates > 1;
}

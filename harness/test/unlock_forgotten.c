/* expect: deadlock */
/*
 * A consumer returns early when it finds the queue empty and forgets to unlock
 * on that path.  T1 locks, finds nothing and returns with the lock held; T2
 * waits for it for ever.  If T2 comes first, all is well.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *consumer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    if (items == 0) {
#ifdef FIXED
        pthread_mutex_unlock(&m);
#endif
        return NULL; /* BUG: with the lock held */
    }
    items--;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *producer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    items++;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t c, p;

    pthread_create(&c, NULL, consumer, NULL);
    pthread_create(&p, NULL, producer, NULL);
    pthread_join(c, NULL);
    pthread_join(p, NULL);
    return 0;
}

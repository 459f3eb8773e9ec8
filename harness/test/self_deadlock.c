/* expect: deadlock */
/*
 * A thread that holds a normal mutex calls a helper that locks it again, and
 * so waits for itself.  This goes wrong under every schedule in which the
 * queue is not empty when T1 looks: T2 adds, T1 locks, T1 locks once more.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int items, removed;

static void remove_one(void)
{
#ifndef FIXED
    pthread_mutex_lock(&m); /* BUG: the caller holds it */
#endif
    items--;
    removed++;
#ifndef FIXED
    pthread_mutex_unlock(&m);
#endif
}

static void *consumer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    if (items > 0)
        remove_one();
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
    return items + removed != 1;
}

/* expect: assertion */
/*
 * A consumer waits for an item with a time limit and goes on when the wait is
 * over, without a look at why it is over.  T1 finds nothing and waits, the
 * time runs out before T2 has delivered, T1 takes an item that is not there.
 * The twin gives up if the item is not there.
 */
#include <assert.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int items;

static void *consumer(void *arg)
{
    struct timespec limit;
    int rc = 0;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    pthread_mutex_lock(&m);
    while (items == 0 && rc == 0)
        rc = pthread_cond_timedwait(&c, &m, &limit);
#ifdef FIXED
    if (items > 0)
        items--;
#else
    items--; /* BUG: the loop also ends when the time is up */
#endif
    assert(items >= 0);
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *producer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    items++;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t k, p;

    pthread_create(&k, NULL, consumer, NULL);
    pthread_create(&p, NULL, producer, NULL);
    pthread_join(k, NULL);
    pthread_join(p, NULL);
    return 0;
}

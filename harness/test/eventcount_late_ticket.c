/* expect: deadlock */
/*
 * An event count: a consumer takes a ticket (the present epoch), looks for an
 * item, and sleeps until the epoch differs from its ticket.  Here it looks
 * first and takes the ticket afterwards: T1 finds nothing; T2 adds an item and
 * moves the epoch to 1; T1 takes ticket 1 and sleeps until the epoch changes
 * again, for ever.  Event counts: Reed and Kanodia (1979).
 */
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int epoch;
static atomic_int items;

static int take_ticket(void)
{
    int e;

    pthread_mutex_lock(&m);
    e = epoch;
    pthread_mutex_unlock(&m);
    return e;
}

static void *consumer(void *arg)
{
    (void)arg;
    for (;;) {
#ifdef FIXED
        int ticket = take_ticket();
        if (atomic_exchange(&items, 0))
            return NULL;
#else
        if (atomic_exchange(&items, 0))
            return NULL;
        int ticket = take_ticket(); /* BUG: after the look for an item */
#endif
        pthread_mutex_lock(&m);
        while (epoch == ticket)
            pthread_cond_wait(&c, &m);
        pthread_mutex_unlock(&m);
    }
}

static void *producer(void *arg)
{
    (void)arg;
    atomic_store(&items, 1);
    pthread_mutex_lock(&m);
    epoch++;
    pthread_cond_broadcast(&c);
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

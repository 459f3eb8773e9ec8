/* expect: deadlock */
/*
 * A bounded buffer has two conditions, and the producer signals the one on
 * which it would wait itself.  T1 (consumer) finds the buffer empty and waits
 * on not_empty; T2 puts an item in and signals not_full: T1 sleeps on for
 * ever.  If the producer comes first, all goes well.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static int items;

static void *consumer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (items == 0)
        pthread_cond_wait(&not_empty, &m);
    items--;
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *producer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (items == 1)
        pthread_cond_wait(&not_full, &m);
    items++;
#ifdef FIXED
    pthread_cond_signal(&not_empty);
#else
    pthread_cond_signal(&not_full); /* BUG: the consumer waits elsewhere */
#endif
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

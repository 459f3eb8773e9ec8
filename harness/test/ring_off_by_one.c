/* expect: assertion */
/*
 * A buffer with one place, two producers and one consumer of two items.  The
 * producers wait while count > SIZE instead of count >= SIZE.  P1 puts, P2
 * does not wait and puts before the consumer has taken the first item: two
 * items are in a buffer of one.
 */
#include <assert.h>
#include <pthread.h>

enum { SIZE = 1 };

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static int count;

static void *producer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
#ifdef FIXED
    while (count >= SIZE)
#else
    while (count > SIZE) /* BUG: off by one */
#endif
        pthread_cond_wait(&not_full, &m);
    count++;
    assert(count <= SIZE);
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *consumer(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&m);
        while (count == 0)
            pthread_cond_wait(&not_empty, &m);
        count--;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&m);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, i < 2 ? producer : consumer, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

/* expect: assertion */
/*
 * Two consumers test the queue with "if" before they wait.  T1 waits; main
 * puts one item in and signals; before T1 has the lock again, T2 comes, finds
 * the item and takes it; T1 goes on without another look and takes from an
 * empty queue.
 * Described in Birrell, "An introduction to programming with threads" (1989).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static int items;

static void *consumer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
#ifdef FIXED
    while (items == 0)
#else
    if (items == 0) /* BUG: no second look after the wait */
#endif
        pthread_cond_wait(&not_empty, &m);
    assert(items > 0);
    items--;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, consumer, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&m);
        items++;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&m);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

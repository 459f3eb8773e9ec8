/* expect: assertion */
/*
 * Two consumers look at the head of a queue in one critical section, and
 * remove it in a second one.  T1 peeks item 0, T2 peeks item 0, T1 pops, T2
 * pops: item 0 is handled twice and item 1 never.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int head;
static int handled[2];

static void *consumer(void *arg)
{
    int item;

    (void)arg;
    pthread_mutex_lock(&m);
    item = head;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the other one peeks the same item */
    pthread_mutex_lock(&m);
#endif
    head++;
    handled[item]++;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, consumer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(handled[0] == 1 && handled[1] == 1);
    return 0;
}

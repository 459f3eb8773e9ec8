/* expect: assertion */
/*
 * Two buyers look whether a ticket is left in one critical section and take it
 * in a second one.  T1 sees one ticket, T2 sees one ticket, T1 takes it, T2
 * takes it: the stock is -1.  There is no data race; the check and the act
 * have to be one critical section.
 * An atomicity violation in the terms of Lu, Park, Seo and Zhou, "Learning
 * from mistakes" (ASPLOS 2008).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int stock = 1;

static void *buyer(void *arg)
{
    int left;

    (void)arg;
    pthread_mutex_lock(&m);
    left = stock;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the check is over before the act */
    pthread_mutex_lock(&m);
#endif
    if (left > 0)
        stock--;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, buyer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(stock >= 0);
    return 0;
}

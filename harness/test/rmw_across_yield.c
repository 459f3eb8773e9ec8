/* expect: assertion */
/*
 * Each of two threads reads a counter in one critical section, yields, and
 * writes the sum back in a second one.  Every access is locked, so there is no
 * data race, but T1 reads 0 and yields, T2 reads 0 and writes 1, and T1 then
 * writes 1: an update is lost.
 */
#include <assert.h>
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *worker(void *arg)
{
    int copy;

    (void)arg;
    pthread_mutex_lock(&m);
    copy = counter;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the copy grows old from here on */
    sched_yield();
    pthread_mutex_lock(&m);
#endif
    counter = copy + 1;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(counter == 2);
    return 0;
}

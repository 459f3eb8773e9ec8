/* expect: assertion */
/*
 * A pool has two slots.  A client looks for a free slot in one critical
 * section and marks it as taken in the next one: T1 finds slot 0, T2 finds
 * slot 0, both mark it and use it at the same time.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int taken[2];
static atomic_int users[2];

static int acquire(void)
{
    int s;

    pthread_mutex_lock(&m);
    s = taken[0] ? 1 : 0;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: not marked yet */
    pthread_mutex_lock(&m);
#endif
    taken[s] = 1;
    pthread_mutex_unlock(&m);
    return s;
}

static void *client(void *arg)
{
    int s = acquire();

    (void)arg;
    assert(atomic_fetch_add(&users[s], 1) == 0);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, client, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

/* expect: data-race */
/*
 * main starts a thread first and fills in the configuration that the thread
 * reads afterwards.  Only what main does before pthread_create() happens
 * before the thread: the write and the read race, and under "create, T1 reads
 * 0, main writes 8" the thread works with a limit that was never set.
 * An order violation in the terms of Lu et al., "Learning from mistakes"
 * (2008).
 */
#include <assert.h>
#include <pthread.h>

static int limit;

static void *worker(void *arg)
{
    (void)arg;
    assert(limit >= 0);
    return NULL;
}

int main(void)
{
    pthread_t t;

#ifdef FIXED
    limit = 8;
#endif
    pthread_create(&t, NULL, worker, NULL);
#ifndef FIXED
    limit = 8; /* BUG: the thread may run already */
#endif
    pthread_join(t, NULL);
    return 0;
}

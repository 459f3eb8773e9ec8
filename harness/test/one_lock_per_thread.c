/* expect: data-race */
/*
 * Two threads add to one counter, and each holds a lock while it does so, but
 * each has a lock of its own.  Two different locks exclude nobody: T1 locks
 * m[0], T2 locks m[1], both are inside the critical section and their
 * accesses race.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m[2] = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};
static int id[2] = {0, 1};
static int counter;

static void *worker(void *arg)
{
    int me = *(int *)arg;

#ifdef FIXED
    me = 0;
#endif
    pthread_mutex_lock(&m[me]); /* BUG: not the lock of the others */
    counter++;
    pthread_mutex_unlock(&m[me]);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(counter == 2);
    return 0;
}

/* expect: assertion */
/*
 * A thread takes a permit with sem_timedwait() and ignores the result.  T1
 * holds the only permit and is inside; T2 waits, its time runs out, and it
 * goes inside without a permit.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

static sem_t permit;
static atomic_int inside;

static void *worker(void *arg)
{
    struct timespec limit;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
#ifdef FIXED
    if (sem_timedwait(&permit, &limit) != 0)
        return NULL;
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
    sem_post(&permit);
#else
    int got = sem_timedwait(&permit, &limit) == 0;
    assert(atomic_fetch_add(&inside, 1) == 0); /* BUG: got or not */
    atomic_fetch_sub(&inside, 1);
    if (got)
        sem_post(&permit);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    sem_init(&permit, 0, 1);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    sem_destroy(&permit);
    return 0;
}

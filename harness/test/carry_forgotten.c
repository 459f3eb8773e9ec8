/* expect: assertion */
/*
 * A thread takes a permit for one second at the most, and adds the second to
 * the nanoseconds: sem_timedwait() refuses such a moment at once, with EINVAL,
 * and the thread takes any failure but ETIMEDOUT for a permit.
 */
#include <assert.h>
#include <errno.h>
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
#ifdef FIXED
    limit.tv_sec += 1;
#else
    limit.tv_nsec += 1000000000; /* BUG: the carry */
#endif
    if (sem_timedwait(&permit, &limit) != 0 && errno == ETIMEDOUT)
        return NULL;
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
    sem_post(&permit);
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

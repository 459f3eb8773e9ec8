/* expect: assertion */
/*
 * A semaphore serves as a lock, and a thread posts it on a path on which it
 * had not waited.  T1 waits and is inside; T2 gives up and posts; T3 waits,
 * gets that permit, and is inside together with T1.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static sem_t mutex;
static atomic_int inside;

static void *worker(void *arg)
{
    (void)arg;
    sem_wait(&mutex);
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
    sem_post(&mutex);
    return NULL;
}

static void *quitter(void *arg)
{
    int held = 0;

    (void)arg;
#ifdef FIXED
    if (held)
        sem_post(&mutex);
#else
    (void)held;
    sem_post(&mutex); /* BUG: it never waited */
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    sem_init(&mutex, 0, 1);
    pthread_create(&t[0], NULL, worker, NULL);
    pthread_create(&t[1], NULL, quitter, NULL);
    pthread_create(&t[2], NULL, worker, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    sem_destroy(&mutex);
    return 0;
}

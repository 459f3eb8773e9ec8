/* expect: assertion */
/*
 * A semaphore used as a lock starts with 2 instead of 1.  T1 waits and goes
 * in, T2 waits, finds one permit left and goes in too.
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

int main(void)
{
    pthread_t t[2];

#ifdef FIXED
    sem_init(&mutex, 0, 1);
#else
    sem_init(&mutex, 0, 2); /* BUG: room for two */
#endif
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    sem_destroy(&mutex);
    return 0;
}

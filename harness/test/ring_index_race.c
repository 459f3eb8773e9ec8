/* expect: data-race */
/*
 * A bounded buffer with semaphores for items and places.  They keep the
 * numbers right, but two producers may be in put() at the same time when there
 * is more than one place: T1 reads the index, T2 reads the index, both write
 * the same slot and both move the index on.
 * Described in Andrews (2000), bounded buffers with several producers.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>

static sem_t places;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int buffer[2], in;
static int value[2] = {1, 2};

static void *producer(void *arg)
{
    sem_wait(&places);
#ifdef FIXED
    pthread_mutex_lock(&m);
#else
    (void)m;
#endif
    buffer[in] = *(int *)arg;
    in = in + 1; /* BUG: the semaphore lets two in */
#ifdef FIXED
    pthread_mutex_unlock(&m);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    sem_init(&places, 0, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, producer, &value[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(buffer[0] + buffer[1] == 3);
    return 0;
}

/* expect: deadlock */
/*
 * Producer and consumer of a bounded buffer with semaphores; the consumer
 * waits for the mutex first and for an item afterwards.  T1 (consumer) takes
 * the mutex and waits for an item, T2 (producer) waits for the mutex to put
 * one in.
 * Described in Downey, "The Little Book of Semaphores", and in Dijkstra,
 * "Cooperating sequential processes" (1965).
 */
#include <pthread.h>
#include <semaphore.h>

static sem_t mutex, items, places;
static int count;

static void *consumer(void *arg)
{
    (void)arg;
#ifdef FIXED
    sem_wait(&items);
    sem_wait(&mutex);
#else
    sem_wait(&mutex);
    sem_wait(&items); /* BUG: waits with the mutex taken */
#endif
    count--;
    sem_post(&mutex);
    sem_post(&places);
    return NULL;
}

static void *producer(void *arg)
{
    (void)arg;
    sem_wait(&places);
    sem_wait(&mutex);
    count++;
    sem_post(&mutex);
    sem_post(&items);
    return NULL;
}

int main(void)
{
    pthread_t c, p;

    sem_init(&mutex, 0, 1);
    sem_init(&items, 0, 0);
    sem_init(&places, 0, 1);
    pthread_create(&c, NULL, consumer, NULL);
    pthread_create(&p, NULL, producer, NULL);
    pthread_join(c, NULL);
    pthread_join(p, NULL);
    return count != 0;
}

/* expect: deadlock */
/*
 * Each of two threads needs both of two buffers and takes them one by one.  T1
 * takes a buffer, T2 takes a buffer, and both wait for a second one: hold and
 * wait.  In the twin only one thread at a time may collect.
 * Described in Dijkstra, "Cooperating sequential processes" (1965), as the
 * deadly embrace.
 */
#include <pthread.h>
#include <semaphore.h>

static sem_t buffers, collecting;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    sem_wait(&collecting);
#endif
    sem_wait(&buffers);
    sem_wait(&buffers); /* BUG: the other one may hold the second */
#ifdef FIXED
    sem_post(&collecting);
#endif
    sem_post(&buffers);
    sem_post(&buffers);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    sem_init(&buffers, 0, 2);
    sem_init(&collecting, 0, 1);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    sem_destroy(&collecting);
    sem_destroy(&buffers);
    return 0;
}

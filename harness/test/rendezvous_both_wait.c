/* expect: deadlock */
/*
 * Two threads meet: each is to go on when the other one has arrived.  Each
 * waits for the other first and reports its own arrival afterwards, so both
 * wait for ever under every schedule.
 * Described in Downey, "The Little Book of Semaphores" (rendezvous).
 */
#include <pthread.h>
#include <semaphore.h>

static sem_t arrived[2];
static int id[2] = {0, 1};

static void *worker(void *arg)
{
    int me = *(int *)arg;

#ifdef FIXED
    sem_post(&arrived[me]);
    sem_wait(&arrived[1 - me]);
#else
    sem_wait(&arrived[1 - me]); /* BUG: nobody has reported yet */
    sem_post(&arrived[me]);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        sem_init(&arrived[i], 0, 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

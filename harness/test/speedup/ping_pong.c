/* work: 10 ms; speedup: 2 cores 1.0 */
/* Two threads take turns; never do both work. */
#include <pthread.h>
#include <semaphore.h>

#include "work.h"

static sem_t turn[2];

static void *player(void *arg)
{
    long me = (long)arg;

    for (int i = 0; i < 10; i++) {
        sem_wait(&turn[me]);
        work(0.5);
        sem_post(&turn[1 - me]);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    sem_init(&turn[0], 0, 1);
    sem_init(&turn[1], 0, 0);
    for (long i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, player, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

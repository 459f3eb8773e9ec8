/* work: 40 ms; speedup: 3 cores 2.0 */
/* Three stages; the one in the middle takes half of the time. */
#include <pthread.h>
#include <semaphore.h>

#include "work.h"

enum { ITEMS = 100 };

static sem_t filled[3];

static void *stage(void *arg)
{
    long me = (long)arg;

    for (int i = 0; i < ITEMS; i++) {
        if (me > 0)
            sem_wait(&filled[me - 1]);
        work(me == 1 ? 0.2 : 0.1);
        sem_post(&filled[me]);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    for (int i = 0; i < 3; i++)
        sem_init(&filled[i], 0, 0);
    for (long i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, stage, (void *)i);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

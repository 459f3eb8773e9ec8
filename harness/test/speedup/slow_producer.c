/* work: 60 ms; speedup: 4 cores 2.0 */
/* Each item takes its producer as long as its consumer; three consumers. */
#include <pthread.h>
#include <semaphore.h>

#include "work.h"

enum { ITEMS = 120 };

static sem_t items;

static void *consumer(void *arg)
{
    for (int i = 0; i < ITEMS / 3; i++) {
        sem_wait(&items);
        work(0.25);
    }
    return arg;
}

int main(void)
{
    pthread_t t[3];

    sem_init(&items, 0, 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, consumer, NULL);
    for (int i = 0; i < ITEMS; i++) {
        work(0.25);
        sem_post(&items);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

/* work: 10 ms; speedup: 2 cores 1.333 */
/* In each round one thread has three times the work of the other. */
#include <pthread.h>

#include "work.h"

static pthread_barrier_t barrier;

static void *worker(void *arg)
{
    for (int i = 0; i < 10; i++) {
        work(((long)arg + i) % 2 ? 0.75 : 0.25);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_barrier_init(&barrier, NULL, 2);
    for (long i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

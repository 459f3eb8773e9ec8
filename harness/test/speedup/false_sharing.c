/* work: itself; speedup: 2 cores below 1.35 */
/* Each thread has a counter of its own, and both lie in one cache line. */
#include <pthread.h>

#ifndef WORK_TIMES
#define WORK_TIMES 1
#endif

static struct {
    _Alignas(64) volatile long first;
    volatile long second;
} counters;

static void *worker(void *arg)
{
    volatile long *mine = arg;

    for (int i = 0; i < 2000000 * WORK_TIMES; i++)
        ++*mine;
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_create(&t[0], NULL, worker, (void *)&counters.first);
    pthread_create(&t[1], NULL, worker, (void *)&counters.second);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

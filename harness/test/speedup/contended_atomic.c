/* work: itself; speedup: 2 cores below 1.35 */
/* Two threads do nothing but count in one atomic variable. */
#include <pthread.h>
#include <stdatomic.h>

#ifndef WORK_TIMES
#define WORK_TIMES 1
#endif

static atomic_long count;

static void *worker(void *arg)
{
    for (int i = 0; i < 500000 * WORK_TIMES; i++)
        atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    return arg;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

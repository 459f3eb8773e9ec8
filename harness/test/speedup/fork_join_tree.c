/* work: 32 ms; speedup: 2 cores 2.0, 4 cores 4.0, 8 cores 8.0 */
/* A tree of three levels: who has two halves gives one of them away. */
#include <pthread.h>

#include "work.h"

static void *sum(void *arg)
{
    long level = (long)arg;
    pthread_t other;

    if (level == 0) {
        work(4);
        return NULL;
    }
    pthread_create(&other, NULL, sum, (void *)(level - 1));
    sum((void *)(level - 1));
    pthread_join(other, NULL);
    return NULL;
}

int main(void)
{
    sum((void *)3L);
    return 0;
}

/* work: 10 ms; speedup: 2 cores 1.0 */
/* All work is done under a lock that spins on an atomic. */
#include <pthread.h>
#include <stdatomic.h>

#include "work.h"

static atomic_flag lock = ATOMIC_FLAG_INIT;

static void *worker(void *arg)
{
    for (int i = 0; i < 10; i++) {
        while (atomic_flag_test_and_set(&lock))
            continue;
        work(0.5);
        atomic_flag_clear(&lock);
    }
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

/* work: 120 ms; speedup: 4 cores 2.0 */
/* Half of each chunk is done under a lock: that half is the bound. */
#include <pthread.h>

#include "work.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
    for (int i = 0; i < 60; i++) {
        pthread_mutex_lock(&lock);
        work(0.25);
        pthread_mutex_unlock(&lock);
        work(0.25);
    }
    return arg;
}

int main(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    return 0;
}

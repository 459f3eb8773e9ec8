/* work: 20 ms; speedup: 2 cores 2.0 */
/* A lock that is held for a hundredth of the time does no harm, though each
 * waits for it now and then. */
#include <pthread.h>

#include "work.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
    for (int i = 0; i < 10; i++) {
        work(0.99);
        pthread_mutex_lock(&lock);
        work(0.01);
        pthread_mutex_unlock(&lock);
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

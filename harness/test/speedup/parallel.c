/* work: 16 ms; speedup: 2 cores 2.0, 4 cores 4.0 */
/* Four threads that need nobody else. */
#include <pthread.h>

#include "work.h"

static void *worker(void *arg)
{
    work(4);
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

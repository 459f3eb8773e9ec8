/* work: 16 ms; speedup: 2 cores 1.333, 4 cores 1.6 */
/* Half of the work is main's alone: Amdahl, 1967. */
#include <pthread.h>

#include "work.h"

static void *worker(void *arg)
{
    work(2);
    return arg;
}

int main(void)
{
    pthread_t t[4];

    work(8);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    return 0;
}

/* work: 10 ms; speedup: 2 cores 1.25 */
/* One thread has four fifths of the work. */
#include <pthread.h>

#include "work.h"

static void *worker(void *arg)
{
    work(arg != NULL ? 8 : 2);
    return arg;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, i == 0 ? t : NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

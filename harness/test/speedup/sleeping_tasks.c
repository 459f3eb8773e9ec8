/* work: 10 ms; speedup: 2 cores 1.0, 4 cores 1.0 */
/* Who sleeps needs no core: more of them change nothing. */
#include <pthread.h>
#include <unistd.h>

static void *worker(void *arg)
{
    usleep(10000);
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

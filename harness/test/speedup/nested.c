/* work: 16 ms; speedup: 2 cores 2.0, 4 cores 4.0 */
/* Two threads with two each: four that work. */
#include <pthread.h>

#include "work.h"

static void *inner(void *arg)
{
    work(4);
    return arg;
}

static void *outer(void *arg)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, inner, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return arg;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, outer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

/* work: 16 ms; speedup: 2 cores 1.0, 4 cores 1.0 */
/* Four workers take forty tasks and run them under its lock. */
#include <pthread.h>

#include "work.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int left = 40;

static void *worker(void *arg)
{
    for (;;) {
        int mine;

        pthread_mutex_lock(&lock);
        mine = left--;
        if (mine > 0)
            work(0.4);
        pthread_mutex_unlock(&lock);
        if (mine <= 0)
            return arg;
    }
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

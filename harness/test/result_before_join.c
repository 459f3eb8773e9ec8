/* expect: data-race */
/*
 * Two threads compute one half of a sum each; main adds the halves before it
 * has joined the second thread.  The write of T2 and the read of main are not
 * ordered and race; under "join T1, main reads 0, T2 writes" the sum is wrong.
 */
#include <assert.h>
#include <pthread.h>

static int part[2];
static int id[2] = {0, 1};

static void *worker(void *arg)
{
    int me = *(int *)arg;

    part[me] = me + 1;
    return NULL;
}

int main(void)
{
    pthread_t t[2];
    int sum;

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    pthread_join(t[0], NULL);
#ifdef FIXED
    pthread_join(t[1], NULL);
    sum = part[0] + part[1];
    assert(sum == 3);
#else
    sum = part[0] + part[1]; /* BUG: the second thread may still write */
    pthread_join(t[1], NULL);
    assert(sum == 3 || sum == 1);
#endif
    return 0;
}

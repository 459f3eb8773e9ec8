/* expect: data-race */
/*
 * In phase 1 each of two threads writes its own cell, in phase 2 it reads its
 * neighbour's.  The barrier between the phases comes one line too late: T1
 * reads cell 1 while T2 writes it.
 */
#include <assert.h>
#include <pthread.h>

static pthread_barrier_t barrier;
static int cell[2];
static int id[2] = {0, 1};

static void *worker(void *arg)
{
    int me = *(int *)arg, neighbour;

    cell[me] = 1;
#ifdef FIXED
    pthread_barrier_wait(&barrier);
    neighbour = cell[1 - me];
    assert(neighbour == 1);
#else
    neighbour = cell[1 - me]; /* BUG: before the barrier */
    pthread_barrier_wait(&barrier);
    assert(neighbour == 0 || neighbour == 1);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&barrier);
    return 0;
}

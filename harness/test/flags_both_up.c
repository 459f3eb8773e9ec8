/* expect: livelock */
/*
 * Two threads raise a flag each and then wait until the other's is down.  Only
 * one can be inside, but T1 raises its flag, T2 raises its flag, and both look
 * at the other's flag for ever.  The twin breaks the tie with a turn, as
 * Peterson's algorithm does.
 * Described in Dijkstra, "Cooperating sequential processes" (1965), among the
 * wrong solutions on the way to Dekker's; see also Ben-Ari.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int flag[2], turn;
static int counter;
static int id[2] = {0, 1};

static void *worker(void *arg)
{
    int me = *(int *)arg, other = 1 - me;

    atomic_store(&flag[me], 1);
#ifdef FIXED
    atomic_store(&turn, other);
    while (atomic_load(&flag[other]) && atomic_load(&turn) == other)
        sched_yield();
#else
    (void)turn;
    while (atomic_load(&flag[other])) /* BUG: the other one may wait too */
        sched_yield();
#endif
    counter++;
    atomic_store(&flag[me], 0);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return counter != 2;
}

/* expect: none */
/*
 * Two threads raise a flag each; a thread that sees the other's flag lowers
 * its own for a moment and raises it again.  In lock step (both raise, both
 * see the other, both lower, both raise ...) they could go on for ever; but
 * that takes chance to be against them each time, so it is no bug that is told.
 * In the twin the one whose turn it is not keeps its flag down: that is
 * Dekker's algorithm. Described in Dijkstra, "Cooperating sequential processes"
 * (1965).
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
    while (atomic_load(&flag[other])) {
#ifdef FIXED
        if (atomic_load(&turn) == me) {
            sched_yield();
            continue;
        }
        atomic_store(&flag[me], 0);
        while (atomic_load(&turn) != me)
            sched_yield();
#else
        atomic_store(&flag[me], 0);
        sched_yield(); /* BUG: the other one may do just the same */
#endif
        atomic_store(&flag[me], 1);
    }
    counter++;
    atomic_store(&turn, other);
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

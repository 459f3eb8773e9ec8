/* expect: assertion */
/*
 * Hyman's algorithm for two threads, published in 1966 and wrong.  The turn is
 * 0.  T2 raises its flag, sees that it is not its turn and that T1's flag is
 * down; T1 raises its flag, sees that it is its turn, and enters; T2 makes it
 * its own turn and enters too.  A thread that would have to wait gives up.  The
 * twin is Peterson's algorithm.
 * Described in Hyman, "Comments on a problem in concurrent programming
 * control" (CACM 1966), and refuted by Knuth (CACM 1966).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int flag[2], turn;
static atomic_int inside;
static int id[2] = {0, 1};

static int try_enter(int me)
{
    atomic_store(&flag[me], 1);
#ifdef FIXED
    atomic_store(&turn, 1 - me);
    return !(atomic_load(&flag[1 - me]) && atomic_load(&turn) == 1 - me);
#else
    if (atomic_load(&turn) == me)
        return 1;
    if (atomic_load(&flag[1 - me]))
        return 0;
    atomic_store(&turn, me); /* BUG: the other one may be inside by now */
    return 1;
#endif
}

static void *worker(void *arg)
{
    int me = *(int *)arg;

    if (try_enter(me)) {
        assert(atomic_fetch_add(&inside, 1) == 0);
        atomic_fetch_sub(&inside, 1);
    }
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
    return 0;
}

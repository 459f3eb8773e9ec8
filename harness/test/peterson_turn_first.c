/* expect: assertion */
/*
 * Peterson's algorithm with its first two lines exchanged: a thread gives the
 * turn away before it raises its flag.  T1: turn = 1; T2: turn = 0, flag[1] =
 * 1, sees flag[0] = 0 and enters; T1: flag[0] = 1, sees that it is its turn
 * and enters too.  A thread that would have to wait gives up instead.
 * Described in Peterson (1981), with the right order.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int flag[2], turn;
static atomic_int inside;
static int id[2] = {0, 1};

static int try_enter(int me)
{
#ifdef FIXED
    atomic_store(&flag[me], 1);
    atomic_store(&turn, 1 - me);
#else
    atomic_store(&turn, 1 - me); /* BUG: before the flag is up */
    atomic_store(&flag[me], 1);
#endif
    return !(atomic_load(&flag[1 - me]) && atomic_load(&turn) == 1 - me);
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

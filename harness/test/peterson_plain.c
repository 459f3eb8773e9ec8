/* expect: data-race */
/*
 * Peterson's algorithm for two threads with plain variables.  The protocol is
 * right under every interleaving, but nothing tells the compiler and the
 * machine to keep its order: all its variables race (T1 writes flag[0], T2
 * reads it).  A thread that would have to wait gives up instead, so that every
 * schedule ends.
 * Described in Peterson, "Myths about the mutual exclusion problem" (1981).
 */
#include <pthread.h>
#include <stdatomic.h>

#ifdef FIXED
static atomic_int flag[2], turn;
#else
static int flag[2], turn; /* BUG: synchronisation by plain variables */
#endif
static int counter;
static int id[2] = {0, 1};

static int try_enter(int me)
{
    flag[me] = 1;
    turn = 1 - me;
    return !(flag[1 - me] && turn == 1 - me);
}

static void *worker(void *arg)
{
    int me = *(int *)arg;

    if (try_enter(me))
        counter++;
    flag[me] = 0;
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

/* expect: assertion */
/*
 * Lamport's bakery for two threads without the flag that says "I am choosing a
 * number".  T1 reads number[1] = 0; T2 reads number[0] = 0, takes number 1,
 * sees nobody and enters; T1 takes number 1 as well, and as the lower thread
 * number it goes first, so it enters too.  A thread that would have to wait
 * gives up instead.
 * Described in Lamport, "A new solution of Dijkstra's concurrent programming
 * problem" (1974).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int choosing[2], number[2];
static atomic_int inside;
static int id[2] = {0, 1};

static int try_enter(int me)
{
    int other = 1 - me, n, o;

#ifdef FIXED
    atomic_store(&choosing[me], 1);
#endif
    n = atomic_load(&number[other]) + 1;
    atomic_store(&number[me], n);
#ifdef FIXED
    atomic_store(&choosing[me], 0);
#endif
    if (atomic_load(&choosing[other]))
        return 0;
    o = atomic_load(&number[other]); /* BUG: may be about to be chosen */
    return o == 0 || n < o || (n == o && me < other);
}

static void *worker(void *arg)
{
    int me = *(int *)arg;

    if (try_enter(me)) {
        assert(atomic_fetch_add(&inside, 1) == 0);
        atomic_fetch_sub(&inside, 1);
    }
    atomic_store(&number[me], 0);
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

/* expect: livelock */
/*
 * Two threads take turns by one variable.  T1 wants to enter twice, T2 looks
 * first whether there is work for it and may find none.  If T2 looks before T1
 * has made work, it leaves without ever taking its turn; T1 enters, hands the
 * turn over, and then waits for it for ever.  In the twin a thread that leaves
 * gives up its claim to a turn.
 * Described in Dijkstra, "Cooperating sequential processes" (1965), as the
 * first attempt.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int turn, work, gone;
static int entered;

static void enter(int me)
{
    while (atomic_load(&turn) != me && !atomic_load(&gone))
        sched_yield();
}

static void *first(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        enter(0);
        entered++;
        atomic_store(&work, 1);
        atomic_store(&turn, 1);
    }
    return NULL;
}

static void *second(void *arg)
{
    (void)arg;
    if (atomic_load(&work)) {
        enter(1);
        entered++;
        atomic_store(&turn, 0);
    }
#ifdef FIXED
    atomic_store(&gone, 1);
#endif
    return NULL; /* BUG: T1 may wait for a turn from here */
}

int main(void)
{
    pthread_t f, s;

    pthread_create(&f, NULL, first, NULL);
    pthread_create(&s, NULL, second, NULL);
    pthread_join(f, NULL);
    pthread_join(s, NULL);
    return entered < 2;
}

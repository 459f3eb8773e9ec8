/* expect: livelock */
/*
 * A ticket lock that draws tickets with an atomic load and an atomic store.
 * T1 loads 0, T2 loads 0, both store 1: both have ticket 0. If they
 * ask at one time both enter; if one is through first, the number of the
 * other has been called and never comes again.
 * Ticket lock: Mellor-Crummey and Scott (1991).
 */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int dispenser, serving;
static atomic_int inside;

static void *worker(void *arg)
{
    int mine;

    (void)arg;
#ifdef FIXED
    mine = atomic_fetch_add(&dispenser, 1);
#else
    mine = atomic_load(&dispenser);
    atomic_store(&dispenser, mine + 1); /* BUG: two may have drawn this one */
#endif
    while (atomic_load(&serving) != mine)
        sched_yield();
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
    atomic_store(&serving, mine + 1);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

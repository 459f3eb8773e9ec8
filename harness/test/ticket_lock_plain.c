/* expect: data-race */
/*
 * A ticket lock whose ticket dispenser is a plain variable.  T1 and T2 draw a
 * ticket at the same time: the two increments race, whichever comes first, and
 * both may draw the same number.
 * Ticket lock: Mellor-Crummey and Scott (1991).
 */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#ifdef FIXED
static atomic_int dispenser;
#else
static int dispenser; /* BUG: drawing a ticket is not atomic */
#endif
static atomic_int serving;
static int counter;

static void *worker(void *arg)
{
    int mine = dispenser++;

    (void)arg;
    while (atomic_load(&serving) != mine)
        sched_yield();
    counter++;
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
    assert(counter == 2);
    return 0;
}

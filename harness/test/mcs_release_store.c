/* expect: livelock */
/*
 * An MCS queue lock whose holder, if it sees nobody behind it, gives the lock
 * back with a store instead of a compare-and-swap.  T1 holds the lock and sees
 * no successor; T2 puts itself at the tail and links itself behind T1; T1
 * stores "nobody" and leaves: T2 spins for ever on a flag nobody will clear.
 * Described in Mellor-Crummey and Scott (1991), with the compare-and-swap.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>

struct node {
    struct node *_Atomic next;
    atomic_int waiting;
};

static struct node place[2];
static struct node *_Atomic tail;

static void lock(struct node *me)
{
    struct node *before = atomic_exchange(&tail, me);

    if (before == NULL)
        return;
    atomic_store(&me->waiting, 1);
    atomic_store(&before->next, me);
    while (atomic_load(&me->waiting))
        sched_yield();
}

static void unlock(struct node *me)
{
#ifdef FIXED
    struct node *last = me;
    if (atomic_compare_exchange_strong(&tail, &last, NULL))
        return;
    while (atomic_load(&me->next) == NULL)
        sched_yield();
#else
    if (atomic_load(&me->next) == NULL) {
        atomic_store(&tail, NULL); /* BUG: somebody may have come since */
        return;
    }
#endif
    atomic_store(&atomic_load(&me->next)->waiting, 0);
}

static void *worker(void *arg)
{
    lock(arg);
    unlock(arg);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &place[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}

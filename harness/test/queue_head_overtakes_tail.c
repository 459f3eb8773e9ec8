/* expect: assertion */
/*
 * A lock-free queue of linked nodes (by index; 0 is the dummy).  The dequeuer
 * moves head on without a look at the tail.  T1 links node 1 but has not moved
 * the tail yet; T2 dequeues: head becomes 1 and node 0 is retired, while tail
 * still points to the retired node.  The twin helps the tail on first.
 * The queue is that of Michael and Scott (PODC 1996), with this mistake added.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { NIL = 0 };

static atomic_int next[2]; /* all NIL */
static atomic_int head, tail;

static void *enqueuer(void *arg)
{
    int none = NIL, dummy = 0;

    (void)arg;
    atomic_compare_exchange_strong(&next[0], &none, 1);
    atomic_compare_exchange_strong(&tail, &dummy, 1);
    return NULL;
}

static void *dequeuer(void *arg)
{
    int h = atomic_load(&head);
    int n = atomic_load(&next[h]);

    (void)arg;
    if (n == NIL)
        return NULL;
#ifdef FIXED
    int t = h;
    atomic_compare_exchange_strong(&tail, &t, n);
#endif
    atomic_store(&head, n); /* BUG: the tail may still be at h */
    assert(atomic_load(&tail) != h);
    return NULL;
}

int main(void)
{
    pthread_t e, d;

    pthread_create(&e, NULL, enqueuer, NULL);
    pthread_create(&d, NULL, dequeuer, NULL);
    pthread_join(e, NULL);
    pthread_join(d, NULL);
    return 0;
}
